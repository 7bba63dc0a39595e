#pragma once
// The only file of weft that names instructions, but for those of bytes (quad_intrinsics.hpp) and of whole numbers of
// 64 bits (long_numbers.hpp). Each entry says why xsimd's own function does not do.
#include <cstdint>
#include <type_traits>
#include <weft/base/index.hpp>
#include <xsimd/xsimd.hpp>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace weft::inline WEFT_INLINE_NAMESPACE::simd::detail {

template <class Arch>
struct is_fma3 : std::false_type {};
template <class Base>
struct is_fma3<xsimd::fma3<Base>> : std::true_type {};

#if XSIMD_VERSION_MAJOR >= 12
template <class Arch>
inline constexpr bool is_avxvnni = std::is_base_of_v<xsimd::avxvnni, Arch>;
#else
template <class Arch>
inline constexpr bool is_avxvnni = false;
#endif
template <class Arch>
inline constexpr bool is_avx512 = std::is_base_of_v<xsimd::avx512f, Arch>;
template <class Arch>
inline constexpr bool is_neon64 = std::is_base_of_v<xsimd::neon64, Arch>;

/// True if the architecture multiplies and adds in one instruction with one rounding.
template <class Arch>
inline constexpr bool has_fma = is_fma3<Arch>::value || is_avxvnni<Arch> || is_avx512<Arch> || is_neon64<Arch> ||
                                std::is_base_of_v<xsimd::fma4, Arch>;

// Whether the compiler may turn a * b + c of this translation unit into one instruction behind our back.
#if defined(__FMA__) || defined(__FMA4__) || defined(__AVX512F__) || defined(__ARM_FEATURE_FMA)
inline constexpr bool compiler_contracts = true;
#else
inline constexpr bool compiler_contracts = false;
#endif

// v (a batch, or one of booleans), by an empty statement that the compiler cannot look through: an addition that passed
// it is not undone by -fassociative-math, and -ffinite-math-only does not see that a constant is infinite.
template <class V>
[[gnu::always_inline]] inline V as_computed(V v) {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
  asm("" : "+v"(v.data));
#elif defined(__GNUC__) && (defined(__aarch64__) || defined(__ARM_NEON))
  asm("" : "+w"(v.data));
#endif
  return v;
}

// A product that passed this cannot become half of an fma. g++ fuses even _mm256_mul_ps with a following _mm256_add_ps
// under its default -ffp-contract=fast, and weft's bits must not depend on that flag.
template <class Arch>
[[gnu::always_inline]] inline xsimd::batch<float, Arch> opaque(xsimd::batch<float, Arch> v) {
  if constexpr (compiler_contracts) return as_computed(v);
  return v;
}

// Whether the compiler takes for granted that there are neither NaN nor infinities (part of -ffast-math). It then gives
// the maximum's arguments any order, and a NaN may get lost.
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
inline constexpr bool finite_math_only = true;
#else
inline constexpr bool finite_math_only = false;
#endif

// a * b + c. xsimd 8.1 has no fma for AVX-512: it multiplies and adds, two instructions and two roundings, unless the
// compiler contracts them, which g++ does and clang does not. xsimd 13 forgets it for AVX-VNNI.
template <class Arch>
[[gnu::always_inline]] inline xsimd::batch<float, Arch> fused(const xsimd::batch<float, Arch>& a,
                                                              const xsimd::batch<float, Arch>& b,
                                                              const xsimd::batch<float, Arch>& c) {
#if defined(__AVX512F__)
  if constexpr (is_avx512<Arch> && xsimd::batch<float, Arch>::size == 16) return _mm512_fmadd_ps(a, b, c);
#endif
#if defined(__FMA__)
  if constexpr (is_avxvnni<Arch>) return _mm256_fmadd_ps(a, b, c);
#endif
  return xsimd::fma(a, b, c);
}

