#pragma once
#include <weft/head/dense_classification.hpp>
#include <weft/head/masked_lm.hpp>
#include <weft/head/pooled_linear.hpp>
#include <weft/head/replaced_token_detection.hpp>
#include <weft/head/token_linear.hpp>
#include <weft/testing/reference_activation.hpp>

namespace weft::testing {

/// Dense and tanh (reference: BertPooler).
template <>
struct reference_of<pooler> {
  template <class Spec>
  static table forward(const weights<raw, typename pooler::bind<Spec>>& p, const table& x) {
    return xt::tanh(reference_linear(p.dense, x));
  }
};

namespace detail {
template <class Head, class Spec>
using head_record = weights<raw, typename Head::template bind<Spec>>;

template <class Head>
struct reference_token_linear {
  template <class Spec>
  static table forward(const head_record<Head, Spec>& p, const table& x) {
    return reference_linear(p.classifier, x);
  }
};

template <class Head>
struct reference_pooled_linear {
  template <class Spec>
  static table forward(const head_record<Head, Spec>& p, const table& x) {
    return reference_linear(p.classifier, reference_of<pooler>::template forward<Spec>(p.pooled, x));
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
struct reference_masked_lm {
  template <class Spec>
  static table forward(const head_record<Head, Spec>& p, const table& x) {
    constexpr index table_width = Head::template bind<Spec>::table_width;
    const auto t = reference_of<Activation>::forward(reference_linear(p.transform, x));
    return reference_linear(p.decoder, reference_of<typename Spec::norm>::template forward<table_width>(p.norm, t));
  }
};
}  // namespace detail

/// Heads of one linear (reference: BertForTokenClassification, BertForQuestionAnswering).
template <>
struct reference_of<token_classification> : detail::reference_token_linear<token_classification> {};
template <>
struct reference_of<question_answering> : detail::reference_token_linear<question_answering> {};

/// Pooler and linear (reference: BertForSequenceClassification, BertForMultipleChoice, BertForNextSentencePrediction).
template <>
struct reference_of<pooled_classification> : detail::reference_pooled_linear<pooled_classification> {};
template <>
struct reference_of<pooled_choice> : detail::reference_pooled_linear<pooled_choice> {};
template <>
struct reference_of<next_sentence> : detail::reference_pooled_linear<next_sentence> {};

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
template <>
struct reference_of<generator_lm> : detail::reference_masked_lm<generator_lm, gelu> {};

/// Dense, activation, one logit (reference: ElectraDiscriminatorPredictions).
template <class Activation>
struct reference_of<replaced_token_detection<Activation>> {
  template <class Spec>
  static table forward(const detail::head_record<replaced_token_detection<Activation>, Spec>& p, const table& x) {
    return reference_linear(p.classifier, reference_of<Activation>::forward(reference_linear(p.dense, x)));
  }
};

}  // namespace weft::testing
