#pragma once
#include <weft/concept/bind.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A layout whose parameters have one more word in front of their names, Name::text: in weft::layers it tells apart
/// kinds of layers that a family's checkpoints spell differently (memory/renamed.hpp).
///   struct convolution { static constexpr const char* text = "convolution"; };
template <class Name, class Layout>
struct named_layer {
  template <class Spec>
  struct bind {
    using inner = typename Layout::template bind<Spec>;
    static constexpr index_t width = inner::width, reads_width = weft::reads_width<inner, width>();

    template <class Form>
    struct params {
      weights<Form, inner> layer;
      static constexpr void each(auto&& f, auto&... p) { f(Name::text, p.layer...); }
    };
    [[no_unique_address]] params<bound> parts;

    /// x [n, reads_width] -> y [n, width]; they must not overlap.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, reads_width> x, rows<float, width> y, const auto& ctx) const {
      parts.layer.forward(p.layer, x, y, ctx);
    }
  };
};

}  // namespace weft