// a > b ? a : b, or with < where not Largest, so b if either is NaN. xsimd changed which argument wins between versions
// 8 and 14, and Arm's instruction answers NaN for either; g++ 12 warns of an uninitialised value inside _mm512_max_ps
// (its bug 105593), but not inside the masked form of the same instruction. Where only finite numbers are thought of,
// the intrinsics' arguments change places, so the instruction is written out.
template <bool Largest, class Arch>
[[gnu::always_inline]] inline xsimd::batch<float, Arch> extreme(const xsimd::batch<float, Arch>& a,
                                                                const xsimd::batch<float, Arch>& b) {
#if defined(__SSE2__)
  constexpr auto size = xsimd::batch<float, Arch>::size;
  [[maybe_unused]] constexpr bool ours =
      std::is_base_of_v<xsimd::sse2, Arch> || std::is_base_of_v<xsimd::avx, Arch> || is_avx512<Arch>;
  if constexpr (finite_math_only && ours) {
    auto c = a;
#if defined(__AVX__)
    if constexpr (Largest)
      asm("{vmaxps %1, %0, %0|vmaxps %0, %0, %1}" : "+v"(c.data) : "v"(b.data));
    else
      asm("{vminps %1, %0, %0|vminps %0, %0, %1}" : "+v"(c.data) : "v"(b.data));
#else
    if constexpr (Largest)
      asm("{maxps %1, %0|maxps %0, %1}" : "+x"(c.data) : "x"(b.data));
    else
      asm("{minps %1, %0|minps %0, %1}" : "+x"(c.data) : "x"(b.data));
#endif
    return c;
  }
#if defined(__AVX512F__)
  if constexpr (is_avx512<Arch> && size == 16)
    return Largest ? _mm512_maskz_max_ps(0xffff, a, b) : _mm512_maskz_min_ps(0xffff, a, b);
#endif
#if defined(__AVX__)
  if constexpr (std::is_base_of_v<xsimd::avx, Arch> && size == 8)
    return Largest ? _mm256_max_ps(a, b) : _mm256_min_ps(a, b);
#endif
  if constexpr (std::is_base_of_v<xsimd::sse2, Arch> && size == 4) return Largest ? _mm_max_ps(a, b) : _mm_min_ps(a, b);
#endif
  auto first = Largest ? a > b : a < b;
  if constexpr (finite_math_only) first = as_computed(first);
  return xsimd::select(first, a, b);
}

// a / b, rounded once. xsimd 8.1 refines an estimate of 1 / b on Arm, 64-bit Arm included, which has a division.
template <class Arch>
[[gnu::always_inline]] inline xsimd::batch<float, Arch> quotient(const xsimd::batch<float, Arch>& a,
                                                                 const xsimd::batch<float, Arch>& b) {
#if defined(__aarch64__)
  if constexpr (is_neon64<Arch>) return vdivq_f32(a, b);
#endif
  return a / b;
}

// Lanes 0 and 1, 2 and 3 ... change places. xsimd's swizzle goes through memory. The plain 512-bit permutation warns
// like _mm512_max_ps.
#if defined(__SSE2__)
[[gnu::always_inline]] inline __m128 neighbours_swapped(__m128 v) { return _mm_shuffle_ps(v, v, 0xb1); }
#endif
#if defined(__AVX__)
[[gnu::always_inline]] inline __m256 neighbours_swapped(__m256 v) { return _mm256_permute_ps(v, 0xb1); }
#endif
#if defined(__AVX512F__)
[[gnu::always_inline]] inline __m512 neighbours_swapped(__m512 v) { return _mm512_maskz_permute_ps(0xffff, v, 0xb1); }
#endif
#if defined(__aarch64__)
[[gnu::always_inline]] inline float32x4_t neighbours_swapped(float32x4_t v) { return vrev64q_f32(v); }
#endif

// Lanes N and later of a, then the first N of b. xsimd has none, and the plain instruction warns like _mm512_max_ps.
template <int N, class Vector>
Vector joined_lanes(const Vector& a, const Vector& b);  // the name has to exist
#if defined(__AVX512F__)
template <int N>
[[gnu::always_inline]] inline __m512 joined_lanes(__m512 a, __m512 b) {
  return _mm512_castsi512_ps(_mm512_maskz_alignr_epi32(0xffff, _mm512_castps_si512(b), _mm512_castps_si512(a), N));
}
#endif

// The float whose bits are (bits of v << 23) + 0x3f800000, lane by lane. _mm512_slli_epi32 warns like _mm512_max_ps.
template <class Arch>
[[gnu::always_inline]] inline xsimd::batch<float, Arch> low_bits_to_power(const xsimd::batch<float, Arch>& v) {
#if defined(__AVX512F__)
  if constexpr (is_avx512<Arch> && xsimd::batch<float, Arch>::size == 16) {
    const __m512i high = _mm512_maskz_slli_epi32(0xffff, _mm512_castps_si512(v), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(high, _mm512_set1_epi32(0x3f800000)));
  }
#endif
  using integers = xsimd::batch<std::int32_t, Arch>;
#if XSIMD_VERSION_MAJOR >= 9
  return xsimd::bitwise_cast<float>((xsimd::bitwise_cast<std::int32_t>(v) << 23) + integers(0x3f800000));
#else
  return xsimd::bitwise_cast<xsimd::batch<float, Arch>>((xsimd::bitwise_cast<integers>(v) << 23) +
                                                        integers(0x3f800000));
#endif
}

