#pragma once
#include <weft/mixer/fourier.hpp>
#include <weft/testing/reference.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// The real part of a Fourier transform over tokens and columns, as the sum that it is (Lee-Thorp et al. 2021).
template <>
struct reference_of<fourier> {
  template <mixer_shape S>
  static table forward(const auto&, const reference_streams& x, const place& at) {
    const auto turn = [](index_t k, index_t n) {
      return 2 * 3.14159265358979323846 * static_cast<double>(k % n) / static_cast<double>(n);
    };
    const index_t length = at.length(), width = S.value;
    table cosines = xt::zeros<double>({length, width}), sines = cosines;  // over columns
    for (index_t t = 0; t < length; ++t)
      for (index_t c = 0; c < width; ++c)
        for (index_t i = 0; i < width; ++i) {
          cosines(t, c) += x.value(t, i) * std::cos(turn(c * i, width));
          sines(t, c) += x.value(t, i) * std::sin(turn(c * i, width));
        }
    table y = xt::zeros<double>({length, width});
    for (index_t t = 0; t < length; ++t)
      for (index_t s = 0; s < length; ++s) {
        const double cosine = std::cos(turn(t * s, length)), sine = std::sin(turn(t * s, length));
        xt::row(y, t) += cosine * xt::row(cosines, s) - sine * xt::row(sines, s);
      }
    return y;
  }
};

}  // namespace weft::testing
