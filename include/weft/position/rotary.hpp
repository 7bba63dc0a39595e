#pragma once
#include <weft/base/as_computed.hpp>
#include <weft/base/elementary.hpp>
#include <weft/base/list.hpp>
#include <weft/concept/part.hpp>
#include <weft/concept/position.hpp>
#include <weft/kernel/rotate.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Rotary position embedding (Su et al. 2021, "RoFormer", section 3.2.2, with the halves of a head as pairs, as
/// transformers' apply_rotary_pos_emb has it): pair i of a query or key at position p turns by p / Theta^(2 i / d), d
/// the head width, so that a product depends on the distance of the two positions. Angles are products of floats, as
/// the reference's are.
template <index_t Theta = 10'000>
struct rotary {
  static_assert(Theta > 1, "weft::rotary: wants a base of 2 or more");
  static constexpr index_t theta = Theta, head_width_multiple = 2;
  list<const float> cosines, sines;  ///< [positions][head width / 2]

  void prepare(const setup& s, arena& store) {
    const index_t half = s.head_width / 2;
    const auto frequencies = store.take<float>(half);
    const auto cos = store.take<float>(s.positions * half), sin = store.take<float>(s.positions * half);
    for (index_t i = 0; i < half; ++i)
      frequencies[i] = 1.0f / static_cast<float>(exp_of(log_of(double{Theta}) * static_cast<double>(2 * i) /
                                                        static_cast<double>(s.head_width)));
    for (index_t p = 0; p < s.positions; ++p)
      for (index_t i = 0; i < half; ++i) {
        const double angle = as_computed(static_cast<float>(p) * frequencies[i]);
        cos[p * half + i] = static_cast<float>(cos_of(angle));
        sin[p * half + i] = static_cast<float>(sin_of(angle));
      }
    cosines = cos, sines = sin;
  }

  template <class Arch, index_t HeadWidth>
  void place(const position_site<HeadWidth>& at, float* row) const {
    const index_t from = at.position * (HeadWidth / 2);
    rotate_halves<Arch, HeadWidth>(row, at.heads, cosines.data() + from, sines.data() + from);
  }
};

}  // namespace weft
