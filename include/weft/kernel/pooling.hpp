#pragma once
// One vector for a sequence, and comparing two of them.
#include <weft/kernel/softmax.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

/// y = the sum of `count` rows, added in order, divided by `divisor`.
template <class Arch>
void divided_sum_of_rows(const float* rows, index_t stride, index_t count, index_t width, float divisor, float* y) {
  const auto by = simd::set<Arch>(divisor);
  each_vector<Arch>(width, [&](index_t c, auto whole) {
    auto sum = simd::set<Arch>(0.0f);
    for (index_t i = 0; i < count; ++i) sum = sum + part<Arch>(rows + i * stride, c, width, whole);
    put<Arch>(y, c, width, simd::divide<Arch>(sum, by), whole);
  });
}

// A comparison passes over a NaN on one of its sides.
inline void maximum_with_nan(const float* rows, index_t stride, index_t count, index_t width, float* y) {
  for (index_t c = 0; c < width; ++c) {
    y[c] = rows[c];
    for (index_t i = 1; i < count && !is_nan(y[c]); ++i)
      if (const float x = rows[i * stride + c]; is_nan(x) || x > y[c]) y[c] = x;
  }
}

}  // namespace detail

/// y = the mean of `count` rows of `width` values, rows `stride` floats apart, added in order. No rows: zeros.
template <class Arch>
void mean_rows(const float* rows, index_t stride, index_t count, index_t width, float* y) {
  detail::divided_sum_of_rows<Arch>(rows, stride, count, width, static_cast<float>(std::max<index_t>(1, count)), y);
}

/// y = the sum of the rows divided by the square root of their number. No rows: zeros.
template <class Arch>
void square_root_mean_rows(const float* rows, index_t stride, index_t count, index_t width, float* y) {
  const auto rows_or_one = static_cast<float>(std::max<index_t>(1, count));
  detail::divided_sum_of_rows<Arch>(rows, stride, count, width, std::sqrt(rows_or_one), y);
}

/// y = the mean of the rows, the first weighing 1, the second 2 and so on. No rows: zeros.
template <class Arch>
void weighted_mean_rows(const float* rows, index_t stride, index_t count, index_t width, float* y) {
  const double weights = 0.5 * static_cast<double>(count) * static_cast<double>(count + 1);
  const auto by = simd::set<Arch>(static_cast<float>(std::max(1.0, weights)));
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    auto sum = simd::set<Arch>(0.0f);
    for (index_t i = 0; i < count; ++i)
      sum = simd::fma<Arch>(detail::part<Arch>(rows + i * stride, c, width, whole),
                            simd::set<Arch>(static_cast<float>(i + 1)), sum);
    detail::put<Arch>(y, c, width, simd::divide<Arch>(sum, by), whole);
  });
}

/// y = the sum of the rows, each times the softmax of `scores`, which become those weights. No rows: zeros.
template <class Arch>
void weighted_by_softmax(const float* rows, index_t stride, index_t count, float* scores, index_t width, float* y) {
  softmax_row<Arch>(scores, count);
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    auto sum = simd::set<Arch>(0.0f);
    for (index_t i = 0; i < count; ++i)
      sum = simd::fma<Arch>(simd::set<Arch>(scores[i]), detail::part<Arch>(rows + i * stride, c, width, whole), sum);
    detail::put<Arch>(y, c, width, sum, whole);
  });
}

/// y = the largest value of every column; NaN where one is. No rows: zeros.
template <class Arch>
void maximum_rows(const float* rows, index_t stride, index_t count, index_t width, float* y) {
  if (count == 0) return static_cast<void>(std::fill_n(y, width, 0.0f));
  bool finite = true;
  for (index_t i = 0; i < count; ++i) finite = finite && all_finite({rows + i * stride, width});
  if (!finite) return detail::maximum_with_nan(rows, stride, count, width, y);
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    auto largest = detail::part<Arch>(rows, c, width, whole);
    for (index_t i = 1; i < count; ++i)
      largest = simd::max<Arch>(detail::part<Arch>(rows + i * stride, c, width, whole), largest);
    detail::put<Arch>(y, c, width, largest, whole);
  });
}

/// y = the largest of y and every value of its column; NaN where one is.
template <class Arch>
void raise_to_rows(const float* rows, index_t stride, index_t count, index_t width, float* y) {
  bool finite = all_finite({y, width});
  for (index_t i = 0; i < count; ++i) finite = finite && all_finite({rows + i * stride, width});
  for (index_t c = 0; !finite && c < width; ++c)
    for (index_t i = 0; i < count && !is_nan(y[c]); ++i)
      if (const float x = rows[i * stride + c]; is_nan(x) || x > y[c]) y[c] = x;
  if (!finite) return;
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    auto largest = detail::part<Arch>(y, c, width, whole);
    for (index_t i = 0; i < count; ++i)
      largest = simd::max<Arch>(detail::part<Arch>(rows + i * stride, c, width, whole), largest);
    detail::put<Arch>(y, c, width, largest, whole);
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
