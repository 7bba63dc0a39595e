#pragma once
// The instructions behind simd/quads.hpp: products of bytes whose sums are exact. xsimd has none of them.
#include <cmath>
#include <cstdint>
#include <weft/simd/intrinsics.hpp>
#if defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace weft::inline WEFT_INLINE_NAMESPACE::simd::detail {

template <class Arch>
using whole = xsimd::batch<std::int32_t, Arch>;
template <class Arch>
inline constexpr std::size_t width_of = xsimd::batch<float, Arch>::size;

// The names have to exist, the functions need not.
struct no_vector {};
no_vector nearest(no_vector);
no_vector to_float(no_vector);
no_vector store_words(no_vector, std::uint16_t*);
no_vector store_bytes(no_vector, std::uint8_t*);
no_vector multiply_words(no_vector, no_vector);
no_vector lower_bytes(no_vector);
no_vector upper_bytes(no_vector);
no_vector multiply_bytes(no_vector, no_vector);
no_vector add_quads(no_vector, no_vector, no_vector);
no_vector add_signed_quads(no_vector, no_vector, no_vector);

// Lane by lane: to the nearest whole number, to even (of what fits 32 bits), and back to float. The 512-bit forms are
// written with masks since g++ 12 warns of the others (intrinsics.hpp).
#if defined(__SSE2__)
[[gnu::always_inline]] inline __m128i nearest(__m128 v) { return _mm_cvtps_epi32(v); }
[[gnu::always_inline]] inline __m128 to_float(__m128i v) { return _mm_cvtepi32_ps(v); }
// Whole numbers within a byte's range, the others its ends: as 16 bits each, or 8.
[[gnu::always_inline]] inline __m128i within_bytes(__m128i words) {
  return _mm_min_epi16(_mm_max_epi16(words, _mm_setzero_si128()), _mm_set1_epi16(255));
}
[[gnu::always_inline]] inline void store_words(__m128i v, std::uint16_t* to) {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), within_bytes(_mm_packs_epi32(v, v)));
}
[[gnu::always_inline]] inline void store_bytes(__m128i v, std::uint8_t* to) {
  const auto words = _mm_packs_epi32(v, v);
  _mm_storeu_si32(to, _mm_packus_epi16(words, words));
}
// Products of pairs of 16 bits, added: 32 bits.
[[gnu::always_inline]] inline __m128i multiply_words(__m128i a, __m128i b) { return _mm_madd_epi16(a, b); }
// Every other signed byte as 16 bits: the lower ones, the upper ones.
[[gnu::always_inline]] inline __m128i lower_bytes(__m128i v) { return _mm_srai_epi16(_mm_slli_epi16(v, 8), 8); }
[[gnu::always_inline]] inline __m128i upper_bytes(__m128i v) { return _mm_srai_epi16(v, 8); }
#endif
#if defined(__AVX__)
[[gnu::always_inline]] inline __m256i nearest(__m256 v) { return _mm256_cvtps_epi32(v); }
[[gnu::always_inline]] inline __m256 to_float(__m256i v) { return _mm256_cvtepi32_ps(v); }
[[gnu::always_inline]] inline __m128i words_of(__m256i v) {
  return _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extractf128_si256(v, 1));
}
[[gnu::always_inline]] inline void store_words(__m256i v, std::uint16_t* to) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), within_bytes(words_of(v)));
}
[[gnu::always_inline]] inline void store_bytes(__m256i v, std::uint8_t* to) {
  const auto words = words_of(v);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
}
#endif
#if defined(__AVX2__)
[[gnu::always_inline]] inline __m256i multiply_words(__m256i a, __m256i b) { return _mm256_madd_epi16(a, b); }
[[gnu::always_inline]] inline __m256i lower_bytes(__m256i v) { return _mm256_srai_epi16(_mm256_slli_epi16(v, 8), 8); }
[[gnu::always_inline]] inline __m256i upper_bytes(__m256i v) { return _mm256_srai_epi16(v, 8); }
// Products of unsigned and signed bytes, pairs of them added in 16 bits, which saturate; then pairs of these in 32.
[[gnu::always_inline]] inline __m256i multiply_bytes(__m256i unsigned_bytes, __m256i signed_bytes) {
  return _mm256_madd_epi16(_mm256_maddubs_epi16(unsigned_bytes, signed_bytes), _mm256_set1_epi16(1));
}
#endif
#if defined(__AVX512BW__)
[[gnu::always_inline]] inline __m512i nearest(__m512 v) { return _mm512_maskz_cvtps_epi32(0xffff, v); }
[[gnu::always_inline]] inline __m512 to_float(__m512i v) { return _mm512_maskz_cvtepi32_ps(0xffff, v); }
[[gnu::always_inline]] inline __m512i not_negative(__m512i v) {
  return _mm512_maskz_max_epi32(0xffff, v, _mm512_setzero_si512());
}
[[gnu::always_inline]] inline void store_words(__m512i v, std::uint16_t* to) {
  const auto most = _mm512_maskz_min_epi32(0xffff, not_negative(v), _mm512_set1_epi32(255));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_maskz_cvtepi32_epi16(0xffff, most));
}
[[gnu::always_inline]] inline void store_bytes(__m512i v, std::uint8_t* to) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_maskz_cvtusepi32_epi8(0xffff, not_negative(v)));
}
[[gnu::always_inline]] inline __m512i multiply_words(__m512i a, __m512i b) { return _mm512_madd_epi16(a, b); }
[[gnu::always_inline]] inline __m512i lower_bytes(__m512i v) { return _mm512_srai_epi16(_mm512_slli_epi16(v, 8), 8); }
[[gnu::always_inline]] inline __m512i upper_bytes(__m512i v) { return _mm512_srai_epi16(v, 8); }
[[gnu::always_inline]] inline __m512i multiply_bytes(__m512i unsigned_bytes, __m512i signed_bytes) {
  return _mm512_madd_epi16(_mm512_maddubs_epi16(unsigned_bytes, signed_bytes), _mm512_set1_epi16(1));
}
#endif

