#pragma once
// A spec names one policy per axis. Flat, so that compilers print the missing line itself at the place where the user
// wrote the spec's name.
#include <concepts>
#include <weft/base/shape.hpp>

namespace weft {

template <class S>
concept encoder_spec = requires {
  { S::shape } -> std::convertible_to<model_shape>;  // .width, .heads, .hidden
  typename S::embedding;                             // summed, factorised
  typename S::mixer;                                 // attention<>
  typename S::feed_forward;                          // dense<>
  typename S::norm;                                  // layer_norm<>
  typename S::layout;                                // post_norm
  typename S::numeric;                               // float32
  requires S::shape.heads > 0;
  requires S::shape.width % S::shape.heads == 0;  // the heads must divide the width
};

}  // namespace weft
