#pragma once
// Elementary functions of vectors, written once for every architecture. Errors are measured against double precision
// by tests/simd/math.cpp on every architecture that runs there.
#include <weft/simd/vector.hpp>

namespace weft::simd {

/// e^x. Relative error below 1.2e-7 for -87.3 <= x <= 88.3. Below -87.7 it is 0, above 88.4 infinity: exp(-infinity) is
/// 0. NaN stays NaN.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> exp(const vector<Arch>& x) {
  const auto c = [](float value) __attribute__((always_inline)) { return set<Arch>(value); };
  // x = n ln 2 + r with |r| <= ln 2 / 2. Adding 1.5 * 2^23 rounds to an integer, and leaves it in the lowest bits:
  // moved to the exponent's place they make 2^n, for n = -127 zero and for n = 128 infinity.
  const auto bounded = max(c(-88.0f), min(c(89.0f), x));
  const auto shifted = fma(bounded, c(1.44269504f), c(12582912.0f));
  const auto n = shifted - c(12582912.0f);
  const auto r = fma(n, c(2.12194440e-4f), fma(n, c(-0.693359375f), bounded));
  auto p = fma(c(1.38145848e-3f), r, c(8.36872309e-3f));
  p = fma(p, r, c(4.1668389e-2f));
  p = fma(p, r, c(1.66665211e-1f));
  p = fma(p, r, c(0.49999994f));
  p = fma(p, r, c(1.0f));
  p = fma(p, r, c(1.0f));
  return rounded<Arch>(p * detail::low_bits_to_power(shifted));
}

/// The error function. Absolute error below 3e-7. NaN stays NaN.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> erf(const vector<Arch>& x) {
  const auto c = [](float value) __attribute__((always_inline)) { return set<Arch>(value); };
  // x P(x^2) / Q(x^2); constant beyond the last float whose erf is below one.
  const auto b = max(c(-3.8325068f), min(c(3.8325068f), x));
  const auto z = rounded<Arch>(b * b);
  auto p = fma(z, c(2.1237322e-06f), c(2.8619796e-04f));
  auto q = fma(z, c(3.8918573e-05f), c(1.1432960e-03f));
  p = fma(p, z, c(3.6580483e-03f));
  q = fma(q, z, c(1.4752088e-02f));
  p = fma(p, z, c(5.2433021e-02f));
  q = fma(q, z, c(1.1294568e-01f));
  p = fma(p, z, c(1.8741608e-01f));
  q = fma(q, z, c(4.9942580e-01f));
  p = fma(p, z, c(1.1283791f));
  q = fma(q, z, c(1.0f));
  return b * p / q;
}

/// The hyperbolic tangent. Absolute error below 2e-7. NaN stays NaN.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> tanh(const vector<Arch>& x) {
  const auto c = [](float value) __attribute__((always_inline)) { return set<Arch>(value); };
  // x P(x^2) / Q(x^2); constant beyond the last float whose tanh is below one.
  const auto b = max(c(-7.9053111f), min(c(7.9053111f), x));
  const auto z = rounded<Arch>(b * b);
  auto p = fma(z, c(-2.76076847742355e-16f), c(2.00018790482477e-13f));
  p = fma(p, z, c(-8.60467152213735e-11f));
  p = fma(p, z, c(5.12229709037114e-08f));
  p = fma(p, z, c(1.48572235717979e-05f));
  p = fma(p, z, c(6.37261928875436e-04f));
  p = fma(p, z, c(4.89352455891786e-03f));
  auto q = fma(z, c(1.19825839466702e-06f), c(1.18534705686654e-04f));
  q = fma(q, z, c(2.26843463243900e-03f));
  q = fma(q, z, c(4.89352518554385e-03f));
  return b * p / q;
}

// The same functions and operations of one float, so that a line of a policy serves both. They are computed in a vector:
// one float and a vector of floats get the same bits.

[[gnu::always_inline]] inline float exp(float x) { return exp(set<native>(x)).get(0); }
[[gnu::always_inline]] inline float erf(float x) { return erf(set<native>(x)).get(0); }
[[gnu::always_inline]] inline float tanh(float x) { return tanh(set<native>(x)).get(0); }
[[gnu::always_inline]] inline float rounded(float x) { return rounded(set<native>(x)).get(0); }
[[gnu::always_inline]] inline float fma(float a, float b, float c) {
  return fma(set<native>(a), set<native>(b), set<native>(c)).get(0);
}
[[gnu::always_inline]] inline float max(float a, float b) { return a > b ? a : b; }
[[gnu::always_inline]] inline float min(float a, float b) { return a < b ? a : b; }

}  // namespace weft::simd
