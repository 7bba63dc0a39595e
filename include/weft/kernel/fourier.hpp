#pragma once
// A discrete Fourier transform over rows: every column of n rows is transformed by itself, many columns at once.
#include <cmath>
#include <utility>
#include <weft/base/elementary.hpp>
#include <weft/kernel/row_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Complex rows: `count` real parts and as many imaginary parts, rows `stride` floats apart.
struct complex_rows {
  float *real, *imaginary;
  index_t stride;
};

/// cosines[k] = cos(2 pi k / n), sines[k] = sin(2 pi k / n) for k in [first, last).
inline void fourier_table(index_t n, index_t first, index_t last, float* cosines, float* sines) {
  for (index_t k = first; k < last; ++k) {
    const double angle = 2 * 3.14159265358979323846 * static_cast<double>(k) / static_cast<double>(n);
    cosines[k] = static_cast<float>(cos_of(angle)), sines[k] = static_cast<float>(sin_of(angle));
  }
}

namespace detail {
constexpr index_t smallest_factor(index_t n) {
  for (index_t f = 2; f * f <= n; ++f)
    if (n % f == 0) return f;
  return n;
}

// y = the sum of `factor` rows of x, `step` rows apart, row k turned by -2 pi k times / n of a whole turn; then all of
// it by -2 pi twist / n. Products with the first row's turn, which is none, are left out.
template <class Arch>
void turned_sum(const complex_rows& x, index_t row, index_t step, index_t factor, index_t times, index_t twist,
                index_t n, const float* cosines, const float* sines, const complex_rows& y, index_t to, index_t width) {
  each_vector<Arch>(width, [&](index_t c, auto whole) {
    const auto real = [&](index_t k) { return part<Arch>(x.real + (row + k * step) * x.stride, c, width, whole); };
    const auto imaginary = [&](index_t k) {
      return part<Arch>(x.imaginary + (row + k * step) * x.stride, c, width, whole);
    };
    auto re = real(0), im = imaginary(0);
    for (index_t k = 1, at = 0; k < factor; ++k) {
      at += times;
      if (at >= n) at -= n;
      const auto cosine = simd::set<Arch>(cosines[at]), sine = simd::set<Arch>(sines[at]);
      const auto a = real(k), b = imaginary(k);
      re = simd::fma<Arch>(a, cosine, simd::fma<Arch>(b, sine, re));
      im = simd::fma<Arch>(b, cosine, simd::fma<Arch>(a, simd::set<Arch>(-sines[at]), im));
    }
    if (twist > 0) {
      const auto cosine = simd::set<Arch>(cosines[twist]), sine = simd::set<Arch>(sines[twist]);
      const auto turned = simd::fma<Arch>(re, cosine, simd::rounded<Arch>(im * sine));
      im = simd::fma<Arch>(im, cosine, simd::rounded<Arch>(re * simd::set<Arch>(-sines[twist])));
      re = turned;
    }
    put<Arch>(y.real + to * y.stride, c, width, re, whole);
    put<Arch>(y.imaginary + to * y.stride, c, width, im, whole);
  });
}
}  // namespace detail

/// y[f] = sum over t of x[t] e^(-2 pi i f t / n) for every one of `width` columns of n rows, by factors of n (Cooley
/// and Tukey 1965, in Stockham's order, which needs no sorting): n times the sum of its prime factors. Both x and y are
/// written; true if the result lies in y, false if in x. The table has n entries (fourier_table).
template <class Arch>
bool fourier_transform(complex_rows x, complex_rows y, index_t n, index_t width, const float* cosines,
                       const float* sines) {
  bool in_y = false;
  for (index_t left = n, stride = 1; left > 1;) {
    const index_t factor = detail::smallest_factor(left), m = left / factor;
    for (index_t p = 0; p < m; ++p)
      for (index_t q = 0; q < stride; ++q)
        for (index_t j = 0; j < factor; ++j)
          detail::turned_sum<Arch>(x, q + stride * p, stride * m, factor, j * (n / factor), p * j * stride, n, cosines,
                                   sines, y, q + stride * (factor * p + j), width);
    std::swap(x, y), in_y = !in_y;
    left = m, stride *= factor;
  }
  return in_y;
}

/// How many of the two arrays' changes fourier_transform makes of n rows: odd, and the result lies in y.
constexpr index_t fourier_stages(index_t n) {
  index_t stages = 0;
  for (; n > 1; n /= detail::smallest_factor(n)) ++stages;
  return stages;
}

}  // namespace weft
