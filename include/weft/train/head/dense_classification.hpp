#pragma once
#include <algorithm>
#include <weft/head/replaced_token_detection.hpp>
#include <weft/train/ffn/dense.hpp>
#include <weft/train/linear.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// The way back through dense, activation and linear. Some of what the linears read is dropped where
/// DropsInput and Drops
/// (reference: ElectraClassificationHead; ElectraDiscriminatorPredictions drops nothing).
template <class Policy, class Activation, bool Drops = true, bool DropsInput = Drops>
struct dense_linear_training {
  template <class Spec>
  struct bind {
    using part = typename Policy::template bind<Spec>;
    static constexpr index_t width = part::width;
    static constexpr bool of_texts = !writes_tokens(part::reads_rows);
    using read = rows<const float, width>;
    struct kept {
      frame& from;
      rows<float, width> dropped{from}, before{from}, hidden{from};
    };
    struct scratch {
      frame from;
      rows<float, width> change{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers, const sizes& s) {
      return bytes_of<scratch>(e) + std::max(linear_backward_bytes<Arch>(part::outputs(s), e, workers),
                                             linear_backward_bytes<Arch>(width, e, workers));
    }

    template <class Form>
    static void forward(const part&, const weights<Form, part>& ready, const kept& k, read x, matrix<float> y,
                        const training_context& ctx) {
      for (index_t i = 0; i < x.count; ++i) std::copy_n(x.row(i), width, k.dropped.row(i));
      if (DropsInput) ctx.drop_rows(k.dropped, ctx.drop.head, dropout_place::head(0), of_texts);
      ready.dense(k.dropped, k.before, ctx);
      activate_rows<typename Form::arch, Activation>(read(k.before), k.hidden, ctx);
      if (Drops) ctx.drop_rows(k.hidden, ctx.drop.head, dropout_place::head(1), of_texts);
      ready.classifier(k.hidden, y, ctx);
    }
    /// dx is written.
    template <class Form>
    static void backward(const part&, const weights<raw, part>& stored, const weights<Form, part>&,
                         const weights<gradient, part>& gradients, const kept& k, read, matrix<const float> dy,
                         rows<float, width> dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const scratch s{ctx.frame()};
      linear_backward<Arch>(stored.classifier, gradients.classifier, read(k.hidden), dy, s.change, passed_on::written,
                            ctx);
      if (Drops) ctx.drop_rows(s.change, ctx.drop.head, dropout_place::head(1), of_texts);
      multiply_rows_by_slope<Arch, Activation>(read(k.before), s.change, ctx);
      linear_backward<Arch>(stored.dense, gradients.dense, read(k.dropped), read(s.change), dx, passed_on::written,
                            ctx);
      if (DropsInput) ctx.drop_rows(dx, ctx.drop.head, dropout_place::head(0), of_texts);
    }
  };
};
}  // namespace detail

template <class Activation>
struct training_of<dense_classification<Activation>>
    : detail::dense_linear_training<dense_classification<Activation>, Activation> {};
/// What is behind the activation is dropped alone (reference: ElectraForMultipleChoice's sequence summary).
template <class Activation>
struct training_of<summary_choice<Activation>>
    : detail::dense_linear_training<summary_choice<Activation>, Activation, true, false> {};
template <class Activation>
struct training_of<replaced_token_detection<Activation>>
    : detail::dense_linear_training<replaced_token_detection<Activation>, Activation, false> {};

}  // namespace weft
