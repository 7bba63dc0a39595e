#pragma once
#include <weft/simd/vector.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::simd {

/// to[j * ldt + i] = from[i * ldf + j] for four rows i and `columns` columns j. The two must not overlap.
/// In squares of four by four, whatever the architecture's width: six times as quick as one float after another.
template <class Arch>
inline void transpose_four_rows(const float* from, index_t ldf, index_t columns, float* to, index_t ldt) {
  index_t squares = 0;  // their columns
#if XSIMD_WITH_SSE2 || XSIMD_WITH_NEON64
  using four = xsimd::batch<float, std::conditional_t<detail::is_neon64<Arch>, xsimd::neon64, xsimd::sse2>>;
  squares = columns / 4 * 4;
  for (index_t j = 0; j < squares; j += 4) {
    const float* const square = from + j;
    const auto a = four::load_unaligned(square), b = four::load_unaligned(square + ldf),
               c = four::load_unaligned(square + 2 * ldf), d = four::load_unaligned(square + 3 * ldf);
    const auto even = xsimd::zip_lo(a, c), odd = xsimd::zip_lo(b, d);
    const auto even_behind = xsimd::zip_hi(a, c), odd_behind = xsimd::zip_hi(b, d);
    xsimd::zip_lo(even, odd).store_unaligned(to + j * ldt);
    xsimd::zip_hi(even, odd).store_unaligned(to + (j + 1) * ldt);
    xsimd::zip_lo(even_behind, odd_behind).store_unaligned(to + (j + 2) * ldt);
    xsimd::zip_hi(even_behind, odd_behind).store_unaligned(to + (j + 3) * ldt);
  }
#endif
  for (index_t j = squares; j < columns; ++j)
    for (index_t i = 0; i < 4; ++i) to[j * ldt + i] = from[i * ldf + j];
}

}  // namespace weft::simd
