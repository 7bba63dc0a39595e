#pragma once
#include <numeric>
#include <type_traits>
#include <weft/concept/per_layer.hpp>
#include <weft/concept/position.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Layers 0, Every, 2 Every ... place rows by one policy, the others by another (Warner et al. 2024, "ModernBERT":
/// global layers rotate by another base than local ones). Either may be `none`.
template <index_t Every, position_policy Here, position_policy Elsewhere>
requires(!std::same_as<Here, none> || !std::same_as<Elsewhere, none>) struct per_layer<Every, Here, Elsewhere> {
  static_assert(Every >= 1, "weft::per_layer: wants a number of layers, 1 or more");
  static constexpr index_t head_width_multiple =
      std::lcm(weft::head_width_multiple<Here>(), weft::head_width_multiple<Elsewhere>());
  [[no_unique_address]] Here here;
  [[no_unique_address]] Elsewhere elsewhere;
  static constexpr void each(auto&& f, auto&... self) { f("", self.here...), f("", self.elsewhere...); }

  template <class Arch, index_t HeadWidth>
  void place(const position_site<HeadWidth>& at, float* row) const {
    const auto by = [&](const auto& policy) {
      if constexpr (!std::same_as<std::remove_cvref_t<decltype(policy)>, none>) policy.template place<Arch>(at, row);
    };
    at.layer % Every == 0 ? by(here) : by(elsewhere);
  }
};

}  // namespace weft
