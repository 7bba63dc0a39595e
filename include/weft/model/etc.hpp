#pragma once
// ETC (Ainslie et al. 2020), and BigBird's extended construction (Zaheer et al. 2020, section 4), which equals it.
#include <string_view>
#include <weft/encoder/extended.hpp>
#include <weft/mixer/two_stream_attention.hpp>
#include <weft/norm/layer_norm.hpp>
#include <weft/numeric/float32.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

struct etc_base {
  static constexpr std::string_view family = "etc", prefix = "etc";
  static constexpr model_shape shape{.width = 768, .heads = 12, .hidden = 3072};
  using mixer = two_stream_attention<two_stream_reach{.radius = 84, .distance = 12, .vocabulary = 32}>;
  using activation = gelu_tanh;
  using norm = layer_norm<>;
  using numeric = float32;
};

}  // namespace weft
