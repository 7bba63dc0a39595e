#pragma once
#include <weft/concept/pattern.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A token sees itself and what stands before it ("Attention Is All You Need", section 3.2.3). Only the tile on the
/// diagonal is asked about.
struct causal {
  static constexpr index_t query_tile = 64;
  constexpr bool sees(const query_block&, index_t query, index_t key) const { return key <= query; }
  constexpr void visit(const query_block& b, auto&& spans) const {
    if (b.first > 0) spans.full({0, b.first});
    spans.masked({b.first, b.last});
  }
};

}  // namespace weft
