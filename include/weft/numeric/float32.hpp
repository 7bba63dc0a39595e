#pragma once
#include <weft/numeric/panel_numeric.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Weights and rows as they are. An element's sum runs over its inputs in order: the same bits whatever the batch or
/// the number of workers.
struct float32 : panel_numeric<float32> {
  template <class Arch>
  using format = float_format<Arch>;
};

}  // namespace weft
