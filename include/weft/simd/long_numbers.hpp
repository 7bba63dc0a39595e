#pragma once
// Whole numbers of 64 bits, lane by lane, where an architecture multiplies them: xsimd has neither products of halves
// nor narrowing, and g++ 12 makes vectors of none of the loops that need both.
#include <cstdint>
#include <weft/simd/vector.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::simd {

namespace detail {
template <class Arch>
inline constexpr index_t long_lanes = is_avx512<Arch>                        ? 8
                                      : std::is_base_of_v<xsimd::avx2, Arch> ? 4
                                                                             : 0;

// The lower 32 bits of each, multiplied with and without their sign, and a shift that keeps the sign: of one number,
// where nothing is quicker.
using one_long __attribute__((vector_size(8))) = std::int64_t;
[[gnu::always_inline]] inline one_long product_of_halves(one_long a, one_long b) {
  return ((a << 32) >> 32) * ((b << 32) >> 32);
}
[[gnu::always_inline]] inline one_long unsigned_product_of_halves(one_long a, one_long b) {
  return one_long{} + static_cast<std::int64_t>(static_cast<std::uint64_t>(a[0] & 0xffffffff) *
                                                static_cast<std::uint64_t>(b[0] & 0xffffffff));
}
[[gnu::always_inline]] inline one_long shifted_right(one_long a, one_long by) { return a >> by; }
#if defined(__AVX2__)
using four_longs __attribute__((vector_size(32))) = std::int64_t;
[[gnu::always_inline]] inline four_longs product_of_halves(four_longs a, four_longs b) {
  return reinterpret_cast<four_longs>(_mm256_mul_epi32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
}
[[gnu::always_inline]] inline four_longs unsigned_product_of_halves(four_longs a, four_longs b) {
  return reinterpret_cast<four_longs>(_mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
}
// AVX2 shifts unsigned numbers alone: of those, 2^63 more.
[[gnu::always_inline]] inline four_longs shifted_right(four_longs a, four_longs by) {
  using unsigned_longs __attribute__((vector_size(32))) = std::uint64_t;
  const unsigned_longs more = unsigned_longs{} + (std::uint64_t{1} << 63), n = reinterpret_cast<unsigned_longs>(by);
  return reinterpret_cast<four_longs>(((reinterpret_cast<unsigned_longs>(a) ^ more) >> n) - (more >> n));
}
#endif
#if defined(__AVX512F__)
using eight_longs __attribute__((vector_size(64))) = std::int64_t;
[[gnu::always_inline]] inline eight_longs product_of_halves(eight_longs a, eight_longs b) {
  return reinterpret_cast<eight_longs>(
      _mm512_maskz_mul_epi32(0xff, reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
}
[[gnu::always_inline]] inline eight_longs unsigned_product_of_halves(eight_longs a, eight_longs b) {
  return reinterpret_cast<eight_longs>(
      _mm512_maskz_mul_epu32(0xff, reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
}
[[gnu::always_inline]] inline eight_longs shifted_right(eight_longs a, eight_longs by) { return a >> by; }
#endif
}  // namespace detail

/// `lanes` whole numbers of 64 bits, 0 where the architecture has no products of them and loops take one at a time.
/// + - * & | ^ << and comparisons are the compiler's vectors'.
template <class Arch>
struct long_numbers {
  static constexpr index_t lanes = detail::long_lanes<Arch>;
  template <class T>
  struct of {
    using type __attribute__((vector_size(sizeof(T) * (lanes > 0 ? lanes : 1)))) = T;
  };
  using vector = typename of<std::int64_t>::type;
  using unsigned_vector = typename of<std::uint64_t>::type;

  [[gnu::always_inline]] static vector set(std::int64_t x) { return vector{} + x; }
  /// `lanes` numbers from memory, of 8, 16, 32 or 64 bits.
  template <class T>
  [[gnu::always_inline]] static vector load(const T* p) {
    typename of<T>::type all;
    __builtin_memcpy(&all, p, sizeof all);
    return __builtin_convertvector(all, vector);
  }
  /// As many to memory, the lower bits of each.
  template <class T>
  [[gnu::always_inline]] static void store(T* p, vector v) {
    const auto all = __builtin_convertvector(v, typename of<T>::type);
    __builtin_memcpy(p, &all, sizeof all);
  }
  /// Of the lower 32 bits, with and without a sign.
  [[gnu::always_inline]] static vector product(vector a, vector b) { return detail::product_of_halves(a, b); }
  [[gnu::always_inline]] static vector unsigned_product(vector a, vector b) {
    return detail::unsigned_product_of_halves(a, b);
  }
  /// Shifted by 0 to 63, keeping the sign, and filled with zeros (by more: 0).
  [[gnu::always_inline]] static vector right(vector a, vector by) { return detail::shifted_right(a, by); }
  [[gnu::always_inline]] static vector right_unsigned(vector a, vector by) {
    return reinterpret_cast<vector>(reinterpret_cast<unsigned_vector>(a) >> reinterpret_cast<unsigned_vector>(by));
  }
  [[gnu::always_inline]] static vector smaller(vector a, vector b) { return a < b ? a : b; }
  [[gnu::always_inline]] static vector larger(vector a, vector b) { return a < b ? b : a; }
  /// Of all lanes.
  static std::int64_t sum(vector v) {
    std::int64_t all = 0;
    for (std::size_t i = 0; i < sizeof v / sizeof all; ++i) all += v[i];
    return all;
  }
  static std::int64_t largest(vector v) {
    std::int64_t most = v[0];
    for (std::size_t i = 1; i < sizeof v / sizeof most; ++i) most = v[i] > most ? v[i] : most;
    return most;
  }
};

}  // namespace weft::simd