// sum + the products of four unsigned and four signed bytes, in 32 bits: VNNI, of 512 bits or of 256.
#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
[[gnu::always_inline]] inline __m512i add_quads(__m512i sum, __m512i unsigned_bytes, __m512i signed_bytes) {
  return _mm512_dpbusd_epi32(sum, unsigned_bytes, signed_bytes);
}
inline constexpr bool has_vnni_512 = true;
#else
inline constexpr bool has_vnni_512 = false;
#endif
#if defined(__AVXVNNI__) || (defined(__AVX512VNNI__) && defined(__AVX512VL__))
[[gnu::always_inline]] inline __m256i add_quads(__m256i sum, __m256i unsigned_bytes, __m256i signed_bytes) {
#if defined(__AVXVNNI__)
  return _mm256_dpbusd_avx_epi32(sum, unsigned_bytes, signed_bytes);
#else
  return _mm256_dpbusd_epi32(sum, unsigned_bytes, signed_bytes);
#endif
}
inline constexpr bool has_vnni_256 = true;
#else
inline constexpr bool has_vnni_256 = false;
#endif

#if defined(__aarch64__)
[[gnu::always_inline]] inline int32x4_t nearest(float32x4_t v) { return vcvtnq_s32_f32(v); }
[[gnu::always_inline]] inline float32x4_t to_float(int32x4_t v) { return vcvtq_f32_s32(v); }
// Within an unsigned byte's range, less 128.
[[gnu::always_inline]] inline void store_bytes(int32x4_t v, std::uint8_t* to) {
  const auto words = vqmovun_s32(v);
  const auto bytes = veor_u8(vqmovn_u16(vcombine_u16(words, words)), vdup_n_u8(0x80));
  const std::uint32_t four = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
  for (int k = 0; k < 4; ++k) to[k] = static_cast<std::uint8_t>(four >> (8 * k));
}
// sum + the products of four signed bytes each: one instruction, or products of 16 bits of which two are added, since
// those of -128 and 127 still fit, and then pairs of these in 32.
[[gnu::always_inline]] inline int32x4_t add_signed_quads(int32x4_t sum, int32x4_t row, int32x4_t column) {
  const auto a = vreinterpretq_s8_s32(row), b = vreinterpretq_s8_s32(column);
#if defined(__ARM_FEATURE_DOTPROD)
  return vdotq_s32(sum, a, b);
#else
  const auto low = vmull_s8(vget_low_s8(a), vget_low_s8(b)), high = vmull_high_s8(a, b);
  return vpadalq_s16(sum, vpaddq_s16(low, high));
#endif
}
#endif

