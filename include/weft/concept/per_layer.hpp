#pragma once
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Layers 0, Every, 2 Every ...
template <index_t Every>
struct every_layer {
  static_assert(Every >= 1, "weft::per_layer: wants a number of layers, 1 or more");
  static constexpr bool has(index_t layer) { return layer % Every == 0; }
};

/// The layers of a list: layer i is one of them where bit i of Bits is set, the lowest for layer 0. None from layer 63
/// on.
template <index_t Bits>
struct listed_layers {
  static_assert(Bits > 0, "weft::listed_layers: wants a bit for each layer of the list, and one layer or more");
  static constexpr bool has(index_t layer) { return layer < 63 && (Bits >> layer & 1) != 0; }
};

/// Layers that Which has use one policy, the others another. Axes whose policies may differ by layer specialise it:
/// pattern/per_layer.hpp, position/per_layer.hpp.
template <class Which, class Here, class Elsewhere>
struct by_layer {
  static_assert(sizeof(Which) == 0,
                "weft::per_layer: wants two patterns or two positions, and the header of their axis included");
};

/// Layers 0, Every, 2 Every ... use one policy, the others another.
template <index_t Every, class Here, class Elsewhere>
using per_layer = by_layer<every_layer<Every>, Here, Elsewhere>;

}  // namespace weft
