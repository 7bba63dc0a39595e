#pragma once
// Norms of one row. y may be x, or the residual.
#include <algorithm>
#include <cmath>
#include <type_traits>
#include <weft/base/finite.hpp>
#include <weft/simd/chains.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

// f(column, lanes in use): every vector of a row; only the last may be partial.
template <class Arch, class F>
[[gnu::always_inline]] inline void each_vector(index_t width, F&& f) {
  index_t c = 0;
  for (; c + simd::lanes<Arch> <= width; c += simd::lanes<Arch>) f(c, std::true_type{});
  if (c < width) f(c, std::false_type{});
}

// A vector of a row from column c on; the lanes beyond the row's end are 0 and are not read.
template <class Arch, bool Whole>
[[gnu::always_inline]] inline simd::vector<Arch> part(const float* row, index_t c, index_t width,
                                                      std::bool_constant<Whole>) {
  if constexpr (Whole) return simd::load<Arch>(row + c);
  return simd::load_partial<Arch>(row + c, width - c);
}
template <class Arch, bool Whole>
[[gnu::always_inline]] inline void put(float* row, index_t c, index_t width, const simd::vector<Arch>& v,
                                       std::bool_constant<Whole>) {
  if constexpr (Whole)
    simd::store(row + c, v);
  else
    simd::store_partial(row + c, v, width - c);
}

// The sum over a row of f(column, sum so far, whole), in one order on every architecture: four times simd::chains take
// turns, so that additions do not wait for each other; the columns behind the last full turn go to the first of them.
template <class Arch, class F>
[[gnu::always_inline]] inline float sum_row(index_t width, F&& f) {
  constexpr index_t lanes = simd::lanes<Arch>, chains = simd::chains;
  simd::chain_sums<Arch> a, b, c, d;
  const auto each_register = [](auto&& take) __attribute__((always_inline)) {
    simd::each<simd::chain_registers<Arch>>(take);
  };
  const auto add = [&](auto& sums, auto r, index_t first) __attribute__((always_inline)) {
    sums.part[r] = f(first + r * lanes, sums.part[r], std::true_type{});
  };
  index_t i = 0;
  for (; i + 4 * chains <= width; i += 4 * chains)
    each_register([&](auto r) __attribute__((always_inline)) {
      add(a, r, i), add(b, r, i + chains), add(c, r, i + 2 * chains), add(d, r, i + 3 * chains);
    });
  for (; i + chains <= width; i += chains) each_register([&](auto r) __attribute__((always_inline)) { add(a, r, i); });
  each_register([&](auto r) __attribute__((always_inline)) {
    const index_t column = i + r * lanes;
    if (column + lanes <= width)
      add(a, r, i);
    else if (column < width)
      a.part[r] = f(column, a.part[r], std::false_type{});
  });
  a += b, c += d, a += c;
  return simd::reduce_add<Arch>(a);
}

}  // namespace detail

/// y = (x - mean(x)) / sqrt(variance(x) + epsilon) * gain + bias over `width` values. The variance is the mean square
/// of the deviations (a second pass), which a large mean does not spoil. Where it is past the range of float, as from
/// deviations of 1e20 on, the row becomes NaN.
template <class Arch>
void layer_norm_row(const float* x, const float* gain, const float* bias, float epsilon, index_t width, float* y) {
  const auto count = static_cast<float>(width);
  const float sum = detail::sum_row<Arch>(width, [&](index_t c, const auto& so_far, auto whole) {
    return so_far + detail::part<Arch>(x, c, width, whole);
  });
  const auto mean = simd::set<Arch>(sum / count);
  const float squares = detail::sum_row<Arch>(width, [&](index_t c, const auto& so_far, auto whole) {
    auto d = detail::part<Arch>(x, c, width, whole) - mean;
    if constexpr (!whole) d = simd::keep_first<Arch>(d, width - c);
    return simd::fma<Arch>(d, d, so_far);
  });
  const float variance = squares / count + epsilon;
  float factor = 1.0f / std::sqrt(variance);
  if (!is_finite(variance)) [[unlikely]]
    factor = not_a_number();  // 1 / infinity is 0, and would leave the bias alone
  const auto inverse = simd::set<Arch>(factor);
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    const auto d = (detail::part<Arch>(x, c, width, whole) - mean) * inverse;
    detail::put<Arch>(
        y, c, width,
        simd::fma<Arch>(d, detail::part<Arch>(gain, c, width, whole), detail::part<Arch>(bias, c, width, whole)),
        whole);
  });
}

/// y = x / sqrt(mean(x squared) + epsilon) * gain over `width` values. Where the mean square is past the range of float
/// the row becomes NaN, as layer_norm_row's.
template <class Arch>
void rms_norm_row(const float* x, const float* gain, float epsilon, index_t width, float* y) {
  const float squares = detail::sum_row<Arch>(width, [&](index_t c, const auto& so_far, auto whole) {
    const auto v = detail::part<Arch>(x, c, width, whole);
    return simd::fma<Arch>(v, v, so_far);
  });
  const float mean = squares / static_cast<float>(width) + epsilon;
  float factor = 1.0f / std::sqrt(mean);
  if (!is_finite(mean)) [[unlikely]]
    factor = not_a_number();  // 1 / infinity is 0
  const auto inverse = simd::set<Arch>(factor);
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    detail::put<Arch>(y, c, width,
                      simd::vector<Arch>(detail::part<Arch>(x, c, width, whole) * inverse *
                                         detail::part<Arch>(gain, c, width, whole)),
                      whole);
  });
}

/// y = x * gain + bias over `width` values: MobileBERT's norm.
template <class Arch>
void affine_row(const float* x, const float* gain, const float* bias, index_t width, float* y) {
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    detail::put<Arch>(y, c, width,
                      simd::fma<Arch>(detail::part<Arch>(x, c, width, whole), detail::part<Arch>(gain, c, width, whole),
                                      detail::part<Arch>(bias, c, width, whole)),
                      whole);
  });
}

/// y = (x + residual) * gain + bias, in one pass, with the bits of two.
template <class Arch>
void add_affine_row(const float* x, const float* residual, const float* gain, const float* bias, index_t width,
                    float* y) {
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    const auto both = detail::part<Arch>(x, c, width, whole) + detail::part<Arch>(residual, c, width, whole);
    detail::put<Arch>(
        y, c, width,
        simd::fma<Arch>(both, detail::part<Arch>(gain, c, width, whole), detail::part<Arch>(bias, c, width, whole)),
        whole);
  });
}

/// y = x + residual over `width` values.
template <class Arch>
void add_row(const float* x, const float* residual, index_t width, float* y) {
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    detail::put<Arch>(
        y, c, width,
        simd::vector<Arch>(detail::part<Arch>(x, c, width, whole) + detail::part<Arch>(residual, c, width, whole)),
        whole);
  });
}

/// x[c] *= y[c] over `width` values.
template <class Arch>
void multiply_row(float* x, const float* y, index_t width) {
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    detail::put<Arch>(
        x, c, width,
        simd::vector<Arch>(detail::part<Arch>(x, c, width, whole) * detail::part<Arch>(y, c, width, whole)), whole);
  });
}

}  // namespace weft
