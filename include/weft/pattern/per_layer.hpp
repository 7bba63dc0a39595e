#pragma once
#include <numeric>
#include <type_traits>
#include <weft/concept/pattern.hpp>
#include <weft/concept/per_layer.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Layers 0, Every, 2 Every ... use one pattern, the others another (Warner et al. 2024, "ModernBERT", section 2.1.2:
/// every third layer sees all, the others a window).
template <index_t Every, attention_pattern Here, attention_pattern Elsewhere>
struct per_layer<Every, Here, Elsewhere> {
  static_assert(Every >= 1, "weft::per_layer: wants a number of layers, 1 or more");
  static constexpr index_t query_tile = std::gcd(Here::query_tile, Elsewhere::query_tile);
  [[no_unique_address]] Here here;
  [[no_unique_address]] Elsewhere elsewhere;
  static constexpr void each(auto&& f, auto&... self) { f("", self.here...), f("", self.elsewhere...); }

  constexpr auto sees(const query_block& b, index_t query, index_t key) const {
    using count = std::common_type_t<decltype(here.sees(b, query, key)), decltype(elsewhere.sees(b, query, key))>;
    return b.layer % Every == 0 ? count{here.sees(b, query, key)} : count{elsewhere.sees(b, query, key)};
  }
  constexpr void visit(const query_block& b, auto&& spans) const {
    b.layer % Every == 0 ? here.visit(b, spans) : elsewhere.visit(b, spans);
  }
  constexpr bool silences_invisible(const query_block& b) const {
    return b.layer % Every == 0 ? silences(here, b) : silences(elsewhere, b);
  }
};

}  // namespace weft
