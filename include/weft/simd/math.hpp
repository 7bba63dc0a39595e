#pragma once
// Elementary functions of vectors, written once for every architecture. Errors are measured against double precision
// by tests/simd/math.cpp on every architecture that runs there.
#include <cmath>
#include <weft/simd/vector.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::simd {

/// e^x. Relative error below 1.2e-7 for -87.3 <= x <= 88.3. Below -87.7 it is 0, above 88.4 infinity: exp(-infinity) is
/// 0. NaN stays NaN.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> exp(const vector<Arch>& x) {
  const auto c = [](float value) __attribute__((always_inline)) { return set<Arch>(value); };
  // x = n ln 2 + r with |r| <= ln 2 / 2. Adding 1.5 * 2^23 rounds to an integer, and leaves it in the lowest bits:
  // moved to the exponent's place they make 2^n, for n = -127 zero and for n = 128 infinity. as_computed: under
  // -fassociative-math compilers take the constant off again without having rounded, or multiply it out.
  const auto bounded = max(c(-88.0f), min(c(89.0f), x));
  const auto shifted = detail::as_computed(fma(bounded, c(1.44269504f), c(12582912.0f)));
  const auto n = detail::as_computed(shifted - c(12582912.0f));
  const auto r = fma(n, c(2.12194440e-4f), fma(n, c(-0.693359375f), bounded));
  auto p = fma(c(1.38145848e-3f), r, c(8.36872309e-3f));
  p = fma(p, r, c(4.1668389e-2f));
  p = fma(p, r, c(1.66665211e-1f));
  p = fma(p, r, c(0.49999994f));
  p = fma(p, r, c(1.0f));
  p = fma(p, r, c(1.0f));
  return rounded<Arch>(p * detail::low_bits_to_power(shifted));
}

/// e^x of an x that is not positive, in fewer steps than exp: a softmax's weights. Relative error below 2.3e-7 for
/// -16 <= x <= 0, below 4.2e-7 for -87.3 <= x; e^0 is 1. Below -87.7 it is 0: exp_of_nonpositive(-infinity) is 0. NaN
/// stays NaN.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> exp_of_nonpositive(const vector<Arch>& x) {
  const auto c = [](float value) __attribute__((always_inline)) { return set<Arch>(value); };
  // As exp, with one constant for ln 2, and a polynomial of one degree less.
  const auto bounded = max(c(-88.0f), x);
  const auto shifted = detail::as_computed(fma(bounded, c(1.44269504f), c(12582912.0f)));
  const auto n = detail::as_computed(shifted - c(12582912.0f));
  const auto r = fma(n, c(-0.693147182f), bounded);
  auto p = fma(c(8.3125010e-3f), r, c(4.1890331e-2f));
  p = fma(p, r, c(0.16667116f));
  p = fma(p, r, c(0.49999231f));
  p = fma(p, r, c(1.0f));
  p = fma(p, r, c(1.0f));
  return rounded<Arch>(p * detail::low_bits_to_power(shifted));
}

/// The error function. Error below 4e-7 of the result. NaN stays NaN.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> erf(const vector<Arch>& x) {
  const auto c = [](float value) __attribute__((always_inline)) { return set<Arch>(value); };
  // x P(x^2) / Q(x^2), a minimax fit of the relative error (1.9e-8 before rounding) up to where erf rounds to one.
  const auto b = max(c(-3.92f), min(c(3.92f), x));
  const auto z = rounded<Arch>(b * b);
  auto p = fma(z, c(2.05009042e-06f), c(2.84881244e-04f));
  auto q = fma(z, c(3.80916717e-05f), c(1.16252283e-03f));
  p = fma(p, z, c(3.76556706e-03f));
  q = fma(q, z, c(1.49691155e-02f));
  p = fma(p, z, c(5.27485641e-02f));
  q = fma(q, z, c(1.14108642e-01f));
  p = fma(p, z, c(1.90405357e-01f));
  q = fma(q, z, c(5.02075095e-01f));
  p = fma(p, z, c(1.12837915e+00f));
  q = fma(q, z, c(1.0f));
  return rounded<Arch>(divide<Arch>(b * p, q));
}

