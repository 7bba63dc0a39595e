#pragma once
// One vector for a sequence, and comparing two of them.
#include <weft/kernel/row_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// y = the mean of `count` rows of `width` values, rows `stride` floats apart, added in order. No rows: zeros.
template <class Arch>
void mean_rows(const float* rows, index_t stride, index_t count, index_t width, float* y) {
  const auto divisor = simd::set<Arch>(static_cast<float>(std::max<index_t>(1, count)));
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    auto sum = simd::set<Arch>(0.0f);
    for (index_t i = 0; i < count; ++i) sum = sum + detail::part<Arch>(rows + i * stride, c, width, whole);
    detail::put<Arch>(y, c, width, simd::divide<Arch>(sum, divisor), whole);
  });
}

/// The sum of a[i] b[i] over `width` values.
template <class Arch>
float dot(const float* a, const float* b, index_t width) {
  return detail::sum_row<Arch>(width, [&](index_t c, const auto& so_far, auto whole) {
    return simd::fma<Arch>(detail::part<Arch>(a, c, width, whole), detail::part<Arch>(b, c, width, whole), so_far);
  });
}

/// x divided by its Euclidean norm, in place. A norm below 1e-12 divides by 1e-12, so that zeros stay zeros. Squares
/// may be past the range of float: the norm is then taken in double.
template <class Arch>
void normalize_length(float* x, index_t width) {
  const float squares = dot<Arch>(x, x, width);
  if (!is_finite(squares)) {
    double sum = 0;
    for (index_t c = 0; c < width; ++c) sum += double{x[c]} * double{x[c]};
    for (index_t c = 0; c < width; ++c) x[c] = static_cast<float>(double{x[c]} / std::sqrt(sum));
    return;
  }
  const auto norm = simd::set<Arch>(std::max(1e-12f, std::sqrt(squares)));
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    detail::put<Arch>(x, c, width, simd::divide<Arch>(detail::part<Arch>(x, c, width, whole), norm), whole);
  });
}

}  // namespace weft
