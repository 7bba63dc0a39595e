#pragma once
// Quads of bytes: four neighbouring inputs of a column in 32 bits, multiplied with four of a row, all sums exact in 32
// bits. A row's codes are unsigned, a column's signed, of Bits bits (8: at most 127 in size, 7: 63).
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <weft/simd/quad_intrinsics.hpp>
#include <weft/simd/vector.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::simd {

/// `lanes<Arch>` whole numbers of 32 bits.
template <class Arch>
using whole_vector = xsimd::batch<std::int32_t, Arch>;

template <class Arch>
[[gnu::always_inline]] inline whole_vector<Arch> load_whole(const std::uint32_t* p) {
  return whole_vector<Arch>::load_unaligned(reinterpret_cast<const std::int32_t*>(p));
}
template <class Arch>
[[gnu::always_inline]] inline whole_vector<Arch> set_whole(std::uint32_t x) {
  return whole_vector<Arch>(static_cast<std::int32_t>(x));
}
/// The same bits as floats, which nobody computes with, and back.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> as_float_bits(const whole_vector<Arch>& v) {
#if XSIMD_VERSION_MAJOR >= 9
  return xsimd::bitwise_cast<float>(v);
#else
  return xsimd::bitwise_cast<vector<Arch>>(v);
#endif
}
template <class Arch>
[[gnu::always_inline]] inline whole_vector<Arch> as_whole_bits(const vector<Arch>& v) {
#if XSIMD_VERSION_MAJOR >= 9
  return xsimd::bitwise_cast<std::int32_t>(v);
#else
  return xsimd::bitwise_cast<whole_vector<Arch>>(v);
#endif
}
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> to_float(const whole_vector<Arch>& v) {
  if constexpr (detail::way_of_quads<Arch>(8) == detail::quad_way::by_ones)
    return xsimd::to_float(v);
  else
    return detail::to_float(v.data);
}

/// The sum of codes of a row's quad times those of a column's, however the architecture multiplies bytes:
///   parts          steps of a quad; each takes one 32-bit element of a row
///   taken_off      of a row's codes, where the instruction wants them signed: 128, or 0
///   pack(a, b, c, d, factor), sum_of(word)  four weights of a column times a factor as the nearest codes; and what
///   these sum to store(x, inverse, zero, to)   as many codes of a row as there are lanes, nearest(x * inverse) + zero
///   within 0 and
///                  255, less what is taken off; code_bytes each
///   column, row, add              as of a format of numbers (concept/numeric.hpp)
template <class Arch, int Bits>
struct quads {
  static_assert(Bits == 7 || Bits == 8, "weft: quads are of weights of 7 or of 8 bits");
  using whole = whole_vector<Arch>;
  static constexpr auto way = detail::way_of_quads<Arch>(Bits);
  static constexpr index_t parts = way == detail::quad_way::by_ones ? 4 : way == detail::quad_way::by_words ? 2 : 1;
  static constexpr index_t code_bytes = parts;
  static constexpr std::int32_t taken_off = way == detail::quad_way::signed_quads ? 128 : 0;
  /// For programs to print.
  static constexpr const char* name() {
    switch (way) {
      case detail::quad_way::by_ones:
        return "products of 32 bits";
      case detail::quad_way::by_words:
        return "pmaddwd";
      case detail::quad_way::by_bytes:
        return "pmaddubsw";
      case detail::quad_way::by_quads:
        return "vpdpbusd";
      case detail::quad_way::signed_quads:
        break;
    }
#if defined(__ARM_FEATURE_DOTPROD)
    return "sdot";
#else
    return "smull";
#endif
  }

  // Where 16-bit halves of a word are widened, its even bytes are the first pair.
  [[gnu::always_inline]] static std::uint32_t pack(float a, float b, float c, float d, float factor) {
    return pack_bytes(detail::nearest_bytes(a, b, c, d, factor));
  }
  /// Four codes of a column, the first in the lowest byte.
  [[gnu::always_inline]] static constexpr std::uint32_t pack_bytes(std::uint32_t bytes) {
    if constexpr (way != detail::quad_way::by_words) return bytes;
    return (bytes & 0xff0000ffu) | (bytes & 0xff00u) << 8 | (bytes >> 8 & 0xff00u);
  }
  /// The sum of a word's codes.
  static constexpr std::int32_t sum_of(std::uint32_t word) {
    word ^= 0x80808080u;  // 128 more each, so that they are unsigned
    word = (word & 0xff00ffu) + (word >> 8 & 0xff00ffu);
    return static_cast<std::int32_t>((word & 0xffffu) + (word >> 16)) - 4 * 128;
  }

  [[gnu::always_inline]] static void store(const vector<Arch>& x, const vector<Arch>& inverse, std::int32_t zero,
                                           std::byte* to) {
    if constexpr (way == detail::quad_way::by_ones) {
      float all[lanes<Arch>];
      simd::store(all, rounded<Arch>(x * inverse));
      for (index_t i = 0; i < lanes<Arch>; ++i, to += 4) {
        const auto code = std::clamp(static_cast<std::int32_t>(std::nearbyint(all[i])) + zero, 0, 255);
        std::memcpy(to, &code, 4);
      }
    } else {
      const whole code = whole(detail::nearest((x * inverse).data)) + whole(zero);
      if constexpr (way == detail::quad_way::by_words)
        detail::store_words(code.data, reinterpret_cast<std::uint16_t*>(to));
      else
        detail::store_bytes(code.data, reinterpret_cast<std::uint8_t*>(to));
    }
  }

  [[gnu::always_inline]] static whole column(const std::uint32_t* words, [[maybe_unused]] auto part) {
    const auto all = load_whole<Arch>(words);
    if constexpr (way == detail::quad_way::by_ones)
      return (all << (24 - 8 * static_cast<int>(part))) >> 24;
    else if constexpr (way != detail::quad_way::by_words)
      return all;
    else if constexpr (part == 0)
      return detail::lower_bytes(all.data);
    else
      return detail::upper_bytes(all.data);
  }
  [[gnu::always_inline]] static whole row(std::uint32_t element) { return set_whole<Arch>(element); }
  [[gnu::always_inline]] static whole add(const whole& row, const whole& column, const whole& sum) {
    if constexpr (way == detail::quad_way::by_ones)
      return sum + row * column;
    else if constexpr (way == detail::quad_way::by_words)
      return detail::add_in_order(sum, whole(detail::multiply_words(row.data, column.data)));
    else if constexpr (way == detail::quad_way::by_bytes)
      return detail::add_in_order(sum, whole(detail::multiply_bytes(row.data, column.data)));
    else if constexpr (way == detail::quad_way::by_quads)
      return detail::add_quads(sum.data, row.data, column.data);
    else
      return detail::add_signed_quads(sum.data, row.data, column.data);
  }
};

}  // namespace weft::simd