/// The hyperbolic tangent. Error below 4e-7 of the result. NaN stays NaN.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> tanh(const vector<Arch>& x) {
  const auto c = [](float value) __attribute__((always_inline)) { return set<Arch>(value); };
  // x P(x^2) / Q(x^2), a minimax fit of the relative error (2.1e-8 before rounding) up to where tanh rounds to one.
  const auto b = max(c(-9.01f), min(c(9.01f), x));
  const auto z = rounded<Arch>(b * b);
  auto p = fma(z, c(1.33365842e-08f), c(2.05960791e-05f));
  auto q = fma(z, c(7.76917347e-07f), c(3.28434380e-04f));
  p = fma(p, z, c(3.49479918e-03f));
  q = fma(q, z, c(2.58739817e-02f));
  p = fma(p, z, c(1.33803616e-01f));
  q = fma(q, z, c(4.67136771e-01f));
  p = fma(p, z, c(9.99999979e-01f));
  q = fma(q, z, c(1.0f));
  return rounded<Arch>(divide<Arch>(b * p, q));
}

/// ln(1 + e^x). Error below 3e-7 of max(1, the result). NaN stays NaN.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> softplus(const vector<Arch>& x) {
  const auto c = [](float value) __attribute__((always_inline)) { return set<Arch>(value); };
  // max(x, 0) + ln(1 + u) with u = e^-|x|; ln(1 + u) = 2 artanh(s) with s = u / (2 + u), at most 1/3: its Taylor
  // series.
  const auto u = exp<Arch>(min(x, c(0.0f) - x));
  const auto s = rounded<Arch>(divide<Arch>(u, c(2.0f) + u));
  const auto z = rounded<Arch>(s * s);
  auto p = fma(z, c(2.0f / 15), c(2.0f / 13));
  p = fma(p, z, c(2.0f / 11));
  p = fma(p, z, c(2.0f / 9));
  p = fma(p, z, c(2.0f / 7));
  p = fma(p, z, c(2.0f / 5));
  p = fma(p, z, c(2.0f / 3));
  p = fma(p, z, c(2.0f));
  return fma(p, s, max(c(0.0f), x));
}

// The same functions and operations of one float, so that a line of a policy serves both. They are computed in a
// vector: one float and a vector of floats get the same bits.

[[gnu::always_inline]] inline float exp(float x) { return exp(set<native>(x)).get(0); }
[[gnu::always_inline]] inline float erf(float x) { return erf(set<native>(x)).get(0); }
[[gnu::always_inline]] inline float tanh(float x) { return tanh(set<native>(x)).get(0); }
[[gnu::always_inline]] inline float softplus(float x) { return softplus(set<native>(x)).get(0); }
[[gnu::always_inline]] inline float rounded(float x) { return rounded(set<native>(x)).get(0); }
[[gnu::always_inline]] inline float fma(float a, float b, float c) {
  return fma(set<native>(a), set<native>(b), set<native>(c)).get(0);
}
[[gnu::always_inline]] inline float first_lane(float x) { return x; }
[[gnu::always_inline]] inline float load_like(const float* p, float) { return *p; }
[[gnu::always_inline]] inline float divide(float a, float b) { return a / b; }
[[gnu::always_inline]] inline float max(float a, float b) { return a > b ? a : b; }
[[gnu::always_inline]] inline float min(float a, float b) { return a < b ? a : b; }

// And of one double, for the reference encoder, which computes lines of policies in double.

inline double exp(double x) { return std::exp(x); }
inline double erf(double x) { return std::erf(x); }
inline double tanh(double x) { return std::tanh(x); }
inline double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
inline double rounded(double x) { return x; }
inline double fma(double a, double b, double c) { return a * b + c; }
inline double first_lane(double x) { return x; }
inline double load_like(const float* p, double) { return double{*p}; }
inline double divide(double a, double b) { return a / b; }
inline double max(double a, double b) { return a > b ? a : b; }
inline double min(double a, double b) { return a < b ? a : b; }

}  // namespace weft::simd

// They are also functions of numbers with a slope.
#include <weft/simd/dual.hpp>
