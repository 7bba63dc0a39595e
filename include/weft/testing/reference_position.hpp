#pragma once
#include <cmath>
#include <weft/position/per_layer.hpp>
#include <weft/position/rotary.hpp>
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

/// By the layer's number.
template <class Which, position_policy Here, position_policy Elsewhere>
struct reference_of<by_layer<Which, Here, Elsewhere>> {
  static table placed(const table& x, index_t heads, index_t layer) {
    return Which::has(layer) ? reference_of<Here>::placed(x, heads, layer)
                             : reference_of<Elsewhere>::placed(x, heads, layer);
  }
};

}  // namespace weft::testing
