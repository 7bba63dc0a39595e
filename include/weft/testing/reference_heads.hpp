#pragma once
#include <algorithm>
#include <cmath>
#include <weft/head/concatenated_lm.hpp>
#include <weft/head/context_token_detection.hpp>
#include <weft/head/dense_classification.hpp>
#include <weft/head/long_question_answering.hpp>
#include <weft/head/masked_lm.hpp>
#include <weft/head/normed_linear.hpp>
#include <weft/head/pooled.hpp>
#include <weft/head/pooled_linear.hpp>
#include <weft/head/replaced_token_detection.hpp>
#include <weft/head/table_lm.hpp>
#include <weft/head/token_linear.hpp>
#include <weft/testing/reference_activation.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

namespace detail {
template <class Head, class Spec>
using head_record = weights<raw, typename Head::template bind<Spec>>;

template <class Head>
struct reference_pooler {
  template <class Spec>
  static table forward(const head_record<Head, Spec>& p, const table& x) {
    return xt::tanh(reference_linear(p.dense, x));
  }
};

template <class Head>
struct reference_token_linear {
  template <class Spec>
  static table forward(const head_record<Head, Spec>& p, const table& x) {
    return reference_linear(p.classifier, x);
  }
};

template <class Head, class Pooler>
struct reference_pooled_linear {
  template <class Spec>
  static table forward(const head_record<Head, Spec>& p, const table& x) {
    return reference_linear(p.classifier, reference_of<Pooler>::template forward<Spec>(p.pooled, x));
  }
};

template <class Head, class Activation>
struct reference_dense_linear {
  template <class Spec>
  static table forward(const head_record<Head, Spec>& p, const table& x) {
    return reference_linear(p.classifier, reference_of<Activation>::forward(reference_linear(p.dense, x)));
  }
};

template <class Head, class Activation>
struct reference_normed_linear {
  template <class Spec>
  static table forward(const head_record<Head, Spec>& p, const table& x) {
    const auto t = reference_of<Activation>::forward(reference_linear(p.dense, x));
    return reference_linear(p.classifier,
                            reference_of<typename Spec::norm>::template forward<Spec::shape.width>(p.norm, t));
  }
};

template <class Head, class Activation>
struct reference_masked_lm {
  template <class Spec>
  static table forward(const head_record<Head, Spec>& p, const table& x) {
    constexpr index_t table_width = Head::template bind<Spec>::table_width;
    const auto t = reference_of<Activation>::forward(reference_linear(p.transform, x));
    return reference_linear(p.decoder, reference_of<typename Spec::norm>::template forward<table_width>(p.norm, t));
  }
};
}  // namespace detail

/// Dense and tanh (reference: BertPooler, BigBirdModel); the row itself (reference: MobileBertPooler).
template <>
struct reference_of<pooler> : detail::reference_pooler<pooler> {};
template <>
struct reference_of<bare_pooler> : detail::reference_pooler<bare_pooler> {};
template <>
struct reference_of<first_token_pooler> {
  template <class Spec>
  static table forward(const nothing&, const table& x) {
    return x;
  }
};

/// The same with another activation (reference: ContextPooler).
template <class Activation>
struct reference_of<context_pooler<Activation>> {
  template <class Spec>
  static table forward(const detail::head_record<context_pooler<Activation>, Spec>& p, const table& x) {
    return reference_of<Activation>::forward(reference_linear(p.dense, x));
  }
};

/// The first row of the sequence added, norm, dense, activation, linear (reference: MaskPredictionHead).
template <class Activation>
struct reference_of<context_token_detection<Activation>> {
  template <class Spec>
  static table forward(const detail::head_record<context_token_detection<Activation>, Spec>& p, const table& x,
                       const batch& in) {
    table sum = x;
    for (index_t s = 0; s < in.sequences(); ++s)
      for (index_t t = in.first(s); t < in.first(s) + in.length(s); ++t)
        xt::row(sum, t) = xt::row(x, t) + xt::row(x, in.first(s));
    const table normed = reference_of<typename Spec::norm>::template forward<Spec::shape.width>(p.norm, sum);
    return reference_linear(p.classifier, reference_of<Activation>::forward(reference_linear(p.dense, normed)));
  }
};

