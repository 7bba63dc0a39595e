#pragma once
#include <algorithm>
#include <weft/head/token_linear.hpp>
#include <weft/train/linear.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// The way back through one linear. Some of what it reads is dropped where Drops (reference:
/// BertForTokenClassification; BertForQuestionAnswering drops nothing).
template <class Policy, bool Drops>
struct token_linear_training {
  template <class Spec>
  struct bind {
    using part = typename Policy::template bind<Spec>;
    static constexpr index_t width = part::width;
    static constexpr bool of_texts = !writes_tokens(part::reads_rows);
    struct kept {
      frame& from;
      rows<float, width> dropped{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers, const sizes& s) {
      return linear_backward_bytes<Arch>(part::outputs(s), e, workers);
    }

    template <class Form>
    static void forward(const part&, const weights<Form, part>& ready, const kept& k, rows<const float, width> x,
                        matrix<float> y, const training_context& ctx) {
      for (index_t i = 0; i < x.count; ++i) std::copy_n(x.row(i), width, k.dropped.row(i));
      if (Drops) ctx.drop_rows(k.dropped, ctx.drop.head, dropout_place::head(0), of_texts);
      ready.classifier(k.dropped, y, ctx);
    }
    /// dx is written.
    template <class Form>
    static void backward(const part&, const weights<raw, part>& stored, const weights<Form, part>&,
                         const weights<gradient, part>& gradients, const kept& k, rows<const float, width>,
                         matrix<const float> dy, rows<float, width> dx, const training_context& ctx) {
      linear_backward<typename Form::arch>(stored.classifier, gradients.classifier, rows<const float, width>(k.dropped),
                                           dy, dx, passed_on::written, ctx);
      if (Drops) ctx.drop_rows(dx, ctx.drop.head, dropout_place::head(0), of_texts);
    }
  };
};
}  // namespace detail

template <>
struct training_of<token_classification> : detail::token_linear_training<token_classification, true> {};
template <>
struct training_of<question_answering> : detail::token_linear_training<question_answering, false> {};
template <>
struct training_of<last_token_choice> : detail::token_linear_training<last_token_choice, false> {};

}  // namespace weft
