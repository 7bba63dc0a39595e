#pragma once
#include <weft/concept/score.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The dot product divided by the square root of the head width ("Attention Is All You Need", section 3.2.1).
struct scaled {
  constexpr auto operator()(const score_site& at, auto /*key*/, auto dot) const { return dot * at.scale; }
};

}  // namespace weft