/// Heads of one linear (reference: BertForTokenClassification, BertForQuestionAnswering).
template <>
struct reference_of<token_classification> : detail::reference_token_linear<token_classification> {};
template <>
struct reference_of<question_answering> : detail::reference_token_linear<question_answering> {};
template <>
struct reference_of<last_token_choice> : detail::reference_token_linear<last_token_choice> {};

/// Pooler and linear (reference: BertForSequenceClassification, BertForMultipleChoice, BertForNextSentencePrediction).
template <class Pooler>
struct reference_of<pooled_classification<Pooler>>
    : detail::reference_pooled_linear<pooled_classification<Pooler>, Pooler> {};
template <class Pooler>
struct reference_of<pooled_choice<Pooler>> : detail::reference_pooled_linear<pooled_choice<Pooler>, Pooler> {};
template <class Pooler>
struct reference_of<next_sentence<Pooler>> : detail::reference_pooled_linear<next_sentence<Pooler>, Pooler> {};

/// Dense, activation, linear (reference: ElectraClassificationHead, ElectraForMultipleChoice).
template <class Activation>
struct reference_of<dense_classification<Activation>>
    : detail::reference_dense_linear<dense_classification<Activation>, Activation> {};
template <class Activation>
struct reference_of<summary_choice<Activation>>
    : detail::reference_dense_linear<summary_choice<Activation>, Activation> {};

/// Dense, activation, norm, product with the word table (reference: BertLMPredictionHead, ElectraForMaskedLM).
template <class Activation>
struct reference_of<masked_lm<Activation>> : detail::reference_masked_lm<masked_lm<Activation>, Activation> {};
template <class Activation>
struct reference_of<factorised_lm<Activation>> : detail::reference_masked_lm<factorised_lm<Activation>, Activation> {};
template <>
struct reference_of<generator_lm> : detail::reference_masked_lm<generator_lm, gelu> {};

/// The same, with the encoder's word table (reference: LegacyDebertaV2LMPredictionHead).
template <class Activation, bool Legacy>
struct reference_of<table_lm<Activation, Legacy>> {
  using head = table_lm<Activation, Legacy>;
  template <class Spec>
  static table forward(const detail::head_record<head, Spec>& p, const table& x) {
    constexpr index_t table_width = head::template bind<Spec>::table_width;
    const auto t = reference_of<Activation>::forward(reference_linear(p.transform, x));
    const table normed = reference_of<typename Spec::norm>::template forward<table_width>(p.norm, t);
    const table word = xt::cast<double>(as_xtensor(p.word));
    return product_transposed(normed, word) + xt::view(as_xtensor(p.bias), xt::newaxis(), xt::all());
  }
};

/// Dense, activation, norm, linear (reference: ModernBertPredictionHead and what stands behind it).
template <class Activation, bool DenseBias, bool DecoderBias>
struct reference_of<normed_lm<Activation, DenseBias, DecoderBias>>
    : detail::reference_normed_linear<normed_lm<Activation, DenseBias, DecoderBias>, Activation> {};
template <reads Rows, class Activation, bool DenseBias>
struct reference_of<normed_classification<Rows, Activation, DenseBias>>
    : detail::reference_normed_linear<normed_classification<Rows, Activation, DenseBias>, Activation> {};
template <reads Rows, class Activation, bool DenseBias>
struct reference_of<normed_choice<Rows, Activation, DenseBias>>
    : detail::reference_normed_linear<normed_choice<Rows, Activation, DenseBias>, Activation> {};
template <class Activation, bool DenseBias>
struct reference_of<normed_token_classification<Activation, DenseBias>>
    : detail::reference_normed_linear<normed_token_classification<Activation, DenseBias>, Activation> {};
