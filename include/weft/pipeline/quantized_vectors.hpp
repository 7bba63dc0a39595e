#pragma once
// Vectors in fewer bytes, by the rules of sentence-transformers (quantize_embeddings of util/quantization.py), so that
// its users' indexes and weft's hold the same numbers.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/finite.hpp>
#include <weft/memory/rows.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How a value of a stored vector is written.
enum class vector_precision {
  float32,
  float16,  ///< the nearest, ties to even; infinity beyond 65,504
  int8,     ///< 256 steps between the least and the greatest value of its column, -128 to 127
  uint8,    ///< the same, 0 to 255
  binary,   ///< a bit a value, set where it is above 0; eight a byte, the first the highest, minus 128
  ubinary,  ///< the same bytes without the subtraction
};

/// The least and the greatest value of every column, which int8 and uint8 are steps between.
struct value_ranges {
  std::vector<float> low, high;
};

/// Those of these rows; at least one.
inline value_ranges ranges_of(matrix<const float> rows) {
  if (rows.count < 1) fail({.subject = "ranges_of", .found = "no rows", .wanted = "one or more"});
  value_ranges r{{rows.row(0), rows.row(0) + rows.width}, {rows.row(0), rows.row(0) + rows.width}};
  for (index_t i = 1; i < rows.count; ++i)
    for (index_t j = 0; j < rows.width; ++j) {
      const auto at = static_cast<std::size_t>(j);
      r.low[at] = std::min(r.low[at], rows.row(i)[j]), r.high[at] = std::max(r.high[at], rows.row(i)[j]);
    }
  return r;
}

/// The bits of the nearest IEEE 754 half, ties to even; a NaN stays one.
inline std::uint16_t to_float16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const std::uint32_t size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u);
  if (size >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // 65,520 rounds to infinity
  if (size < 0x38800000u) {                                                    // below 2^-14: steps of 2^-24
    const auto steps = std::nearbyint(std::bit_cast<float>(size) * 16777216.0f);
    return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(steps));
  }
  const std::uint32_t rounded = size + 0xfffu + (size >> 13 & 1u);
  return static_cast<std::uint16_t>(sign | (rounded - 0x38000000u) >> 13);
}

/// Bytes of one vector. Throws weft::error where bits do not fill bytes.
inline index_t bytes_of_vector(vector_precision how, index_t width) {
  switch (how) {
    case vector_precision::float32:
      return 4 * width;
    case vector_precision::float16:
      return 2 * width;
    case vector_precision::int8:
    case vector_precision::uint8:
      return width;
    case vector_precision::binary:
    case vector_precision::ubinary:
      break;
  }
  if (width % 8 != 0)
    fail({.subject = "vectors of bits",
          .found = std::to_string(width) + " values",
          .wanted = "a multiple of 8",
          .remedy = "truncate_dim, at the prompt --truncate-dim, keeps fewer"});
  return width / 8;
}

/// Rows as they are stored, little-endian, one behind the other. `ranges` is needed for int8 and uint8: those of
/// ranges_of, of these rows or of others, beyond which values are cut. Throws weft::error for ranges of another width,
/// and for values that are not finite where a step or a bit has to be chosen.
inline std::vector<std::byte> quantized(matrix<const float> rows, vector_precision how,
                                        const value_ranges& ranges = {}) {
  const bool steps = how == vector_precision::int8 || how == vector_precision::uint8;
  const auto width = static_cast<std::size_t>(rows.width);
  const auto bytes = static_cast<std::size_t>(bytes_of_vector(how, rows.width));
  if (steps && (ranges.low.size() != width || ranges.high.size() != width))
    fail({.subject = "the ranges of values",
          .found = std::to_string(ranges.low.size()),
          .wanted = std::to_string(width) + ", one for each value of a vector"});
  std::vector<std::byte> all(static_cast<std::size_t>(rows.count) * bytes);
  for (index_t i = 0; i < rows.count; ++i) {
    const float* const row = rows.row(i);
    std::byte* const to = all.data() + static_cast<std::size_t>(i) * bytes;
    if (how != vector_precision::float32 && how != vector_precision::float16 && !all_finite({row, rows.width}))
      fail({.subject = "vector " + std::to_string(i + 1),
            .found = "a value that is not finite",
            .wanted = "finite numbers; float32 and float16 hold others"});
    for (std::size_t j = 0; j < width; ++j) {
      const float x = row[j];
      if (how == vector_precision::float32) {
        const auto bits = std::bit_cast<std::uint32_t>(x);
        for (std::size_t k = 0; k < 4; ++k) to[4 * j + k] = static_cast<std::byte>(bits >> 8 * k & 255u);
      } else if (how == vector_precision::float16) {
        const auto bits = to_float16(x);
        to[2 * j] = static_cast<std::byte>(bits & 255u), to[2 * j + 1] = static_cast<std::byte>(bits >> 8);
      } else if (steps) {
        const float step = (ranges.high[j] - ranges.low[j]) / 255;
        const float first = how == vector_precision::int8 ? -128.0f : 0.0f;  // added before the fraction is cut off
        const float whole = step > 0 ? std::trunc((x - ranges.low[j]) / step + first) : 0.0f;
        const auto code = static_cast<int>(std::clamp(whole, first, first + 255));
        to[j] = static_cast<std::byte>(code & 255);
      } else if (x > 0) {
        to[j / 8] |= static_cast<std::byte>(128u >> j % 8);
      }
    }
    if (how == vector_precision::binary)
      for (std::size_t k = 0; k < bytes; ++k) to[k] ^= std::byte{128};
  }
  return all;
}

}  // namespace weft
