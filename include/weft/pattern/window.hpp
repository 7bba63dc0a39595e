#pragma once
#include <algorithm>
#include <weft/concept/pattern.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Keys at most Reach away, in both directions: 2 Reach + 1 of them (Beltagy et al. 2020, "Longformer", section 3.1,
/// where Reach is w / 2). Keys that every query of a tile sees are one full span; only the edges are asked about.
template <index_t Reach>
struct window {
  static_assert(Reach >= 0, "weft::window: the reach is a number of keys, 0 or more");
  static constexpr index_t reach = Reach;
  static constexpr index_t query_tile = Reach <= 16 ? 16 : Reach <= 32 ? 32 : 64;

  constexpr bool sees(const query_block&, index_t query, index_t key) const {
    return key - query <= Reach && query - key <= Reach;
  }
  constexpr void visit(const query_block& b, auto&& spans) const {
    const auto first = std::max<index_t>(0, b.first - Reach), last = std::min(b.length, b.last + Reach);
    const auto all_first = std::max<index_t>(0, b.last - 1 - Reach), all_last = std::min(b.length, b.first + Reach + 1);
    if (all_first >= all_last) return spans.masked({first, last});
    if (first < all_first) spans.masked({first, all_first});
    spans.full({all_first, all_last});
    if (all_last < last) spans.masked({all_last, last});
  }
};

}  // namespace weft