// Four numbers times a factor, to the nearest whole ones: signed bytes, the first in the lowest. (Numbers, no array:
// four that were stored apart are read slowly as one vector.)
[[gnu::always_inline]] inline std::uint32_t nearest_bytes(float a, float b, float c, float d, float factor) {
#if defined(__SSE2__)
  const auto whole = nearest(_mm_mul_ps(_mm_setr_ps(a, b, c, d), _mm_set1_ps(factor)));
  const auto words = _mm_packs_epi32(whole, whole);
  return static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm_packs_epi16(words, words)));
#elif defined(__aarch64__)
  const float all[] = {a, b, c, d};
  const auto words = vqmovn_s32(nearest(vmulq_n_f32(vld1q_f32(all), factor)));
  return vget_lane_u32(vreinterpret_u32_s8(vqmovn_s16(vcombine_s16(words, words))), 0);
#else
  std::uint32_t bytes = 0;
  for (const float x : {d, c, b, a})
    bytes = bytes << 8 | static_cast<std::uint8_t>(static_cast<int>(std::nearbyint(x * factor)));
  return bytes;
#endif
}

// sum + v, added where it stands and in place. Left alone, g++ 12 reads all rows of a tile of whole numbers before it
// adds the first product, and keeps the sums in memory.
template <class V>
[[gnu::always_inline]] inline V add_in_order(V sum, const V& v) {
#if defined(__GNUC__) && defined(__AVX__)
  asm volatile("{vpaddd %1, %0, %0|vpaddd %0, %0, %1}" : "+v"(sum.data) : "v"(v.data));
#elif defined(__GNUC__) && defined(__SSE2__)
  asm volatile("{paddd %1, %0|paddd %0, %1}" : "+x"(sum.data) : "x"(v.data));
#else
  sum = sum + v;
#endif
  return sum;
}

// How an architecture multiplies quads, by what it has.
enum class quad_way {
  by_ones,      // no instruction for bytes: xsimd's product of 32 bits
  by_words,     // pmaddwd
  by_bytes,     // pmaddubsw, of weights that are small enough
  by_quads,     // vpdpbusd
  signed_quads  // NEON
};
template <class Arch>
constexpr quad_way way_of_quads(int bits) {
  [[maybe_unused]] constexpr auto width = width_of<Arch>;
#if defined(__aarch64__)
  if (is_neon64<Arch>) return quad_way::signed_quads;
#endif
#if defined(__AVX512BW__)
  if (is_avx512<Arch> && width == 16)
    return has_vnni_512 ? quad_way::by_quads : bits < 8 ? quad_way::by_bytes : quad_way::by_words;
#endif
#if defined(__AVX2__)
  if (std::is_base_of_v<xsimd::avx2, Arch> && width == 8)
    return has_vnni_256 ? quad_way::by_quads : bits < 8 ? quad_way::by_bytes : quad_way::by_words;
#endif
#if defined(__SSE2__)
  if (std::is_base_of_v<xsimd::sse2, Arch> && width == 4) return quad_way::by_words;
#endif
  static_cast<void>(bits);
  return quad_way::by_ones;
}

}  // namespace weft::simd::detail