// All lanes added, or the largest, by halves: lane i meets lane i + half. xsimd's reductions differ between its
// versions in their order. Other architectures go through memory (vector.hpp).
#if defined(__SSE2__)
template <bool Largest>
[[gnu::always_inline]] inline float across(__m128 v) {
  const auto both = [](__m128 a, __m128 b) __attribute__((always_inline)) {
    return Largest ? _mm_max_ps(a, b) : _mm_add_ps(a, b);
  };
  v = both(v, _mm_movehl_ps(v, v));
  return _mm_cvtss_f32(both(v, _mm_shuffle_ps(v, v, 1)));
}
#endif
#if defined(__AVX__)
template <bool Largest>
[[gnu::always_inline]] inline float across(__m256 v) {
  const auto low = _mm256_castps256_ps128(v), high = _mm256_extractf128_ps(v, 1);
  return across<Largest>(Largest ? _mm_max_ps(low, high) : _mm_add_ps(low, high));
}
#endif
#if defined(__AVX512F__)
template <bool Largest>
[[gnu::always_inline]] inline float across(__m512 v) {
  // The plain extraction warns like _mm512_max_ps; so does the cast to the lower half, which is made of it.
  const auto pairs = _mm512_castps_pd(v);
  const auto low = _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xf, pairs, 0));
  const auto high = _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xf, pairs, 1));
  return across<Largest>(Largest ? _mm256_max_ps(low, high) : _mm256_add_ps(low, high));
}
#endif

#if defined(__AVX512BF16__) && defined(__AVX512F__)
template <class Arch>
inline constexpr bool has_bfloat16_dot = is_avx512<Arch>;

// One operand of the pairs' product: 32 bfloat16. xsimd has no such type.
struct pair_vector {
  __m512i bits;
};
inline pair_vector load_pairs(const std::uint32_t* pairs) { return {_mm512_loadu_si512(pairs)}; }
inline pair_vector set_pair(std::uint32_t pair) { return {_mm512_set1_epi32(static_cast<int>(pair))}; }

// sum + first a * first b + second a * second b, lane by lane.
template <class Arch>
[[gnu::always_inline]] inline xsimd::batch<float, Arch> dot_pairs(pair_vector a, pair_vector b,
                                                                  const xsimd::batch<float, Arch>& sum) {
  return _mm512_dpbf16_ps(sum, (__m512bh)a.bits, (__m512bh)b.bits);
}

// 32 floats to 16 pairs, to nearest even.
inline void round_to_pairs(const float* x, std::uint32_t* pairs) {
  _mm512_storeu_si512(pairs, (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + 16), _mm512_loadu_ps(x)));
}
#else
template <class Arch>
inline constexpr bool has_bfloat16_dot = false;
struct pair_vector {};  // the names have to exist, the functions need not
pair_vector load_pairs(const std::uint32_t*);
pair_vector set_pair(std::uint32_t);
template <class Arch>
xsimd::batch<float, Arch> dot_pairs(pair_vector, pair_vector, const xsimd::batch<float, Arch>&);
void round_to_pairs(const float*, std::uint32_t*);
#endif

// The lower and the upper half of 32 bits, as the upper half of a float. The 512-bit shift is written like above.
template <class Arch>
[[gnu::always_inline]] inline xsimd::batch<float, Arch> first_of_pairs(const std::uint32_t* pairs) {
#if defined(__AVX512F__)
  if constexpr (is_avx512<Arch> && xsimd::batch<float, Arch>::size == 16)
    return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xffff, _mm512_loadu_si512(pairs), 16));
#endif
  using integers = xsimd::batch<std::uint32_t, Arch>;
#if XSIMD_VERSION_MAJOR >= 9
  return xsimd::bitwise_cast<float>(integers::load_unaligned(pairs) << 16);
#else
  return xsimd::bitwise_cast<xsimd::batch<float, Arch>>(integers::load_unaligned(pairs) << 16);
#endif
}
template <class Arch>
[[gnu::always_inline]] inline xsimd::batch<float, Arch> second_of_pairs(const std::uint32_t* pairs) {
#if defined(__AVX512F__)
  if constexpr (is_avx512<Arch> && xsimd::batch<float, Arch>::size == 16)
    return _mm512_castsi512_ps(
        _mm512_and_si512(_mm512_loadu_si512(pairs), _mm512_set1_epi32(static_cast<int>(0xffff0000u))));
#endif
  using integers = xsimd::batch<std::uint32_t, Arch>;
  const auto high = integers::load_unaligned(pairs) & integers(0xffff0000u);
#if XSIMD_VERSION_MAJOR >= 9
  return xsimd::bitwise_cast<float>(high);
#else
  return xsimd::bitwise_cast<xsimd::batch<float, Arch>>(high);
#endif
}

}  // namespace weft::simd::detail
