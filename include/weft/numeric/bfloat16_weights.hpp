#pragma once
#include <weft/numeric/bfloat16.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// weft::bfloat16 with the same bits everywhere: weights rounded to bfloat16 and widened as they are read, rows float,
/// also where the processor has an instruction for pairs of bfloat16, which it leaves alone.
struct bfloat16_weights : panel_numeric<bfloat16_weights> {
  template <class Arch>
  using format = widened_pair_format<Arch>;
};

}  // namespace weft
