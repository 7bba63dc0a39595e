#pragma once
#include <weft/layout/post_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
template <class Spec, class Mixer>
struct spec_with_mixer : Spec {
  using mixer = Mixer;
};
}  // namespace detail

/// A layout with another mixer than the spec's: for stacks whose layers mix in several ways, one behind the other,
///   using layout = weft::layers<weft::repeated<1, weft::with_mixer<weft::light_convolution<65>>>, weft::post_norm>;
template <class Mixer, class Layout = post_norm>
struct with_mixer {
  template <class Spec>
  using bind = typename Layout::template bind<detail::spec_with_mixer<Spec, Mixer>>;
};

}  // namespace weft
