#pragma once
#include <algorithm>
#include <weft/layout/stacked.hpp>
#include <weft/train/layout/feed_forward_stack.hpp>
#include <weft/train/mixer/heads.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through post_norm with several feed-forwards. What each part makes is dropped out before the residual
/// is added (reference: MobileBertSelfOutput and MobileBertOutput without a bottleneck; FFNOutput drops nothing).
template <index_t Stacked, class LastNorm>
struct training_of<stacked<Stacked, LastNorm>> {
  template <class Spec>
  struct bind {
    using part = typename stacked<Stacked, LastNorm>::template bind<Spec>;
    static constexpr index_t width = part::width;
    static constexpr auto shape = part::shape;
    static_assert(!owns_residual<typename part::mixer> && !std::is_same_v<typename Spec::norm, none>,
                  "weft: stacked is trained with a norm, and with a mixer that leaves the residual to it");
    using mixer = typename training_of<typename Spec::mixer>::template bind<shape>;
    using stack = feed_forward_stack_training<Spec, width, Stacked, LastNorm, true>;
    using norm = typename training_of<typename Spec::norm>::template bind<width>;
    using read = rows<const float, width>;

    struct kept {
      frame& from;
      typename mixer::kept mix{from};
      rows<float, width> mixed{from}, attended{from};
      typename stack::kept feed{from};
    };
    struct scratch {
      frame from;
      rows<float, width> sum{from}, change{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      return bytes_of<scratch>(e) +
             std::max({mixer::template scratch_bytes<Arch>(e, workers), stack::template scratch_bytes<Arch>(e, workers),
                       norm::template scratch_bytes<Arch>(e, workers)});
    }

    template <class Form>
    static void forward(const part& layer, const weights<Form, part>& ready, const kept& k, read x,
                        rows<float, width> y, const training_context& ctx) {
      mixer::template forward<Form>(layer.parts.mix, ready.mix, k.mix, streams<shape>{x, x, x}, k.mixed, ctx);
      ctx.drop_rows(k.mixed, ctx.drop.hidden, dropout_place::mixer(ctx.layer));
      detail::add_rows<typename Form::arch>(x, k.mixed, ctx);
      norm::template forward<Form>(layer.parts.mix_norm, ready.mix_norm, k.mixed, k.attended, ctx);
      stack::template forward<Form>(layer.parts.feed, ready.feed, k.feed, k.attended, ctx);
      detail::copy_rows(k.feed.result(), y, ctx);
    }

    /// dx is written.
    template <class Form>
    static void backward(const part& layer, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, read x, read dy,
                         rows<float, width> dx, const training_context& ctx) {
      const scratch s{ctx.frame()};
      detail::copy_rows(dy, s.sum, ctx);
      stack::template backward<Form>(layer.parts.feed, stored.feed, ready.feed, gradients.feed, k.feed, k.attended,
                                     s.sum, s.change, ctx);
      norm::template backward<Form>(layer.parts.mix_norm, stored.mix_norm, ready.mix_norm, gradients.mix_norm, k.mixed,
                                    s.sum, dx, ctx);
      detail::copy_rows(read(dx), s.change, ctx);
      ctx.drop_rows(s.change, ctx.drop.hidden, dropout_place::mixer(ctx.layer));
      mixer::template backward<Form>(layer.parts.mix, stored.mix, ready.mix, gradients.mix, k.mix,
                                     streams<shape>{x, x, x}, s.change, stream_gradients<shape>{dx, dx, dx}, ctx);
    }
  };
};

}  // namespace weft
