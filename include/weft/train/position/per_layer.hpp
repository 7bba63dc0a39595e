#pragma once
#include <type_traits>
#include <weft/position/per_layer.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Every layer's rows go back as its position says.
template <class Which, position_policy Here, position_policy Elsewhere>
struct training_of<by_layer<Which, Here, Elsewhere>> {
  template <class Arch, index_t HeadWidth>
  static void unplace(const by_layer<Which, Here, Elsewhere>& p, const position_site<HeadWidth>& at, float* row) {
    const auto by = [&]<class Position>(const Position& position) {
      if constexpr (!std::is_same_v<Position, none>) training_of<Position>::template unplace<Arch>(position, at, row);
    };
    Which::has(at.layer) ? by(p.here) : by(p.elsewhere);
  }
  template <class Arch, index_t HeadWidth>
  static void unplace_value(const by_layer<Which, Here, Elsewhere>& p, const position_site<HeadWidth>& at, float* row) {
    const auto by = [&]<class Position>(const Position& position) {
      if constexpr (places_values<Position>) training_of<Position>::template unplace_value<Arch>(position, at, row);
    };
    Which::has(at.layer) ? by(p.here) : by(p.elsewhere);
  }
};

}  // namespace weft
