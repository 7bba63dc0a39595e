#pragma once
#include <algorithm>
#include <weft/layout/post_norm.hpp>
#include <weft/train/layout/rows.hpp>
#include <weft/train/mixer/heads.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through BERT's layer. What each part makes is dropped out before the residual is added. Kept are the
/// sums before both norms, and the first norm's result.
template <>
struct training_of<post_norm> {
  template <class Spec>
  struct bind {
    using part = post_norm::bind<Spec>;
    static constexpr index_t width = part::width;
    static constexpr auto shape = part::shape;
    static_assert(part::feeds && !owns_residual<typename part::mixer> && !owns_residual<typename part::feed_forward> &&
                      !std::is_same_v<typename Spec::norm, none>,
                  "weft: post_norm is trained with a feed-forward, with a norm, and with parts that leave the residual "
                  "to it");
    using mixer = typename training_of<typename Spec::mixer>::template bind<shape>;
    using feed_forward =
        typename training_of<typename Spec::feed_forward>::template bind<row_shape{width, Spec::shape.hidden}>;
    using norm = typename training_of<typename Spec::norm>::template bind<width>;
    using read = rows<const float, width>;

    struct kept {
      frame& from;
      typename mixer::kept mix{from};
      rows<float, width> mixed{from}, attended{from};
      typename feed_forward::kept feed{from};
      rows<float, width> fed{from};
    };
    struct scratch {
      frame from;
      rows<float, width> sum{from}, change{from};
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
      mixer::template forward<Form>(parts.mix, ready.mix, k.mix, streams<shape>{x, x, x}, k.mixed, ctx);
      ctx.drop_rows(k.mixed, ctx.drop.hidden, dropout_place::mixer(ctx.layer));
      detail::add_rows<typename Form::arch>(x, k.mixed, ctx);
      norm::template forward<Form>(parts.mix_norm, ready.mix_norm, k.mixed, k.attended, ctx);
      feed_forward::template forward<Form>(parts.feed, ready.feed, k.feed, k.attended, k.fed, ctx);
      ctx.drop_rows(k.fed, ctx.drop.hidden, dropout_place::feed_forward(ctx.layer));
      detail::add_rows<typename Form::arch>(read(k.attended), k.fed, ctx);
      norm::template forward<Form>(parts.feed_norm, ready.feed_norm, k.fed, y, ctx);
    }

    /// dx is written.
    template <class Form>
    static void backward(const part& layer, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, read x, read dy,
                         rows<float, width> dx, const training_context& ctx) {
      const auto& parts = layer.parts;
      const scratch s{ctx.frame()};
      norm::template backward<Form>(parts.feed_norm, stored.feed_norm, ready.feed_norm, gradients.feed_norm, k.fed, dy,
                                    s.sum, ctx);
      change_of(s, dropout_place::feed_forward(ctx.layer), ctx);
      feed_forward::template backward<Form>(parts.feed, stored.feed, ready.feed, gradients.feed, k.feed, k.attended,
                                            s.change, s.sum, ctx);
      norm::template backward<Form>(parts.mix_norm, stored.mix_norm, ready.mix_norm, gradients.mix_norm, k.mixed, s.sum,
                                    dx, ctx);
      detail::copy_rows(read(dx), s.sum, ctx);
      change_of(s, dropout_place::mixer(ctx.layer), ctx);
      mixer::template backward<Form>(parts.mix, stored.mix, ready.mix, gradients.mix, k.mix, streams<shape>{x, x, x},
                                     s.change, stream_gradients<shape>{dx, dx, dx}, ctx);
    }

   private:
    // What the part learns of a gradient of the sum: some of it was dropped.
    static void change_of(const scratch& s, dropout_place place, const training_context& ctx) {
      detail::copy_rows(read(s.sum), s.change, ctx);
      ctx.drop_rows(s.change, ctx.drop.hidden, place);
    }
  };
};

}  // namespace weft
