#pragma once
#include <algorithm>
#include <weft/concept/pattern.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Every Step-th key, Reach of them in each direction, and the token itself (Beltagy et al. 2020, "Longformer", section
/// 3.1). A tile of queries sees every key in reach between them, so time grows with Reach * Step: what a dilated window
/// saves is attention spent on neighbours, not time.
template <index_t Reach, index_t Step>
struct dilated_window {
  static_assert(Reach >= 0 && Step >= 1, "weft::dilated_window: wants a reach of 0 or more and a step of 1 or more");
  static constexpr index_t query_tile = 64;

  constexpr bool sees(const query_block&, index_t query, index_t key) const {
    const auto distance = key > query ? key - query : query - key;
    return distance <= Reach * Step && distance % Step == 0;
  }
  constexpr void visit(const query_block& b, auto&& spans) const {
    spans.masked({std::max<index_t>(0, b.first - Reach * Step), std::min(b.length, b.last + Reach * Step)});
  }
};

}  // namespace weft
