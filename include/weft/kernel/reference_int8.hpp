#pragma once
// The plain-loop twin of weft::int8: what it means, to the bit. Every float operation is rounded by itself.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <weft/base/as_computed.hpp>
#include <weft/base/finite.hpp>
#include <weft/simd/math.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::reference {

/// An output's weights as whole numbers of `bits` bits: codes [in] = w * (top / largest) to nearest even, with the
/// largest |w| and top = 127 (8 bits) or 63 (7). What a code stands for is code * scale; `sum` is that of the codes.
/// All are 0 where the largest is below 1e-30. Weights are finite.
struct int8_output {
  float scale;
  std::int32_t sum;
};
inline int8_output int8_weights(const float* w, index_t in, int bits, std::int8_t* codes) {
  float largest = 0;
  for (index_t i = 0; i < in; ++i) largest = std::max(largest, std::abs(w[i]));
  std::fill_n(codes, in, std::int8_t{0});
  if (largest < 1e-30f) return {0, 0};
  const auto top = static_cast<float>((1 << (bits - 1)) - 1);
  const float inverse = as_computed(top / largest);
  std::int32_t sum = 0;
  for (index_t i = 0; i < in; ++i) {
    codes[i] = static_cast<std::int8_t>(std::nearbyint(as_computed(w[i] * inverse)));
    sum += codes[i];
  }
  return {largest / as_computed(top), sum};
}

/// A row as unsigned bytes: x is about (code - zero) * scale. With low = min(0, smallest) and high = max(0, largest)
/// the codes are nearest(x * (255 / (high - low))) + zero, within 0 and 255. All are 0 where high - low is below 1e-30;
/// where it is NaN or infinite the scale is NaN as well.
struct int8_zero_and_scale {
  std::int32_t zero;
  float scale;
};
inline int8_zero_and_scale int8_row(const float* x, index_t in, std::uint8_t* codes) {
  float low = 0, high = 0;
  bool finite = true;
  for (index_t i = 0; i < in; ++i) {
    finite = finite && is_finite(x[i]);
    low = std::min(low, x[i]), high = std::max(high, x[i]);
  }
  const float span = as_computed(high - low);
  std::fill_n(codes, in, std::uint8_t{0});
  if (!finite || !is_finite(span)) return {0, std::numeric_limits<float>::quiet_NaN()};
  if (span < 1e-30f) return {0, 0};
  const float inverse = as_computed(255 / span);
  const float zero = std::nearbyint(-low * inverse);
  for (index_t i = 0; i < in; ++i)
    codes[i] = static_cast<std::uint8_t>(std::clamp(std::nearbyint(as_computed(x[i] * inverse)) + zero, 0.0f, 255.0f));
  return {static_cast<std::int32_t>(zero), span / as_computed(255.0f)};
}

/// The sum of (code - zero) * weight code, exact: at most 65,536 inputs.
inline std::int32_t int8_sum(const std::uint8_t* row, std::int32_t zero, const std::int8_t* weights, index_t in) {
  std::int32_t sum = 0;
  for (index_t i = 0; i < in; ++i) sum += (row[i] - zero) * weights[i];
  return sum;
}

/// An output: the sum in float, times the scales, and the bias; no two of the operations in one.
inline float int8_value(std::int32_t sum, float row_scale, float weight_scale, float bias) {
  const float scale = simd::rounded(row_scale * weight_scale);
  return simd::rounded(simd::rounded(static_cast<float>(sum)) * scale) + bias;
}

}  // namespace weft::reference
