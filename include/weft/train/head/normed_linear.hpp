#pragma once
#include <algorithm>
#include <weft/head/normed_linear.hpp>
#include <weft/train/ffn/dense.hpp>
#include <weft/train/head/pooled.hpp>
#include <weft/train/linear.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// The way back through dense, activation, norm and linear, on every row, on first rows or on means. Some of what the
/// linear reads is dropped where Drops (reference: ModernBertForSequenceClassification; ModernBertForMaskedLM drops
/// nothing).
template <class Policy, bool Drops = true>
struct normed_linear_training {
  template <class Spec>
  struct bind {
    using part = typename Policy::template bind<Spec>;
    static constexpr index_t width = part::width;
    static constexpr bool averages = part::averages, of_texts = !writes_tokens(part::reads_rows);
    using activation = typename Policy::dense_activation;
    using norm = typename training_of<typename Spec::norm>::template bind<width>;
    using read = rows<const float, width>;
    static index_t count(extent e) { return averages ? e.sequences : e.tokens; }
    /// Of the rows behind the means, if there are any: there may be more of them than tokens.
    static extent behind(extent e) {
      return averages ? extent{e.sequences, std::min(e.sequences, e.longest), e.sequences} : e;
    }

    struct kept {
      frame& from;
      rows<float, width> means{from, averages ? from.size.sequences : 0};
      rows<float, width> before{from, count(from.size)}, hidden{from, count(from.size)}, normed{from, count(from.size)};
    };
    struct scratch {
      frame from;
      rows<float, width> change{from, count(from.size)}, means{from, averages ? from.size.sequences : 0};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers, const sizes& s) {
      return bytes_of<scratch>(e) + std::max({linear_backward_bytes<Arch>(part::outputs(s), behind(e), workers),
                                              linear_backward_bytes<Arch>(width, behind(e), workers),
                                              norm::template scratch_bytes<Arch>(behind(e), workers)});
    }

    template <class Form>
    static void forward(const part& head, const weights<Form, part>& ready, const kept& k, read x, matrix<float> y,
                        const training_context& ctx) {
      if constexpr (averages)
        ctx.run.for_each(ctx.in.sequences(), [&](index_t i, index_t) {
          pool_rows<typename Form::arch>(pooling::mean, x.row(ctx.in.first(i)), x.stride, ctx.in.keys(i), width,
                                         k.means.row(i));
        });
      ready.dense(from_rows(k, x), k.before, ctx);
      activate_rows<typename Form::arch, activation>(read(k.before), k.hidden, ctx);
      norm::template forward<Form>(head.parts.norm, ready.norm, k.hidden, k.normed, ctx);
      if (Drops) ctx.drop_rows(k.normed, ctx.drop.head, dropout_place::head(0), of_texts);
      ready.classifier(read(k.normed), y, ctx);
    }
    /// dx is written.
    template <class Form>
    static void backward(const part& head, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, read x, matrix<const float> dy,
                         rows<float, width> dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const scratch s{ctx.frame()};
      training_context inner = ctx;
      inner.size = behind(ctx.size);
      linear_backward<Arch>(stored.classifier, gradients.classifier, read(k.normed), dy, s.change, passed_on::written,
                            inner);
      if (Drops) ctx.drop_rows(s.change, ctx.drop.head, dropout_place::head(0), of_texts);
      norm::template backward<Form>(head.parts.norm, stored.norm, ready.norm, gradients.norm, read(k.hidden),
                                    read(s.change), s.change, inner);
      multiply_rows_by_slope<Arch, activation>(read(k.before), s.change, ctx);
      linear_backward<Arch>(stored.dense, gradients.dense, from_rows(k, x), read(s.change), averages ? s.means : dx,
                            passed_on::written, inner);
      if constexpr (averages)
        ctx.run.for_each(ctx.in.sequences(), [&](index_t i, index_t) {
          const index_t first = ctx.in.first(i), visible = ctx.in.keys(i);
          for (index_t t = 0; t < ctx.in.length(i); ++t) std::fill_n(dx.row(first + t), width, 0.0f);
          if (visible > 0)
            pool_back<Arch>(pooling::mean, x.row(first), x.stride, visible, width, s.means.row(i), dx.row(first),
                            dx.stride);
        });
    }

   private:
    static read from_rows(const kept& k, read x) { return averages ? read(k.means) : x; }
  };
};
}  // namespace detail

template <class Activation, bool DenseBias, bool DecoderBias>
struct training_of<normed_lm<Activation, DenseBias, DecoderBias>>
    : detail::normed_linear_training<normed_lm<Activation, DenseBias, DecoderBias>, false> {};
template <reads Rows, class Activation, bool DenseBias>
struct training_of<normed_classification<Rows, Activation, DenseBias>>
    : detail::normed_linear_training<normed_classification<Rows, Activation, DenseBias>> {};
template <reads Rows, class Activation, bool DenseBias>
struct training_of<normed_choice<Rows, Activation, DenseBias>>
    : detail::normed_linear_training<normed_choice<Rows, Activation, DenseBias>> {};
template <class Activation, bool DenseBias>
struct training_of<normed_token_classification<Activation, DenseBias>>
    : detail::normed_linear_training<normed_token_classification<Activation, DenseBias>> {};
template <class Activation, bool DenseBias>
struct training_of<normed_question_answering<Activation, DenseBias>>
    : detail::normed_linear_training<normed_question_answering<Activation, DenseBias>> {};

}  // namespace weft
