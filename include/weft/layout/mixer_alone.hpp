#pragma once
#include <weft/concept/bind.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A layer that is the spec's mixer and nothing else: no residual, no norm, no feed-forward. Its mixer may write rows
/// of another width than it reads, as weft::bilstm does: Reads is the width of those before, 0 for the spec's own.
template <index_t Reads = 0>
struct mixer_alone {
  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width, reads_width = Reads > 0 ? Reads : width;
    static constexpr mixer_shape shape{reads_width, reads_width, reads_width, width, Spec::shape.heads};
    using mixer = decltype(bind_mixer<Spec, shape>());

    template <class Form>
    struct params {
      weights<Form, mixer> mix;
      static constexpr void each(auto&& f, auto&... p) { f("mixer", p.mix...); }
    };
    [[no_unique_address]] params<bound> parts;

    /// x [n, reads_width] -> y [n, width]; they must not overlap.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, reads_width> x, rows<float, width> y, const auto& ctx) const {
      parts.mix.forward(p.mix, streams<shape>{x, x, x}, y, ctx);
    }
  };
};

}  // namespace weft
