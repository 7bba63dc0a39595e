#pragma once
#include <weft/layout/residual.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// BERT's layer: mixer, add, norm; feed-forward, add, norm (Devlin et al. 2019; reference: BertLayer). Everything after
/// the mixer is one chain of row-wise parts: a block of rows runs through it while it is in cache. Without the second
/// half where the spec's feed-forward is `none`.
struct post_norm {
  static constexpr index_t feed_forwards = 1;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto shape = mixer_shape::self(width, Spec::shape.heads);
    using mixer = decltype(bind_mixer<Spec, shape>());
    using feed_forward = decltype(bind_feed_forward<Spec, row_shape{width, Spec::shape.hidden}>());
    using norm_part = decltype(bind_norm<Spec, width>());

    static constexpr bool feeds = !std::is_same_v<feed_forward, none>;
    static constexpr bool feeds_at_once = wants_all_rows<feed_forward>;  // all rows, outside of the chain

    template <class Form>
    struct params {
      weights<Form, mixer> mix;
      [[no_unique_address]] norm_after<Form, mixer, norm_part> mix_norm;
      weights<Form, feed_forward> feed;
      [[no_unique_address]] norm_after<Form, feed_forward, norm_part> feed_norm;
      static constexpr void each(auto&& f, auto&... p) {
        f("attention", p.mix...);
        f("attention.output.LayerNorm", p.mix_norm...);
        f(feeds_at_once ? name("") : in_chain(""), p.feed...);
        f("output.LayerNorm", p.feed_norm...);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> mixed{from};
    };
    static constexpr bool feeds_in_chain = feeds && !feeds_at_once;
    struct chain_scratch {
      frame from;
      rows<float, width> attended{from, feeds_in_chain ? from.size.tokens : 0},
          fed{from, feeds_in_chain ? from.size.tokens : 0};
    };

    [[no_unique_address]] params<bound> parts;

    /// x [n, width] -> y [n, width]; they must not overlap.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, rows<float, width> y, const auto& ctx) const {
      forward_from(p, x, x, y, ctx);
    }
    /// The same with keys and values of other rows, `from` [n, width].
    template <class Form>
    void forward_from(const params<Form>& p, rows<const float, width> x, rows<const float, width> from,
                      rows<float, width> y, const auto& ctx) const {
      const scratch s{ctx.frame()};
      parts.mix.forward(p.mix, streams<shape>{x, from, from}, s.mixed, ctx);
      const auto bytes = chain_bytes(*this, ctx.size, ctx.run.workers());
      ctx.each_block(x.count, bytes, [&](index_t first, index_t last, const auto& inner) {
        const chain_scratch c{inner.frame()};
        const auto attended = feeds_in_chain ? c.attended : y.part(first, last);
        add_and_normalise<Form, width>(parts.mix_norm, p.mix_norm, s.mixed.part(first, last), x.part(first, last),
                                       attended, inner);
        if constexpr (feeds_in_chain) {
          parts.feed.forward(p.feed, rows<const float, width>(c.attended), c.fed, inner);
          add_and_normalise<Form, width>(parts.feed_norm, p.feed_norm, c.fed, c.attended, y.part(first, last), inner);
        }
      });
      if constexpr (feeds_at_once) {
        parts.feed.forward(p.feed, rows<const float, width>(y), s.mixed, ctx);
        add_and_normalise<Form, width>(parts.feed_norm, p.feed_norm, s.mixed, y, y, ctx);
      }
    }
  };
};

}  // namespace weft
