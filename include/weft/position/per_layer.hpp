#pragma once
#include <numeric>
#include <type_traits>
#include <weft/concept/per_layer.hpp>
#include <weft/concept/position.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Layers that Which has place rows by one policy, the others by another (Warner et al. 2024, "ModernBERT": global
/// layers rotate by another base than local ones). Either may be `none`.
template <class Which, position_policy Here, position_policy Elsewhere>
requires(!std::same_as<Here, none> || !std::same_as<Elsewhere, none>) struct by_layer<Which, Here, Elsewhere> {
  using layers = Which;
  using here_type = Here;
  using elsewhere_type = Elsewhere;
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
    Which::has(at.layer) ? by(here) : by(elsewhere);
  }
  template <class Arch, index_t HeadWidth>
  void place_value(const position_site<HeadWidth>& at, float* row) const
      requires(places_values<Here> || places_values<Elsewhere>) {
    const auto by = [&](const auto& policy) {
      if constexpr (places_values<std::remove_cvref_t<decltype(policy)>>) policy.template place_value<Arch>(at, row);
    };
    Which::has(at.layer) ? by(here) : by(elsewhere);
  }
};

}  // namespace weft
