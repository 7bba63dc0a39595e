#pragma once
#include <weft/concept/position.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A position that rows of values go through, too: RoFormer with `rotary_value` (reference: RoFormerSelfAttention).
template <places_rows Position>
struct values_too : Position {
  template <class Arch, index_t HeadWidth>
  void place_value(const position_site<HeadWidth>& at, float* row) const {
    this->template place<Arch>(at, row);
  }
};

}  // namespace weft
