#pragma once
#include <algorithm>
#include <weft/layout/bottleneck.hpp>
#include <weft/train/layout/feed_forward_stack.hpp>
#include <weft/train/linear.hpp>
#include <weft/train/mixer/heads.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through MobileBERT's layer. What leaves the bottleneck is dropped out before the residual is added
/// (reference: OutputBottleneck), nothing else.
template <index_t Inner, index_t Stacked, narrowed Narrow, class LastNorm>
struct training_of<bottleneck<Inner, Stacked, Narrow, LastNorm>> {
  template <class Spec>
  struct bind {
    using part = typename bottleneck<Inner, Stacked, Narrow, LastNorm>::template bind<Spec>;
    static constexpr index_t width = part::width;
    static constexpr auto shape = part::shape;
    static constexpr bool shared = part::shared;
    static_assert(!owns_residual<typename part::mixer> && !std::is_same_v<typename Spec::norm, none>,
                  "weft: bottleneck is trained with a norm, and with a mixer that leaves the residual to it");
    using mixer = typename training_of<typename Spec::mixer>::template bind<shape>;
    using stack = feed_forward_stack_training<Spec, Inner, Stacked, LastNorm>;
    using norm = typename training_of<typename Spec::norm>::template bind<Inner>;
    using wide_norm = typename training_of<typename Spec::norm>::template bind<width>;
    using read = rows<const float, width>;
    using inner_read = rows<const float, Inner>;

    struct kept {
      frame& from;
      rows<float, Inner> before_in{from}, in{from};  // before and behind the norm
      rows<float, Inner> before_query_key{from, shared ? from.size.tokens : 0},
          query_key{from, shared ? from.size.tokens : 0};
      typename mixer::kept mix{from};
      rows<float, Inner> mixed{from}, attended{from};
      typename stack::kept feed{from};
      rows<float, width> out{from};
    };
    struct scratch {
      frame from;
      rows<float, width> wide{from};
      rows<float, Inner> change{from}, other{from}, query_key{from, shared ? from.size.tokens : 0};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      return bytes_of<scratch>(e) +
             std::max({mixer::template scratch_bytes<Arch>(e, workers), stack::template scratch_bytes<Arch>(e, workers),
                       norm::template scratch_bytes<Arch>(e, workers),
                       wide_norm::template scratch_bytes<Arch>(e, workers),
                       linear_backward_bytes<Arch>(std::max(width, Inner), e, workers)});
    }

    template <class Form>
    static void forward(const part& layer, const weights<Form, part>& ready, const kept& k, read x,
                        rows<float, width> y, const training_context& ctx) {
      using Arch = typename Form::arch;
      const auto& parts = layer.parts;
      const auto enter = [&](const auto& entry, const auto& p, const auto& before, const auto& to) {
        p.dense(x, before, ctx);
        norm::template forward<Form>(entry.parts.norm, p.norm, before, to, ctx);
      };
      enter(parts.in, ready.in, k.before_in, k.in);
      if constexpr (shared) enter(parts.query_key, ready.query_key, k.before_query_key, k.query_key);
      mixer::template forward<Form>(parts.mix, ready.mix, k.mix, inputs(x, k), k.mixed, ctx);
      detail::add_rows<Arch>(inner_read(k.in), k.mixed, ctx);
      norm::template forward<Form>(parts.mix_norm, ready.mix_norm, k.mixed, k.attended, ctx);
      stack::template forward<Form>(parts.feed, ready.feed, k.feed, k.attended, ctx);
      ready.out.dense(k.feed.result(), k.out, ctx);
      ctx.drop_rows(k.out, ctx.drop.hidden, dropout_place::feed_forward(ctx.layer));
      detail::add_rows<Arch>(x, k.out, ctx);
      wide_norm::template forward<Form>(parts.out.parts.norm, ready.out.norm, k.out, y, ctx);
    }

    /// dx is written.
    template <class Form>
    static void backward(const part& layer, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, read x, read dy,
                         rows<float, width> dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const auto& parts = layer.parts;
      const scratch s{ctx.frame()};
      wide_norm::template backward<Form>(parts.out.parts.norm, stored.out.norm, ready.out.norm, gradients.out.norm,
                                         k.out, dy, dx, ctx);
      detail::copy_rows(read(dx), s.wide, ctx);
      ctx.drop_rows(s.wide, ctx.drop.hidden, dropout_place::feed_forward(ctx.layer));
      linear_backward<Arch>(stored.out.dense, gradients.out.dense, k.feed.result(), read(s.wide), s.change,
                            passed_on::written, ctx);
      stack::template backward<Form>(parts.feed, stored.feed, ready.feed, gradients.feed, k.feed, k.attended, s.change,
                                     s.other, ctx);
      norm::template backward<Form>(parts.mix_norm, stored.mix_norm, ready.mix_norm, gradients.mix_norm, k.mixed,
                                    s.change, s.change, ctx);
      detail::copy_rows(inner_read(s.change), s.other, ctx);  // what `in` learns as the residual
      if constexpr (shared) detail::clear_rows(s.query_key, ctx);
      mixer::template backward<Form>(parts.mix, stored.mix, ready.mix, gradients.mix, k.mix, inputs(x, k), s.change,
                                     changes(s, dx), ctx);
      const auto leave = [&](const auto& entry, const auto& raw_of, const auto& p, const auto& learnt,
                             const auto& before, const auto& d) {
        norm::template backward<Form>(entry.parts.norm, raw_of.norm, p.norm, learnt.norm, before, d, d, ctx);
        linear_backward<Arch>(raw_of.dense, learnt.dense, x, inner_read(d), dx, passed_on::added, ctx);
      };
      leave(parts.in, stored.in, ready.in, gradients.in, k.before_in, s.other);
      if constexpr (shared)
        leave(parts.query_key, stored.query_key, ready.query_key, gradients.query_key, k.before_query_key, s.query_key);
    }

   private:
    static streams<shape> inputs(read x, const kept& k) {
      if constexpr (Narrow == narrowed::none)
        return {x, x, x};
      else if constexpr (Narrow == narrowed::all)
        return {k.in, k.in, k.in};
      else
        return {k.query_key, k.query_key, x};
    }
    static stream_gradients<shape> changes(const scratch& s, rows<float, width> dx) {
      if constexpr (Narrow == narrowed::none)
        return {dx, dx, dx};
      else if constexpr (Narrow == narrowed::all)
        return {s.other, s.other, s.other};
      else
        return {s.query_key, s.query_key, dx};
    }
  };
};

}  // namespace weft
