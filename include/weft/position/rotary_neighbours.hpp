#pragma once
#include <weft/base/elementary.hpp>
#include <weft/base/list.hpp>
#include <weft/concept/part.hpp>
#include <weft/concept/position.hpp>
#include <weft/kernel/rotate.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Rotary position embedding as RoFormer has it, with neighbours as pairs (Su et al. 2021, equation 34; reference:
/// RoFormerSelfAttention): pair i of a query or key at position p, its values 2 i and 2 i + 1, turns by
/// p / Theta^(2 i / d), d the head width. Angles are not rounded, as those of the reference's table.
template <index_t Theta = 10'000>
struct rotary_neighbours {
  static_assert(Theta > 1, "weft::rotary_neighbours: wants a base of 2 or more");
  static constexpr index_t neighbours_theta = Theta, head_width_multiple = 2;
  list<const float> cosines, sines;  ///< [positions][head width], as rotate_neighbours wants them

  void prepare(const setup& s, arena& store) {
    const index_t width = s.head_width;
    const auto cos = store.take<float>(s.positions * width), sin = store.take<float>(s.positions * width);
    for (index_t i = 0; i + 1 < width; i += 2) {
      const double wavelength = exp_of(log_of(double{Theta}) * static_cast<double>(i) / static_cast<double>(width));
      for (index_t p = 0; p < s.positions; ++p) {
        const double angle = static_cast<double>(p) / wavelength;
        const auto cosine = static_cast<float>(cos_of(angle)), sine = static_cast<float>(sin_of(angle));
        cos[p * width + i] = cos[p * width + i + 1] = cosine;
        sin[p * width + i] = -sine, sin[p * width + i + 1] = sine;
      }
    }
    cosines = cos, sines = sin;
  }

  template <class Arch, index_t HeadWidth>
  void place(const position_site<HeadWidth>& at, float* row) const {
    const index_t from = at.position * HeadWidth;
    rotate_neighbours<Arch, HeadWidth>(row, at.heads, cosines.data() + from, sines.data() + from);
  }
};

}  // namespace weft
