#pragma once
// The element types of safetensors files, and the way from stored bytes to float.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <weft/base/bfloat16.hpp>
#include <weft/base/error.hpp>
#include <weft/base/index.hpp>
#include <weft/base/list.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Every element type that the format names (safetensors 0.8). weft computes with the first four.
enum class dtype : unsigned char {
  f32,
  f16,
  bf16,
  f64,
  boolean,
  u8,
  i8,
  u16,
  i16,
  u32,
  i32,
  u64,
  i64,
  c64,
  f8_e4m3,
  f8_e5m2,
  f8_e8m0,
  f8_e4m3fnuz,
  f8_e5m2fnuz,
  f6_e2m3,
  f6_e3m2,
  f4
};

namespace detail {
struct dtype_entry {
  std::string_view name;
  index_t bits;
};
inline constexpr std::array<dtype_entry, 22> dtypes{{
    {"F32", 32},        {"F16", 16},    {"BF16", 16},   {"F64", 64},    {"BOOL", 8},    {"U8", 8},
    {"I8", 8},          {"U16", 16},    {"I16", 16},    {"U32", 32},    {"I32", 32},    {"U64", 64},
    {"I64", 64},        {"C64", 64},    {"F8_E4M3", 8}, {"F8_E5M2", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
    {"F8_E5M2FNUZ", 8}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4},
}};
}  // namespace detail

/// The name that files use: "F32".
constexpr std::string_view dtype_name(dtype t) { return detail::dtypes[static_cast<std::size_t>(t)].name; }

/// Bits of one element; three types have fewer than 8.
constexpr index_t dtype_bits(dtype t) { return detail::dtypes[static_cast<std::size_t>(t)].bits; }

/// The type of this name, which is case-sensitive.
constexpr std::optional<dtype> find_dtype(std::string_view name) {
  for (std::size_t i = 0; i < detail::dtypes.size(); ++i)
    if (detail::dtypes[i].name == name) return static_cast<dtype>(i);
  return {};
}

/// True for the types that weft converts to float: F32, F16, BF16, F64.
constexpr bool is_floating(dtype t) { return t <= dtype::f64; }

/// IEEE 754 binary16 to float: exact, NaN payloads kept.
constexpr float float_from_f16(std::uint16_t bits) {
  const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16, exponent = (bits >> 10) & 31u,
                      fraction = bits & 0x3ffu;
  if (exponent == 0) {  // zero or subnormal: fraction * 2^-24
    const auto magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  const std::uint32_t widened = exponent == 31 ? 255u : exponent + 112u;
  return std::bit_cast<float>(sign | widened << 23 | fraction << 13);
}

namespace detail {
/// A little-endian number at any address.
template <class T>
T load_little(const std::byte* from) {
  T value = 0;
  if constexpr (std::endian::native == std::endian::little)
    std::memcpy(&value, from, sizeof(T));
  else
    for (std::size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(std::to_integer<T>(from[i]) << (8 * i));
  return value;
}
}  // namespace detail

/// Converts n stored elements, at any alignment. F16 and BF16 are exact; F64 rounds to nearest even, and is infinite
/// beyond the range of float. Throws weft::error for types that are no real floating-point type of 16 bits or more.
inline void convert_to_float(dtype t, const std::byte* from, index_t n, float* to) {
  const auto convert = [&]<class Stored>(Stored, auto&& value_of) {
    for (index_t i = 0; i < n; ++i) to[i] = value_of(detail::load_little<Stored>(from + index_t{sizeof(Stored)} * i));
  };
  if (t == dtype::f32)
    convert(std::uint32_t{}, [](std::uint32_t bits) { return std::bit_cast<float>(bits); });
  else if (t == dtype::f16)
    convert(std::uint16_t{}, [](std::uint16_t bits) { return float_from_f16(bits); });
  else if (t == dtype::bf16)
    convert(std::uint16_t{}, [](std::uint16_t bits) { return from_bfloat16(bits); });
  else if (t == dtype::f64)
    convert(std::uint64_t{}, [](std::uint64_t bits) { return static_cast<float>(std::bit_cast<double>(bits)); });
  else
    fail({.subject = "dtype", .found = dtype_name(t), .wanted = "F32, F16, BF16 or F64"});
}

}  // namespace weft
