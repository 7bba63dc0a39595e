#pragma once
// Layers that learn, a run of equal ones after the other.
#include <type_traits>
#include <weft/encoder/encoder.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

template <bool Back, class Stack>
void each_run_of(const Stack& all, auto& stored, auto& ready, auto& gradients, index_t first, const auto& f) {
  const auto count = static_cast<index_t>(stored.here.size());
  const auto here = [&] {
    f(std::type_identity<typename Stack::layer_spec>{}, all.parts.here, stored.here, ready.here, gradients.here, first,
      count);
  };
  if constexpr (!Back) here();
  if constexpr (requires { typename Stack::rest::layer; })
    each_run_of<Back>(all.parts.behind, stored.behind, ready.behind, gradients.behind, first + count, f);
  if constexpr (Back) here();
}

/// f(type_identity of a spec, layer, its stored, ready and gradient weights, first, count): the runs of layers of one
/// kind, first to last or back. Where layers share weights there are fewer of these than layers.
template <class Spec, bool Back>
void each_layer_run(const auto& layer, auto& stored, auto& ready, auto& gradients, index_t layers, const auto& f) {
  if constexpr (encoder_parts<Spec>::kinds::one_kind)
    f(std::type_identity<Spec>{}, layer, stored, ready, gradients, index_t{0}, layers);
  else
    each_run_of<Back>(layer, stored, ready, gradients, 0, f);
}

}  // namespace weft::detail
