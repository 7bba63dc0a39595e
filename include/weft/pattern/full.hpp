#pragma once
#include <weft/concept/pattern.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Every query sees every key once ("Attention Is All You Need", section 3.2).
struct full {
  static constexpr index_t query_tile = 64;
  constexpr bool sees(const query_block&, index_t, index_t) const { return true; }
  constexpr void visit(const query_block& b, auto&& spans) const { spans.full({0, b.length}); }
};

}  // namespace weft
