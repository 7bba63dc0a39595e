#pragma once
#include <weft/layout/residual.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A layer that normalises what its parts read rather than what they wrote: x + mixer(norm(x)), then the same with the
/// feed-forward (Xiong et al. 2020, figure 1b; parameter names of transformers' RobertaPreLayerNormLayer). Hidden
/// states are sums, as large as the depth makes them: a model of this kind normalises once more after its last layer.
struct pre_norm {
  static constexpr index_t feed_forwards = 1;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto shape = mixer_shape::self(width, Spec::shape.heads);
    using norm_part = decltype(bind_norm<Spec, width>());
    using mixer = decltype(bind_mixer<Spec, shape>());
    using feed_forward = decltype(bind_feed_forward<Spec, row_shape{width, Spec::shape.hidden}>());

    template <class Form>
    struct params {
      [[no_unique_address]] norm_after<Form, mixer, norm_part> mix_norm;
      weights<Form, mixer> mix;
      [[no_unique_address]] norm_after<Form, feed_forward, norm_part> feed_norm;
      weights<Form, feed_forward> feed;
      static constexpr void each(auto&& f, auto&... p) {
        f("attention.LayerNorm", p.mix_norm...);
        f("attention", p.mix...);
        f("intermediate.LayerNorm", p.feed_norm...);
        f("", p.feed...);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> normed{from}, mixed{from};
    };
    struct chain_scratch {
      frame from;
      rows<float, width> attended{from}, normed{from};
    };

    [[no_unique_address]] norm_part norm;
    [[no_unique_address]] mixer mix;
    [[no_unique_address]] feed_forward feed;
    static void parts(auto& self, const auto& f) { f(self.mix); }
    static void row_parts(auto& self, const auto& f) { f(self.feed); }
    static void expect(auto&& wants) {
      wants.own().flag("use_bottleneck", false);
      wants.own().integer("num_feedforward_networks", 1);
      wants.part(mixer{});
      wants.part(feed_forward{});
      wants.part(norm_part{});
    }

    /// x [n, width] -> y [n, width]; they must not overlap.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, rows<float, width> y, const auto& ctx) const {
      const scratch s{ctx.frame()};
      normalise<mixer>(p.mix_norm, x, s.normed, ctx);
      const rows<const float, width> normed = s.normed;
      mix.forward(p.mix, streams<shape>{normed, normed, normed}, s.mixed, ctx);
      const auto bytes = chain_bytes(*this, ctx.size, ctx.run.workers());
      ctx.each_block(x.count, bytes, [&](index_t first, index_t last, const auto& inner) {
        const chain_scratch c{inner.frame()};
        const auto to = y.part(first, last);
        add<Form, mixer>(s.mixed.part(first, last), x.part(first, last), c.attended, inner);
        normalise<feed_forward>(p.feed_norm, c.attended, c.normed, inner);
        feed.forward(p.feed, rows<const float, width>(c.normed), to, inner);
        add<Form, feed_forward>(to, c.attended, to, inner);
      });
    }

   private:
    // What a part reads: normalised rows, or the rows as they are where the part normalises by itself.
    template <class Part>
    void normalise(const auto& p, rows<const float, width> x, rows<float, width> y, const context& ctx) const {
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (auto t = first; t < last; ++t) {
          if constexpr (owns_residual<Part>)
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
      ctx.each_rows(change.count, [&](index_t first, index_t last) {
        for (auto t = first; t < last; ++t) {
          if constexpr (!owns_residual<Part>)
            add_row<typename Form::arch>(change.row(t), residual.row(t), width, to.row(t));
          else if (to.row(t) != change.row(t))
            std::copy_n(change.row(t), width, to.row(t));
        }
      });
    }
  };
};

}  // namespace weft
