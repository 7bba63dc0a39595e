#pragma once
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Layers 0, Every, 2 Every ... use one policy, the others another. Axes whose policies may differ by layer specialise
/// it: pattern/per_layer.hpp, position/per_layer.hpp.
template <index_t Every, class Here, class Elsewhere>
struct per_layer {
  static_assert(Every != Every,
                "weft::per_layer: wants two patterns or two positions, and the header of their axis included");
};

}  // namespace weft
