#pragma once
// Elementary functions in double precision, for tables that a model makes once and for the few numbers behind it. Those
// of the C library differ in their last bits from one library to the next; these are the same everywhere: every product
// that feeds a sum is a std::fma, which has one rounding with or without an instruction for it.
#include <cmath>
#include <limits>
#include <weft/base/as_computed.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// ln 2 in two parts: the first has zeros in its last 21 bits, so that a whole number below 2^20 times it is exact.
inline constexpr double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;

/// e^r for |r| <= 0.36: its series 1 + r (1 + r/2 (1 + r/3 ...)).
inline double exp_of_small(double r) {
  double sum = 1;
  for (int n = 14; n > 0; --n) sum = std::fma(sum, r / n, 1.0);
  return sum;
}
}  // namespace detail

/// e^x. Relative error below 3e-16 where the result is a normal number; 0 below -745.2, infinity above 709.79. NaN
/// stays.
inline double exp_of(double x) {
  if (!(x < 710)) return x + as_computed(std::numeric_limits<double>::infinity());
  if (x < -746) return 0;
  const double n = std::floor(std::fma(x, 1.4426950408889634, 0.5));
  const double r = std::fma(-n, detail::ln2_low, std::fma(-n, detail::ln2_high, x));
  return std::ldexp(detail::exp_of_small(r), static_cast<int>(n));
}

/// 2^x, with exp_of's error; 0 below -1076, infinity from 1024 on.
inline double exp2_of(double x) {
  if (!(x < 1025)) return x + as_computed(std::numeric_limits<double>::infinity());
  if (x < -1076) return 0;
  const double n = std::floor(x + 0.5);
  return std::ldexp(detail::exp_of_small((x - n) * 0.6931471805599453), static_cast<int>(n));
}

namespace detail {
// x - n pi / 2 for the n that leaves |r| <= pi / 4, and n modulo 4.
struct quarter_turns {
  double r;
  int n;
  explicit quarter_turns(double x) {
    const double whole = std::floor(std::fma(x, 0.6366197723675814, 0.5));
    r = std::fma(-whole, 0x1.1a62633145c07p-54, std::fma(-whole, 0x1.921fb54442d18p+0, x));
    n = static_cast<int>(static_cast<long long>(whole) & 3);
  }
};
// The series 1 - z / (f (f + 1)) (1 - z / ((f + 2) (f + 3)) ...) of z = r^2: sin r / r from f = 2 on, cos r from f = 1.
inline double turn_series(double r, int first) {
  const double z = r * r;
  double sum = 1;
  for (int f = first + 16; f >= first; f -= 2) sum = std::fma(-z / (f * (f + 1)), sum, 1.0);
  return sum;
}
}  // namespace detail

/// sin x and cos x, x in radians, |x| below 2^30. Error below 2e-16.
inline double sin_of(double x) {
  const detail::quarter_turns t(x);
  const double value = t.n % 2 == 0 ? t.r * detail::turn_series(t.r, 2) : detail::turn_series(t.r, 1);
  return t.n < 2 ? value : -value;
}
inline double cos_of(double x) {
  const detail::quarter_turns t(x);
  const double value = t.n % 2 == 0 ? detail::turn_series(t.r, 1) : t.r * detail::turn_series(t.r, 2);
  return t.n == 0 || t.n == 3 ? value : -value;
}

/// ln x of a positive normal x. Relative error below 1e-15.
inline double log_of(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);
  if (m < 0.7071067811865476) m *= 2, --exponent;
  // ln m = 2 artanh s, s = (m - 1) / (m + 1), |s| < 0.172: a series in s^2 < 0.0295.
  const double s = (m - 1) / (m + 1), z = s * s;
  double sum = 1.0 / 25;
  for (int n = 23; n > 0; n -= 2) sum = std::fma(sum, z, 1.0 / n);
  const double whole = exponent;
  return std::fma(whole, detail::ln2_high, std::fma(whole, detail::ln2_low, 2 * s * sum));
}

}  // namespace weft
