#pragma once
#include <weft/concept/score.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The dot product as it is (Raffel et al. 2020, "T5": its weights are initialised so that no scale is needed).
struct unscaled {
  constexpr auto operator()(const score_site&, auto /*key*/, auto dot) const { return dot; }
};

}  // namespace weft