template <class Activation, bool DenseBias>
struct reference_of<normed_question_answering<Activation, DenseBias>>
    : detail::reference_normed_linear<normed_question_answering<Activation, DenseBias>, Activation> {};

/// Dense, activation, one logit (reference: ElectraDiscriminatorPredictions).
template <class Activation>
struct reference_of<replaced_token_detection<Activation>> {
  template <class Spec>
  static table forward(const detail::head_record<replaced_token_detection<Activation>, Spec>& p, const table& x) {
    return reference_linear(p.classifier, reference_of<Activation>::forward(reference_linear(p.dense, x)));
  }
};

/// Dense, activation, layer norm, product with the word table beside a further table (reference:
/// MobileBertLMPredictionHead).
template <class Activation, class Norm>
struct reference_of<concatenated_lm<Activation, Norm>> {
  template <class Spec>
  static table forward(const detail::head_record<concatenated_lm<Activation, Norm>, Spec>& p, const table& x) {
    constexpr index_t width = Spec::shape.width,
                      table_width = concatenated_lm<Activation, Norm>::template bind<Spec>::table_width;
    const table t = reference_of<Norm>::template forward<width>(
        p.norm, reference_of<Activation>::forward(reference_linear(p.transform, x)));
    const table word = xt::cast<double>(as_xtensor(p.word));
    const table first = xt::view(t, xt::all(), xt::range(0, table_width));
    table logits = product_transposed(first, word) + xt::view(as_xtensor(p.bias), xt::newaxis(), xt::all());
    if constexpr (width != table_width) {
      const table further = xt::cast<double>(as_xtensor(p.further));
      const table rest = xt::view(t, xt::all(), xt::range(table_width, width));
      logits += product(rest, further);
    }
    return logits;
  }
};

/// Feed-forward with residual and norm, linear (reference: BigBirdForQuestionAnsweringHead). Without the lowering of
/// the question's logits, which needs the ids.
template <class Activation, std::int32_t Separator>
struct reference_of<long_question_answering<Activation, Separator>> {
  template <class Spec>
  static table forward(const detail::head_record<long_question_answering<Activation, Separator>, Spec>& p,
                       const table& x) {
    const table sum =
        reference_linear(p.feed.down, reference_of<Activation>::forward(reference_linear(p.feed.up, x))) + x;
    return reference_linear(p.classifier,
                            reference_of<typename Spec::norm>::template forward<Spec::shape.width>(p.norm, sum));
  }
};

/// The visible rows of a sequence pooled in every way that is named, side by side (reference:
/// sentence_transformers.models.Pooling).
template <pooling... Modes>
struct reference_of<pooled<Modes...>> {
  template <class Spec>
  static table of_sequence(const detail::head_record<pooled<Modes...>, Spec>&, const table& x) {
    const auto modes = typename pooled<Modes...>::template bind<Spec>{}.modes;
    constexpr index_t width = Spec::shape.width;
    table y = xt::zeros<double>({index_t{1}, width * modes.count()});
    const auto count = static_cast<index_t>(x.shape()[0]);
    index_t column = 0;
    for (const auto mode : modes.all())
      for (index_t c = 0; c < width; ++c, ++column)
        if (count > 0) y(0, column) = value(mode, x, count, c);
    return y;
  }

 private:
  static double value(pooling mode, const table& x, index_t count, index_t c) {
    const auto n = static_cast<double>(count);
    double sum = 0, weighted = 0, largest = x(0, c);
    for (index_t t = 0; t < count; ++t) {
      sum += x(t, c), weighted += static_cast<double>(t + 1) * x(t, c);
      largest = std::max(largest, x(t, c));
    }
    switch (mode) {
      case pooling::first_token:
        return x(0, c);
      case pooling::last_token:
        return x(count - 1, c);
      case pooling::maximum:
        return largest;
      case pooling::mean:
        return sum / n;
      case pooling::square_root_mean:
        return sum / std::sqrt(n);
      case pooling::weighted_mean:
        return weighted / (n * (n + 1) / 2);
    }
    return 0;
  }
};

}  // namespace weft::testing
