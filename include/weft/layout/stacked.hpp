#pragma once
#include <weft/layout/feed_forward_stack.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// post_norm with several feed-forwards: mixer, add, norm; then Stacked times feed-forward, add, norm. MobileBERT
/// without its bottleneck (reference: MobileBertLayer with `use_bottleneck` false). LastNorm replaces the spec's norm
/// after the last feed-forward.
template <index_t Stacked, class LastNorm = void>
struct stacked {
  static constexpr index_t feed_forwards = Stacked;
  using last_norm = LastNorm;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto shape = mixer_shape::self(width, Spec::shape.heads);
    using mixer = decltype(bind_mixer<Spec, shape>());
    using stack = feed_forward_stack<Spec, width, Stacked, LastNorm>;
    using norm_part = decltype(bind_norm<Spec, width>());

    template <class Form>
    struct params {
      weights<Form, mixer> mix;
      [[no_unique_address]] norm_after<Form, mixer, norm_part> mix_norm;
      weights<Form, stack> feed;
      static constexpr void each(auto&& f, auto&... p) {
        f("attention", p.mix...);
        f("attention.output.LayerNorm", p.mix_norm...);
        f(in_chain(""), p.feed...);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> mixed{from};
    };

    [[no_unique_address]] params<bound> parts;

    /// x [n, width] -> y [n, width]; they must not overlap.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, rows<float, width> y, const auto& ctx) const {
      const scratch s{ctx.frame()};
      parts.mix.forward(p.mix, streams<shape>{x, x, x}, s.mixed, ctx);
      const auto bytes = chain_bytes(*this, ctx.size, ctx.run.workers());
      ctx.each_block(x.count, bytes, [&](index_t first, index_t last, const auto& inner) {
        add_and_normalise<Form, width>(parts.mix_norm, p.mix_norm, s.mixed.part(first, last), x.part(first, last),
                                       y.part(first, last), inner);
        parts.feed.forward(p.feed, y.part(first, last), inner);
      });
    }
  };
};

}  // namespace weft
