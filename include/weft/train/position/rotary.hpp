#pragma once
#include <weft/position/rotary.hpp>
#include <weft/position/rotary_neighbours.hpp>
#include <weft/position/values_too.hpp>
#include <weft/simd/math.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What a turned row learns is turned back.
template <index_t Theta>
struct training_of<rotary<Theta>> {
  template <class Arch, index_t HeadWidth>
  static void unplace(const rotary<Theta>& turns, const position_site<HeadWidth>& at, float* row) {
    constexpr index_t half = HeadWidth / 2;
    const float *const cosines = turns.cosines.data() + at.position * half, *const sines =
                                                                                turns.sines.data() + at.position * half;
    for (index_t head = 0; head < at.heads; ++head, row += HeadWidth)
      detail::each_vector<Arch>(half, [&](index_t c, auto whole) {
        const auto part = [&](const float* from) { return detail::part<Arch>(from, c, half, whole); };
        const auto a = part(row), b = part(row + half), cosine = part(cosines), sine = part(sines);
        detail::put<Arch>(row, c, half, simd::fma<Arch>(a, cosine, simd::rounded<Arch>(b * sine)), whole);
        detail::put<Arch>(row + half, c, half,
                          simd::fma<Arch>(b, cosine, simd::set<Arch>(0.0f) - simd::rounded<Arch>(a * sine)), whole);
      });
  }
};

template <index_t Theta>
struct training_of<rotary_neighbours<Theta>> {
  template <class Arch, index_t HeadWidth>
  static void unplace(const rotary_neighbours<Theta>& turns, const position_site<HeadWidth>& at, float* row) {
    const float *const cosines = turns.cosines.data() + at.position * HeadWidth, *const sines = turns.sines.data() +
                                                                                                at.position * HeadWidth;
    for (index_t head = 0; head < at.heads; ++head, row += HeadWidth)
      for (index_t i = 0; i + 1 < HeadWidth; i += 2) {
        const float a = row[i], b = row[i + 1], sine = sines[i + 1];
        row[i] = simd::fma(a, cosines[i], simd::rounded(b * sine));
        row[i + 1] = simd::fma(b, cosines[i], simd::rounded(0.0f - a * sine));
      }
  }
};

/// Values are turned back like queries and keys.
template <places_rows Position>
struct training_of<values_too<Position>> : training_of<Position> {
  template <class Arch, index_t HeadWidth>
  static void unplace_value(const Position& position, const position_site<HeadWidth>& at, float* row) {
    training_of<Position>::template unplace<Arch>(position, at, row);
  }
};

}  // namespace weft
