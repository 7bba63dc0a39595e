#pragma once
// Softmax of one row that is there as a whole: label probabilities, tap weights. Attention has its own (attend.hpp).
#include <weft/kernel/row_norm.hpp>
#include <weft/simd/math.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// x = exp(x - max) / sum of exp(x - max), in place, over `width` values. -infinity becomes 0. A row without any finite
/// value has no softmax: it becomes NaN, as does a row with a NaN.
template <class Arch>
void softmax_row(float* x, index_t width) {
  constexpr index_t lanes = simd::lanes<Arch>;
  if (width <= 0) return;
  float top = x[0];
  index_t c = 0;
  if (width >= lanes) {
    auto high = simd::load<Arch>(x);
    for (c = lanes; c + lanes <= width; c += lanes) high = simd::max(high, simd::load<Arch>(x + c));
    top = simd::reduce_max<Arch>(high);
  }
  for (; c < width; ++c) top = std::max(top, x[c]);
  const auto shift = simd::set<Arch>(top);
  const float sum = detail::sum_row<Arch>(width, [&](index_t i, const auto& so_far, auto whole) {
    auto e = simd::exp_of_nonpositive<Arch>(detail::part<Arch>(x, i, width, whole) - shift);
    if constexpr (!whole) e = simd::keep_first<Arch>(e, width - i);
    detail::put<Arch>(x, i, width, e, whole);
    return so_far + e;
  });
  const auto inverse = simd::set<Arch>(1.0f / sum);
  detail::each_vector<Arch>(width, [&](index_t i, auto whole) {
    detail::put<Arch>(x, i, width, simd::vector<Arch>(detail::part<Arch>(x, i, width, whole) * inverse), whole);
  });
}

}  // namespace weft
