#pragma once
// The two convolutions of ConvBERT's span-based dynamic convolution, for rows of one sequence. Neither stores a row's
// neighbourhood: taps are read where the neighbours lie.
#include <weft/kernel/softmax.hpp>

namespace weft::inline v0_1 {

/// y[c] = sum over taps of x[position + tap - Taps / 2][c] * taps[tap * ld_taps + c]: a depthwise convolution of one
/// row, zeros beyond the sequence's ends. `x` is the sequence's row 0, `stride` floats a row; of it `length` rows
/// exist. Sums run over the taps in order.
template <class Arch, index Taps>
void depthwise_row(const float* x, index stride, index position, index length, const float* taps, index ld_taps,
                   index width, float* y) {
  const index first = std::max<index>(0, Taps / 2 - position), last = std::min(Taps, length - position + Taps / 2);
  const float* const from = x + std::max<index>(0, position - Taps / 2) * stride;  // the row of tap `first`
  detail::each_vector<Arch>(width, [&](index c, auto whole) {
    auto sum = simd::set<Arch>(0.0f);
    for (index tap = first; tap < last; ++tap)
      sum = simd::fma<Arch>(detail::part<Arch>(from + (tap - first) * stride, c, width, whole),
                            detail::part<Arch>(taps + tap * ld_taps, c, width, whole), sum);
    detail::put<Arch>(y, c, width, sum, whole);
  });
}

/// y[c] = sum over taps of weights[tap] * values[position + tap - Taps / 2][c] for the `width` columns of one head:
/// the dynamic convolution of one row. `weights` holds the row's tap weights; `values` is the sequence's row 0.
template <class Arch, index Taps>
void mix_taps(const float* values, index stride, index position, index length, const float* weights, index width,
              float* y) {
  const index first = std::max<index>(0, Taps / 2 - position), last = std::min(Taps, length - position + Taps / 2);
  const float* const from = values + std::max<index>(0, position - Taps / 2) * stride;  // the row of tap `first`
  detail::each_vector<Arch>(width, [&](index c, auto whole) {
    auto sum = simd::set<Arch>(0.0f);
    for (index tap = first; tap < last; ++tap)
      sum = simd::fma<Arch>(simd::set<Arch>(weights[tap]),
                            detail::part<Arch>(from + (tap - first) * stride, c, width, whole), sum);
    detail::put<Arch>(y, c, width, sum, whole);
  });
}

/// Softmax of every group of Taps values in a row of heads * Taps: a position's tap weights.
template <class Arch, index Taps>
void softmax_taps(float* row, index heads) {
  for (index h = 0; h < heads; ++h) softmax_row<Arch>(row + h * Taps, Taps);
}

/// x[c] *= y[c] over `width` values.
template <class Arch>
void multiply_row(float* x, const float* y, index width) {
  detail::each_vector<Arch>(width, [&](index c, auto whole) {
    detail::put<Arch>(
        x, c, width,
        simd::vector<Arch>(detail::part<Arch>(x, c, width, whole) * detail::part<Arch>(y, c, width, whole)), whole);
  });
}

}  // namespace weft
