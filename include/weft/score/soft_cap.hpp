#pragma once
#include <weft/score/scaled.hpp>
#include <weft/simd/math.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Cap * tanh(score / Cap): no score beyond Cap, small ones hardly changed (Gemma Team 2024, "Gemma 2", section 2,
/// logit soft-capping; Cap is 50 there). `Of` is the score that is capped.
template <index_t Cap, score_modifier Of = scaled>
struct soft_cap {
  static_assert(Cap > 0, "weft::soft_cap: wants a positive cap");
  [[no_unique_address]] Of of;
  static constexpr void each(auto&& f, auto&... self) { f("", self.of...); }

  template <class Arch, index_t HeadWidth>
  auto begin(const score_site& at, const query_rows& rows) const requires(score_begins<Of, Arch, HeadWidth>()) {
    return of.template begin<Arch, HeadWidth>(at, rows);
  }
  auto operator()(const score_site& at, auto key, auto dot) const {
    constexpr auto cap = static_cast<float>(Cap);
    return simd::rounded(simd::tanh(simd::rounded(of(at, key, dot) * (1 / cap))) * cap);
  }
};

}  // namespace weft
