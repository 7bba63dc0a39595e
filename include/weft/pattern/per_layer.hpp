#pragma once
#include <numeric>
#include <type_traits>
#include <weft/concept/pattern.hpp>
#include <weft/concept/per_layer.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Layers that Which has use one pattern, the others another (Warner et al. 2024, "ModernBERT", section 2.1.2: every
/// third layer sees all, the others a window).
template <class Which, attention_pattern Here, attention_pattern Elsewhere>
struct by_layer<Which, Here, Elsewhere> {
  using layers = Which;
  using here_type = Here;
  using elsewhere_type = Elsewhere;
  static constexpr index_t query_tile = std::gcd(Here::query_tile, Elsewhere::query_tile);
  [[no_unique_address]] Here here;
  [[no_unique_address]] Elsewhere elsewhere;
  static constexpr void each(auto&& f, auto&... self) { f("", self.here...), f("", self.elsewhere...); }

  constexpr auto sees(const query_block& b, index_t query, index_t key) const {
    using count = std::common_type_t<decltype(here.sees(b, query, key)), decltype(elsewhere.sees(b, query, key))>;
    return Which::has(b.layer) ? count{here.sees(b, query, key)} : count{elsewhere.sees(b, query, key)};
  }
  constexpr void visit(const query_block& b, auto&& spans) const {
    Which::has(b.layer) ? here.visit(b, spans) : elsewhere.visit(b, spans);
  }
  constexpr bool silences_invisible(const query_block& b) const {
    return Which::has(b.layer) ? silences(here, b) : silences(elsewhere, b);
  }
};

}  // namespace weft
