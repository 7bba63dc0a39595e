#pragma once
#include <weft/concept/bind.hpp>
#include <weft/kernel/row_norm.hpp>

namespace weft {

/// BERT's layer: mixer, add, norm; feed-forward, add, norm (Devlin et al. 2019; reference: BertLayer). Everything after
/// the mixer is one chain of row-wise parts: a block of rows runs through it while it is in cache.
struct post_norm {
  template <class Spec>
  struct bind {
    static constexpr index width = Spec::shape.width;
    static constexpr auto shape = mixer_shape::self(width, Spec::shape.heads);
    using mixer = decltype(bind_mixer<Spec, shape>());
    using feed_forward = decltype(bind_feed_forward<Spec, row_shape{width, Spec::shape.hidden}>());
    using norm_part = decltype(bind_norm<Spec, width>());
    template <class Form, class Part>
    using norm_of = std::conditional_t<owns_residual<Part>, nothing, weights<Form, norm_part>>;

    template <class Form>
    struct params {
      weights<Form, mixer> mix;
      [[no_unique_address]] norm_of<Form, mixer> mix_norm;
      weights<Form, feed_forward> feed;
      [[no_unique_address]] norm_of<Form, feed_forward> feed_norm;
      static constexpr void each(auto&& f, auto&... p) {
        f("attention", p.mix...);
        f("attention.output.LayerNorm", p.mix_norm...);
        f("", p.feed...);
        f("output.LayerNorm", p.feed_norm...);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> mixed{from};
    };
    struct chain_scratch {
      frame from;
      rows<float, width> attended{from}, fed{from};
    };

    [[no_unique_address]] mixer mix;
    [[no_unique_address]] feed_forward feed;
    [[no_unique_address]] norm_part norm;
    static void parts(auto& self, const auto& f) { f(self.mix); }
    static void row_parts(auto& self, const auto& f) { f(self.feed); }
    static void expect(auto&& wants) {
      wants.part(mixer{});
      wants.part(feed_forward{});
      wants.part(norm_part{});
    }

    /// x [n, width] -> y [n, width]; they must not overlap.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, rows<float, width> y, const auto& ctx) const {
      const scratch s{ctx.frame()};
      mix.forward(p.mix, streams<shape>{x, x, x}, s.mixed, ctx);
      const auto bytes = chain_bytes(*this, ctx.size, ctx.run.workers());
      ctx.each_block(x.count, bytes, [&](index first, index last, const auto& inner) {
        const chain_scratch c{inner.frame()};
        close<Form, mixer>(p.mix_norm, s.mixed.part(first, last), x.part(first, last), c.attended, inner);
        feed.forward(p.feed, rows<const float, width>(c.attended), c.fed, inner);
        close<Form, feed_forward>(p.feed_norm, c.fed, c.attended, y.part(first, last), inner);
      });
    }

   private:
    // to = norm(change + residual), or just the change where the part did both itself.
    template <class Form, class Part>
    void close(const norm_of<Form, Part>& p, rows<float, width> change, rows<const float, width> residual,
               rows<float, width> to, const context& ctx) const {
      ctx.each_rows(change.count, [&](index first, index last) {
        for (auto t = first; t < last; ++t) {
          if constexpr (owns_residual<Part>) {
            std::copy_n(change.row(t), width, to.row(t));
          } else {
            add_row<typename Form::arch>(change.row(t), residual.row(t), width, change.row(t));
            norm.row(p, change.row(t), to.row(t));
          }
        }
      });
    }
  };
};

}  // namespace weft
