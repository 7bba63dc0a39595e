#pragma once
// bfloat16: the upper half of a float.
#include <bit>
#include <cstdint>
#include <weft/base/version.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The bits of the nearest bfloat16, ties to even; infinity beyond the largest; a NaN stays one.
constexpr std::uint16_t to_bfloat16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(bits >> 16 | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

/// The float of the same value.
constexpr float from_bfloat16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

}  // namespace weft
