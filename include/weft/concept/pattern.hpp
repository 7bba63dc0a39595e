#pragma once
// Axis: sparsity. Which keys a block of queries sees.
#include <concepts>
#include <weft/memory/batch.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Queries [first, last) of one sequence of `length` rows, seen by one head of one layer. `in` is the batch and
/// `sequence` the sequence's number there, for patterns that read tables of the batch; null where there is no batch.
struct query_block {
  index_t length, first, last, head = 0, layer = 0;
  const batch* in = nullptr;
  index_t sequence = 0;
};

/// Keys [first, last) of the same sequence.
struct key_span {
  index_t first, last;
};

/// The least that `visit` may be given: the concept below calls it with this.
struct span_probe {
  constexpr void full(key_span, index_t /*times*/ = 1) {}
  constexpr void masked(key_span) {}
};

/// sees(block, query, key) is the truth: how often a query sees a key (bool for most).
/// visit(block, spans) is its cover by spans inside [0, length): `spans.full(span)` when every query of the block sees
/// every key of it once, `spans.full(span, times)` when it sees each of them that often, `spans.masked(span)` when
/// sees() has to be asked. A key belongs to at most one span of a visit; keys in none are not seen.
/// query_tile is how many queries one visit serves: a block lies between two multiples of it, and may be smaller where
/// patterns of different tiles are combined. Optional members:
///   void prepare(const setup&, arena&)               builds tables, once an encoder
///   void check(const batch&) const                   refuses a batch whose tables do not fit (concept/part.hpp)
///   bool silences_invisible(const query_block&) const    see silences()
template <class P>
concept attention_pattern = std::semiregular<P> &&(P::query_tile > 0) &&
                            requires(const P& p, const query_block& b, span_probe& spans, index_t i) {
  { p.sees(b, i, i) } -> std::convertible_to<index_t>;
  { p.visit(b, spans) } -> std::same_as<void>;
};

/// True where a pattern says that rows of a block's sequence which no query may see (batch::visible) get an attention
/// output of zero before the output projection: `bool silences_invisible(const query_block&) const`. That is how
/// block-sparse BigBird treats padding; ordinary attention computes such rows like any other.
template <class P>
constexpr bool silences(const P& pattern, const query_block& b) {
  if constexpr (requires { pattern.silences_invisible(b); })
    return pattern.silences_invisible(b);
  else
    return false;
}

}  // namespace weft
