#pragma once
#include <weft/layout/residual.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
template <bool NormBeforeMixer>
struct pre_norm {
  static constexpr index_t feed_forwards = 1;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto shape = mixer_shape::self(width, Spec::shape.heads);
    using norm_part = decltype(bind_norm<Spec, width>());
    using mixer = decltype(bind_mixer<Spec, shape>());
    using feed_forward = decltype(bind_feed_forward<Spec, row_shape{width, Spec::shape.hidden}>());

    static constexpr bool feeds = !std::is_same_v<feed_forward, none>;
    static constexpr bool feeds_at_once = wants_all_rows<feed_forward>;  // all rows, outside of the chain

    template <class Form>
    struct params {
      [[no_unique_address]] std::conditional_t<NormBeforeMixer, norm_after<Form, mixer, norm_part>, nothing> mix_norm;
      weights<Form, mixer> mix;
      [[no_unique_address]] norm_after<Form, feed_forward, norm_part> feed_norm;
      weights<Form, feed_forward> feed;
      static constexpr void each(auto&& f, auto&... p) {
        f("attention.LayerNorm", p.mix_norm...);
        f("attention", p.mix...);
        f("intermediate.LayerNorm", p.feed_norm...);
        f(feeds_at_once ? name("") : in_chain(""), p.feed...);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> normed{from}, mixed{from};
    };
    static constexpr bool feeds_in_chain = feeds && !feeds_at_once;
    struct chain_scratch {
      frame from;
      rows<float, width> attended{from, feeds_in_chain ? from.size.tokens : 0},
          normed{from, feeds_in_chain ? from.size.tokens : 0};
    };

    [[no_unique_address]] params<bound> parts;

    /// x [n, width] -> y [n, width]; they must not overlap.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, rows<float, width> y, const auto& ctx) const {
      const scratch s{ctx.frame()};
      normalise(parts.mix_norm, p.mix_norm, x, s.normed, ctx);
      const rows<const float, width> normed = s.normed;
      parts.mix.forward(p.mix, streams<shape>{normed, normed, normed}, s.mixed, ctx);
      const auto bytes = chain_bytes(*this, ctx.size, ctx.run.workers());
      ctx.each_block(x.count, bytes, [&](index_t first, index_t last, const auto& inner) {
        const chain_scratch c{inner.frame()};
        const auto to = y.part(first, last);
        add<Form, mixer>(s.mixed.part(first, last), x.part(first, last), feeds_in_chain ? c.attended : to, inner);
        if constexpr (feeds_in_chain) {
          normalise(parts.feed_norm, p.feed_norm, c.attended, c.normed, inner);
          parts.feed.forward(p.feed, rows<const float, width>(c.normed), to, inner);
          add<Form, feed_forward>(to, c.attended, to, inner);
        }
      });
      if constexpr (feeds_at_once) {
        normalise(parts.feed_norm, p.feed_norm, y, s.normed, ctx);
        parts.feed.forward(p.feed, rows<const float, width>(s.normed), s.mixed, ctx);
        add<Form, feed_forward>(s.mixed, y, y, ctx);
      }
    }

   private:
    // What a part reads: normalised rows, or the rows as they are where the part normalises by itself, or they are so
    // already.
    template <class Norm>
    static void normalise(const Norm& norm, const auto& p, rows<const float, width> x, rows<float, width> y,
                          const context& ctx) {
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (auto t = first; t < last; ++t) {
          if constexpr (std::is_same_v<Norm, nothing>)
            std::copy_n(x.row(t), width, y.row(t));
          else
            norm.row(p, x.row(t), y.row(t));
        }
      });
    }
    // to = change + residual, or just the change where the part added the residual itself.
    template <class Form, class Part>
    static void add(rows<float, width> change, rows<const float, width> residual, rows<float, width> to,
                    const context& ctx) {
      add_and_normalise<Form, width>(norm_after<bound, Part, none>{}, nothing{}, change, residual, to, ctx);
    }
  };
};
}  // namespace detail

/// A layer that normalises what its parts read rather than what they wrote: x + mixer(norm(x)), then the same with the
/// feed-forward (Xiong et al. 2020, figure 1b; parameter names of transformers' RobertaPreLayerNormLayer). Hidden
/// states are sums, as large as the depth makes them: a model of this kind normalises once more after its last layer
/// (`using last = final_norm`). Without the second half where the spec's feed-forward is `none`.
struct pre_norm : detail::pre_norm<true> {};

/// The same without the norm before the mixer, for a first layer whose rows the embedding has normalised: `using first
/// = pre_norm_first;` (Warner et al. 2024, "ModernBERT"; reference: ModernBertEncoderLayer).
struct pre_norm_first : detail::pre_norm<false> {};

}  // namespace weft
