#pragma once
#include <algorithm>
#include <weft/head/long_question_answering.hpp>
#include <weft/train/ffn/dense.hpp>
#include <weft/train/layout/rows.hpp>
#include <weft/train/linear.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through a feed-forward with residual and norm, and a linear. Some of what the head reads, and of what
/// its feed-forward makes, is dropped (reference: BigBirdForQuestionAnsweringHead). That logits of the question are
/// lowered changes no gradient.
template <class Activation, std::int32_t Separator>
struct training_of<long_question_answering<Activation, Separator>> {
  template <class Spec>
  struct bind {
    using part = typename long_question_answering<Activation, Separator>::template bind<Spec>;
    static constexpr index_t width = part::width;
    using feed_forward = typename training_of<dense<Activation>>::template bind<row_shape{width, Spec::shape.hidden}>;
    using norm = typename training_of<typename Spec::norm>::template bind<width>;
    using read = rows<const float, width>;
    struct kept {
      frame& from;
      rows<float, width> dropped{from};
      typename feed_forward::kept feed{from};
      rows<float, width> sum{from}, normed{from};
      std::int32_t* segments = from.take<std::int32_t>(from.size.tokens);
    };
    struct scratch {
      frame from;
      rows<float, width> sum{from}, change{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers, const sizes&) {
      return bytes_of<scratch>(e) + std::max({linear_backward_bytes<Arch>(2, e, workers),
                                              feed_forward::template scratch_bytes<Arch>(e, workers),
                                              norm::template scratch_bytes<Arch>(e, workers)});
    }

    template <class Form>
    static void forward(const part& head, const weights<Form, part>& ready, const kept& k, read x, matrix<float> y,
                        const training_context& ctx) {
      detail::copy_rows(x, k.dropped, ctx);
      ctx.drop_rows(k.dropped, ctx.drop.head, dropout_place::head(0));
      feed_forward::template forward<Form>(head.parts.feed, ready.feed, k.feed, k.dropped, k.sum, ctx);
      ctx.drop_rows(k.sum, ctx.drop.head, dropout_place::head(1));
      detail::add_rows<typename Form::arch>(read(k.dropped), k.sum, ctx);
      norm::template forward<Form>(head.parts.norm, ready.norm, k.sum, k.normed, ctx);
      ready.classifier(read(k.normed), y, ctx);
      part::derive_segments(ctx.in, k.segments);
      for (index_t s = 0; s < ctx.in.sequences(); ++s)
        for (index_t i = ctx.in.first(s) + 1; i < ctx.in.first(s) + ctx.in.length(s); ++i)
          for (index_t side = 0; side < 2; ++side)
            if (k.segments[i] == 0) y.row(i)[side] -= 1e6f;
    }
    /// dx is written.
    template <class Form>
    static void backward(const part& head, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, read, matrix<const float> dy,
                         rows<float, width> dx, const training_context& ctx) {
      const scratch s{ctx.frame()};
      linear_backward<typename Form::arch>(stored.classifier, gradients.classifier, read(k.normed), dy, s.sum,
                                           passed_on::written, ctx);
      norm::template backward<Form>(head.parts.norm, stored.norm, ready.norm, gradients.norm, read(k.sum), read(s.sum),
                                    dx, ctx);
      detail::copy_rows(read(dx), s.change, ctx);
      ctx.drop_rows(s.change, ctx.drop.head, dropout_place::head(1));
      feed_forward::template backward<Form>(head.parts.feed, stored.feed, ready.feed, gradients.feed, k.feed,
                                            read(k.dropped), read(s.change), dx, ctx);
      ctx.drop_rows(dx, ctx.drop.head, dropout_place::head(0));
    }
  };
};

}  // namespace weft
