#pragma once
// The plain twins of I-BERT's operations on whole numbers: the formulas as they are written, one value at a time, by
// division.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <weft/base/unit_containers.hpp>
#include <weft/kernel/requantise.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::reference {

/// a / b rounded down.
inline std::int64_t floor_divided(std::int64_t a, std::int64_t b) {
  const auto quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

/// q * multiplier / 2^shift to the nearest, of two that are as near to the even one: the whole part, then what is left
/// beside a half.
inline std::int64_t requantised(std::int64_t q, std::int64_t multiplier, int shift) {
  using wide = weft::detail::whole_128;
  const wide product = static_cast<wide>(q) * multiplier, one = static_cast<wide>(1) << shift;
  wide whole = product / one;
  if (whole * one > product) --whole;
  const wide twice = 2 * (product - whole * one);
  if (twice > one || (twice == one && whole % 2 != 0)) ++whole;
  return static_cast<std::int64_t>(whole);
}

/// i-GELU of q: the parabola's whole numbers, rounded down in steps of 2^14, and the product.
struct gelu_values {
  std::int64_t erf, product;
};
inline gelu_values integer_gelu(std::int64_t q, double scale) {
  const double k = scale / 1.4142;
  const auto q_b = static_cast<std::int64_t>(std::floor(-1.769 / k));
  const auto q_c = static_cast<std::int64_t>(std::floor((1 / -0.2888) / (k * k)));
  const auto q_1 = static_cast<std::int64_t>(std::floor(1.0 / (k * k * -0.2888 * 16384)));
  const auto size = std::min(std::abs(q), -q_b);
  const std::int64_t sign = q > 0 ? 1 : q < 0 ? -1 : 0;
  const auto erf = floor_divided(sign * ((size + q_b) * (size + q_b) + q_c), 16384);
  return {erf, q * (erf + q_1)};
}

/// i-softmax of a row: 16-bit exponentials, their sum, 2^32 over it, and the probabilities.
struct softmax_values {
  unit_vector<std::int64_t> exponentials, probabilities;
  std::int64_t sum = 0, factor = 0;
};
inline softmax_values integer_softmax(const std::int32_t* scores, index_t n, double scale, double exponential_scale) {
  softmax_values all;
  const auto q_0 = static_cast<std::int64_t>(std::floor(-0.6931 / scale));
  const auto q_b = static_cast<std::int64_t>(std::floor((0.96963238 / 0.35815147) / scale));
  const auto q_c = static_cast<std::int64_t>(std::floor((1.0 / 0.35815147) / (scale * scale)));
  int exponent = 0;
  const double mantissa = std::frexp(1.0 / static_cast<double>(static_cast<float>(exponential_scale)), &exponent);
  const auto multiplier = static_cast<std::int64_t>(std::round(mantissa * 2147483648.0));
  std::int64_t largest = scores[0];
  for (index_t i = 0; i < n; ++i) largest = std::max<std::int64_t>(largest, scores[i]);
  for (index_t i = 0; i < n; ++i) {
    const auto q = std::max(scores[i] - largest, 30 * q_0);
    const auto times = floor_divided(q, q_0), rest = q - q_0 * times;
    const auto e = std::max<std::int64_t>((rest + q_b) * rest + q_c, 0) * (std::int64_t{1} << (30 - times));
    all.exponentials.push_back(std::min<std::int64_t>(requantised(e, multiplier, 31 - exponent), 32767));
    all.sum += all.exponentials.back();
  }
  all.factor = (std::int64_t{1} << 32) / all.sum;
  for (const auto e : all.exponentials)
    all.probabilities.push_back(std::min<std::int64_t>(floor_divided(e * all.factor, 1 << 24), 255));
  return all;
}

/// The largest whole number whose square is at most v: a bit at a time.
inline std::uint64_t integer_root(std::uint64_t v) {
  std::uint64_t root = 0;
  for (int bit = 31; bit >= 0; --bit) {
    const auto more = root | std::uint64_t{1} << bit;
    if (more <= v / more) root = more;
  }
  return root;
}

/// i-LayerNorm of a row.
inline void integer_norm_row(const std::int32_t* x, index_t n, int shift, const std::int64_t* offsets,
                             std::int64_t* y) {
  std::int64_t sum = 0;
  for (index_t i = 0; i < n; ++i) sum += x[i];
  auto mean = floor_divided(sum, n);
  const auto twice = 2 * (sum - mean * n);
  if (twice > n || (twice == n && mean % 2 != 0)) ++mean;
  std::uint64_t squares = 0;
  for (index_t i = 0; i < n; ++i) {
    const auto smaller = floor_divided(x[i] - mean, std::int64_t{1} << shift);
    squares += static_cast<std::uint64_t>(smaller * smaller);
  }
  const auto deviation = static_cast<std::int64_t>(integer_root(squares)) * (std::int64_t{1} << shift);
  for (index_t i = 0; i < n; ++i) {
    y[i] = offsets[i];
    if (deviation > 0) y[i] += floor_divided((x[i] - mean) * ((std::int64_t{1} << 31) / deviation), 2);
  }
}

}  // namespace weft::reference
