#pragma once
#include <algorithm>
#include <weft/pattern/spans.hpp>
#include <weft/pattern/window.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The first Count tokens see everything and are seen by all; the rest follows another pattern (Beltagy et al. 2020,
/// "Longformer", section 3.1, global attention; without their second set of projections). A landmark counts once, also
/// where Rest would count it more often.
template <index_t Count, attention_pattern Rest = window<64>>
struct landmarks {
  static_assert(Count >= 0, "weft::landmarks: wants a number of tokens, 0 or more");
  static constexpr index_t query_tile = Rest::query_tile;
  [[no_unique_address]] Rest rest;
  static constexpr void each(auto&& f, auto&... self) { f("", self.rest...); }

  constexpr auto sees(const query_block& b, index_t query, index_t key) const {
    using count = decltype(rest.sees(b, query, key));
    return query < Count || key < Count ? count{1} : rest.sees(b, query, key);
  }
  constexpr void visit(const query_block& b, auto&& spans) const {
    if (b.last <= Count) return spans.full({0, b.length});
    const auto behind = std::min(Count, b.length);
    joined_spans joined(spans);
    joined.full({0, behind});
    if (b.first < Count)
      joined.masked({behind, b.length});  // landmarks and others in one tile
    else
      rest.visit(b, spans_from<decltype(joined)>{joined, behind});
    joined.finish();
  }
  constexpr bool silences_invisible(const query_block& b) const { return silences(rest, b); }
};

}  // namespace weft
