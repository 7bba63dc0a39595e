#pragma once
#include <cmath>
#include <weft/position/per_layer.hpp>
#include <weft/position/rotary.hpp>
#include <weft/position/rotary_neighbours.hpp>
#include <weft/position/values_too.hpp>
#include <weft/testing/reference.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// How a position policy places the rows [queries or keys, width] of one sequence. As a norm, `none` leaves them, too.
template <>
struct reference_of<none> {
  template <index_t Width>
  static table forward(const nothing&, const table& x) {
    return x;
  }
  static table placed(const table& x, index_t /*heads*/, index_t /*layer*/) { return x; }
};

/// Pair i of a head, values i and i + d / 2, turns by position * Theta^(-2 i / d) (Su et al. 2021, equation 34). The
/// angle is a product of floats, as the reference's is.
template <index_t Theta>
struct reference_of<rotary<Theta>> {
  static table placed(const table& x, index_t heads, index_t /*layer*/) {
    const auto width = static_cast<index_t>(x.shape()[1]) / heads, half = width / 2;
    table y = x;
    for (index_t t = 0; t < static_cast<index_t>(x.shape()[0]); ++t)
      for (index_t c = 0; c < heads * width; c += width)
        for (index_t i = 0; i < half; ++i) {
          const auto exponent = static_cast<double>(2 * i) / static_cast<double>(width);
          const float frequency = 1.0f / static_cast<float>(std::pow(double{Theta}, exponent));
          const double angle = static_cast<float>(t) * frequency;
          y(t, c + i) = x(t, c + i) * std::cos(angle) - x(t, c + half + i) * std::sin(angle);
          y(t, c + half + i) = x(t, c + half + i) * std::cos(angle) + x(t, c + i) * std::sin(angle);
        }
    return y;
  }
};

/// Pair i of a head, values 2 i and 2 i + 1, turns by position * Theta^(-2 i / d) (Su et al. 2021, equation 34).
template <index_t Theta>
struct reference_of<rotary_neighbours<Theta>> {
  static table placed(const table& x, index_t heads, index_t /*layer*/) {
    const auto width = static_cast<index_t>(x.shape()[1]) / heads;
    table y = x;
    for (index_t t = 0; t < static_cast<index_t>(x.shape()[0]); ++t)
      for (index_t c = 0; c < heads * width; c += 2) {
        const auto exponent = static_cast<double>(c % width) / static_cast<double>(width);
        const double angle = static_cast<double>(t) / std::pow(double{Theta}, exponent);
        y(t, c) = x(t, c) * std::cos(angle) - x(t, c + 1) * std::sin(angle);
        y(t, c + 1) = x(t, c + 1) * std::cos(angle) + x(t, c) * std::sin(angle);
      }
    return y;
  }
};

/// How a position places rows of values: as it places others, or not at all.
template <class Position>
struct reference_of_values {
  static table placed(const table& x, index_t /*heads*/, index_t /*layer*/) { return x; }
};
template <class Position>
struct reference_of_values<values_too<Position>> : reference_of<Position> {};
template <class Position>
struct reference_of<values_too<Position>> : reference_of<Position> {};
template <class Which, class Here, class Elsewhere>
struct reference_of_values<by_layer<Which, Here, Elsewhere>> {
  static table placed(const table& x, index_t heads, index_t layer) {
    return Which::has(layer) ? reference_of_values<Here>::placed(x, heads, layer)
                             : reference_of_values<Elsewhere>::placed(x, heads, layer);
  }
};

/// By the layer's number.
template <class Which, position_policy Here, position_policy Elsewhere>
struct reference_of<by_layer<Which, Here, Elsewhere>> {
  static table placed(const table& x, index_t heads, index_t layer) {
    return Which::has(layer) ? reference_of<Here>::placed(x, heads, layer)
                             : reference_of<Elsewhere>::placed(x, heads, layer);
  }
};

}  // namespace weft::testing
