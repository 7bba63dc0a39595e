#pragma once
// Axis: sparsity. Which keys a block of queries sees.
#include <concepts>
#include <weft/base/shape.hpp>

namespace weft {

/// Queries [first, last) of one sequence of `length` rows, seen by one head of one layer.
struct query_block {
  index length, first, last, head = 0, layer = 0;
};

/// Keys [first, last) of the same sequence.
struct key_span {
  index first, last;
};

/// The least that `visit` may be given: the concept below calls it with this.
struct span_probe {
  constexpr void full(key_span, index /*times*/ = 1) {}
  constexpr void masked(key_span) {}
};

/// sees(block, query, key) is the truth: how often a query sees a key (bool for most).
/// visit(block, spans) is its cover by spans inside [0, length): `spans.full(span)` when every query of the block sees
/// every key of it once, `spans.full(span, times)` when it sees each of them that often, `spans.masked(span)` when
/// sees() has to be asked. A key belongs to at most one span of a visit; keys in none are not seen.
/// query_tile is how many queries one visit serves; a table is built in `void prepare(const setup&, arena&)`.
template <class P>
concept attention_pattern = std::semiregular<P> &&(P::query_tile > 0) &&
                            requires(const P& p, const query_block& b, span_probe& spans, index i) {
  { p.sees(b, i, i) } -> std::convertible_to<index>;
  { p.visit(b, spans) } -> std::same_as<void>;
};

}  // namespace weft
