#pragma once
#include <weft/layout/feed_forward_stack.hpp>
#include <weft/numeric/shared_work.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which streams reach the mixer through a bottleneck: none; query and key, through one that they share; or all three,
/// through the layer's own.
enum class narrowed { none, query_key, all };

/// A projection followed by a norm.
template <index_t In, index_t Out, class Norm>
struct linear_norm {
  template <class Form>
  struct params {
    linear<Form, In, Out> dense;
    weights<Form, Norm> norm;
    static constexpr void each(auto&& f, auto&... p) {
      f("dense", p.dense...);
      f("LayerNorm", p.norm...);
    }
  };

  [[no_unique_address]] params<bound> parts;

  /// y = norm(y), row by row.
  template <class Form>
  void normalise(const params<Form>& p, rows<float, Out> y, index_t first, index_t last) const {
    for (auto t = first; t < last; ++t) parts.norm.row(p.norm, y.row(t), y.row(t));
  }
};

/// MobileBERT's layer and its teacher's (Sun et al. 2020, figure 1; reference: MobileBertLayer): the mixer and Stacked
/// feed-forwards work Inner wide between two projections, with a residual around everything at the model's width. The
/// mixer's heads and the feed-forward's hidden width are the spec's. What Narrow does not narrow reaches the mixer at
/// the model's width. LastNorm replaces the spec's norm after the last feed-forward.
template <index_t Inner, index_t Stacked = 4, narrowed Narrow = narrowed::query_key, class LastNorm = void>
struct bottleneck {
  static constexpr index_t inner = Inner, feed_forwards = Stacked;
  static constexpr narrowed narrow = Narrow;
  using last_norm = LastNorm;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr index_t to_query = Narrow == narrowed::none ? width : Inner;
    static constexpr index_t to_value = Narrow == narrowed::all ? Inner : width;
    static constexpr bool shared = Narrow == narrowed::query_key;
    static constexpr mixer_shape shape{to_query, to_query, to_value, Inner, Spec::shape.heads};
    using norm_part = decltype(bind_norm<Spec, Inner>());
    using wide_norm_part = decltype(bind_norm<Spec, width>());
    using mixer = decltype(bind_mixer<Spec, shape>());
    using stack = feed_forward_stack<Spec, Inner, Stacked, LastNorm>;
    using entry = linear_norm<width, Inner, norm_part>;
    using leaving = linear_norm<Inner, width, wide_norm_part>;

    template <class Form>
    struct params {
      weights<Form, entry> in;
      [[no_unique_address]] std::conditional_t<shared, weights<Form, entry>, nothing> query_key;
      weights<Form, mixer> mix;
      [[no_unique_address]] norm_after<Form, mixer, norm_part> mix_norm;
      weights<Form, stack> feed;
      weights<Form, leaving> out;
      static constexpr void each(auto&& f, auto&... p) {
        f(multiplied_together(shared ? 2 : 1, "bottleneck.input"), p.in...);
        f("bottleneck.attention", p.query_key...);
        f("attention", p.mix...);
        f("attention.output.LayerNorm", p.mix_norm...);
        f(in_chain(""), p.feed...);
        f("output.bottleneck", p.out...);
      }
    };
    struct scratch {
      frame from;
      rows<float, Inner> in{from}, mixed{from}, query_key{from, shared ? from.size.tokens : 0};
    };

    [[no_unique_address]] params<bound> parts;

    /// x [n, width] -> y [n, width]; they must not overlap.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, rows<float, width> y, const auto& ctx) const {
      const scratch s{ctx.frame()};
      const auto bytes = chain_bytes(*this, ctx.size, ctx.run.workers());
      ctx.each_block(x.count, bytes, [&](index_t first, index_t last, const auto& inner) {
        enter(p, x.part(first, last), s.in.part(first, last), s.query_key, first, inner);
      });
      parts.mix.forward(p.mix, inputs(x, s), s.mixed, ctx);
      ctx.each_block(x.count, bytes, [&](index_t first, index_t last, const auto& inner) {
        const auto a = s.mixed.part(first, last);
        const auto out = y.part(first, last);
        add_and_normalise<Form, Inner>(parts.mix_norm, p.mix_norm, a, s.in.part(first, last), a, inner);
        parts.feed.forward(p.feed, a, inner);
        p.out.dense(rows<const float, Inner>(a), out, inner);
        add_and_normalise<Form, width>(parts.out.parts.norm, p.out.norm, out, x.part(first, last), out, inner);
      });
    }

   private:
    // A block of rows through its bottleneck, or through both.
    template <class Form>
    void enter(const params<Form>& p, rows<const float, width> x, rows<float, Inner> in,
               rows<float, Inner> all_query_key, index_t first_row, const context& ctx) const {
      if constexpr (shared) {
        const auto query_key = all_query_key.part(first_row, first_row + x.count);
        share_products(ctx, p.in.dense.product(x, in), p.query_key.dense.product(x, query_key));
        ctx.each_rows(x.count, [&](index_t first, index_t last) {
          parts.in.normalise(p.in, in, first, last);
          parts.query_key.normalise(p.query_key, query_key, first, last);
        });
      } else {
        p.in.dense(x, in, ctx);
        ctx.each_rows(x.count, [&](index_t first, index_t last) { parts.in.normalise(p.in, in, first, last); });
      }
    }
    static streams<shape> inputs(rows<const float, width> x, const scratch& s) {
      if constexpr (Narrow == narrowed::none)
        return {x, x, x};
      else if constexpr (Narrow == narrowed::all)
        return {s.in, s.in, s.in};
      else
        return {s.query_key, s.query_key, x};
    }
  };
};

}  // namespace weft
