#pragma once
// Rotation of pairs of values of a head by angles of its position.
#include <weft/kernel/row_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// (a, b) = (a cos - b sin, b cos + a sin) for each value a of the first half of a head and b, the same of the second,
/// in `heads` heads of HeadWidth values one behind the other. HeadWidth / 2 cosines and sines.
template <class Arch, index_t HeadWidth>
void rotate_halves(float* row, index_t heads, const float* cosines, const float* sines) {
  constexpr index_t half = HeadWidth / 2;
  for (index_t head = 0; head < heads; ++head, row += HeadWidth)
    detail::each_vector<Arch>(
        half, [&](index_t c, auto whole) __attribute__((always_inline)) {
          const auto part = [&](const float* from) __attribute__((always_inline)) {
            return detail::part<Arch>(from, c, half, whole);
          };
          const auto a = part(row), b = part(row + half), cosine = part(cosines), sine = part(sines);
          detail::put<Arch>(row, c, half,
                            simd::fma<Arch>(a, cosine, simd::set<Arch>(0.0f) - simd::rounded<Arch>(b * sine)), whole);
          detail::put<Arch>(row + half, c, half, simd::fma<Arch>(b, cosine, simd::rounded<Arch>(a * sine)), whole);
        });
}

/// (a, b) = (a cos - b sin, b cos + a sin) for each pair of neighbours a, b of a head, in `heads` heads of HeadWidth
/// values one behind the other. HeadWidth cosines, each twice, and sines, the first of each pair negative.
template <class Arch, index_t HeadWidth>
void rotate_neighbours(float* row, index_t heads, const float* cosines, const float* sines) {
  for (index_t head = 0; head < heads; ++head, row += HeadWidth)
    detail::each_vector<Arch>(
        HeadWidth, [&](index_t c, auto whole) __attribute__((always_inline)) {
          const auto part = [&](const float* from) __attribute__((always_inline)) {
            return detail::part<Arch>(from, c, HeadWidth, whole);
          };
          const auto x = part(row), other = simd::swap_neighbours<Arch>(x);
          detail::put<Arch>(row, c, HeadWidth,
                            simd::fma<Arch>(x, part(cosines), simd::rounded<Arch>(other * part(sines))), whole);
        });
}

}  // namespace weft
