#pragma once
#include <algorithm>
#include <weft/layout/final_norm.hpp>
#include <weft/layout/pre_norm.hpp>
#include <weft/train/layout/rows.hpp>
#include <weft/train/mixer/heads.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through x + mixer(norm(x)), then the same with the feed-forward. What each part makes is dropped out
/// before the residual is added.
template <bool NormBeforeMixer>
struct training_of<detail::pre_norm<NormBeforeMixer>> {
  template <class Spec>
  struct bind {
    using part = typename detail::pre_norm<NormBeforeMixer>::template bind<Spec>;
    static constexpr index_t width = part::width;
    static constexpr auto shape = part::shape;
    static_assert(part::feeds && !owns_residual<typename part::mixer> && !owns_residual<typename part::feed_forward> &&
                      !std::is_same_v<typename Spec::norm, none>,
                  "weft: pre_norm is trained with a feed-forward, with a norm, and with parts that leave the residual "
                  "to it");
    using mixer = typename training_of<typename Spec::mixer>::template bind<shape>;
    using feed_forward =
        typename training_of<typename Spec::feed_forward>::template bind<row_shape{width, Spec::shape.hidden}>;
    using norm = typename training_of<typename Spec::norm>::template bind<width>;
    using read = rows<const float, width>;

    struct kept {
      frame& from;
      rows<float, width> normed{from};
      typename mixer::kept mix{from};
      rows<float, width> attended{from}, fed_from{from};
      typename feed_forward::kept feed{from};
    };
    struct scratch {
      frame from;
      rows<float, width> sum{from}, change{from}, inner{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      return bytes_of<scratch>(e) + std::max({mixer::template scratch_bytes<Arch>(e, workers),
                                              feed_forward::template scratch_bytes<Arch>(e, workers),
                                              norm::template scratch_bytes<Arch>(e, workers)});
    }

    template <class Form>
    static void forward(const part& layer, const weights<Form, part>& ready, const kept& k, read x,
                        rows<float, width> y, const training_context& ctx) {
      const auto& parts = layer.parts;
      if constexpr (NormBeforeMixer)
        norm::template forward<Form>(parts.mix_norm, ready.mix_norm, x, k.normed, ctx);
      else
        detail::copy_rows(x, k.normed, ctx);
      const read normed = k.normed;
      mixer::template forward<Form>(parts.mix, ready.mix, k.mix, streams<shape>{normed, normed, normed}, k.attended,
                                    ctx);
      ctx.drop_rows(k.attended, ctx.drop.hidden, dropout_place::mixer(ctx.layer));
      detail::add_rows<typename Form::arch>(x, k.attended, ctx);
      norm::template forward<Form>(parts.feed_norm, ready.feed_norm, k.attended, k.fed_from, ctx);
      feed_forward::template forward<Form>(parts.feed, ready.feed, k.feed, k.fed_from, y, ctx);
      ctx.drop_rows(y, ctx.drop.hidden, dropout_place::feed_forward(ctx.layer));
      detail::add_rows<typename Form::arch>(read(k.attended), y, ctx);
    }

    /// dx is written.
    template <class Form>
    static void backward(const part& layer, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, read x, read dy,
                         rows<float, width> dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const auto& parts = layer.parts;
      const scratch s{ctx.frame()};
      detail::copy_rows(dy, s.change, ctx);
      ctx.drop_rows(s.change, ctx.drop.hidden, dropout_place::feed_forward(ctx.layer));
      detail::clear_rows(s.inner, ctx);
      feed_forward::template backward<Form>(parts.feed, stored.feed, ready.feed, gradients.feed, k.feed, k.fed_from,
                                            s.change, s.inner, ctx);
      norm::template backward<Form>(parts.feed_norm, stored.feed_norm, ready.feed_norm, gradients.feed_norm, k.attended,
                                    s.inner, s.sum, ctx);
      detail::add_rows<Arch>(dy, s.sum, ctx);
      detail::copy_rows(read(s.sum), s.change, ctx);
      ctx.drop_rows(s.change, ctx.drop.hidden, dropout_place::mixer(ctx.layer));
      detail::clear_rows(s.inner, ctx);
      const read normed = k.normed;
      mixer::template backward<Form>(parts.mix, stored.mix, ready.mix, gradients.mix, k.mix,
                                     streams<shape>{normed, normed, normed}, s.change,
                                     stream_gradients<shape>{s.inner, s.inner, s.inner}, ctx);
      if constexpr (NormBeforeMixer)
        norm::template backward<Form>(parts.mix_norm, stored.mix_norm, ready.mix_norm, gradients.mix_norm, x, s.inner,
                                      dx, ctx);
      else
        detail::copy_rows(read(s.inner), dx, ctx);
      detail::add_rows<Arch>(read(s.sum), dx, ctx);
    }
  };
};
template <>
struct training_of<pre_norm> : training_of<detail::pre_norm<true>> {};
template <>
struct training_of<pre_norm_first> : training_of<detail::pre_norm<false>> {};

/// The way back through one more norm behind the last layer. dx is written.
template <class Norm>
struct training_of<final_norm<Norm>> {
  template <class Spec>
  struct bind {
    using part = typename final_norm<Norm>::template bind<Spec>;
    static constexpr index_t width = part::width;
    using norm = typename training_of<typename with_norm<Spec, Norm>::norm>::template bind<width>;
    using read = rows<const float, width>;
    struct kept {
      frame& from;
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      return norm::template scratch_bytes<Arch>(e, workers);
    }
    template <class Form>
    static void forward(const part& last, const weights<Form, part>& ready, const kept&, read x, rows<float, width> y,
                        const training_context& ctx) {
      norm::template forward<Form>(last.parts.norm, ready.norm, x, y, ctx);
    }
    template <class Form>
    static void backward(const part& last, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept&, read x, read dy, rows<float, width> dx,
                         const training_context& ctx) {
      norm::template backward<Form>(last.parts.norm, stored.norm, ready.norm, gradients.norm, x, dy, dx, ctx);
    }
  };
};

}  // namespace weft
