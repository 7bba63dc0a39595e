#pragma once
#include <weft/concept/head.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
template <class Names, index_t Outputs, reads Rows = reads::every_token>
struct token_linear {
  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = Rows;
    static constexpr index_t outputs(const sizes& s) { return resolve(Outputs, s); }

    template <class Form>
    struct params {
      linear<Form, width, Outputs> classifier;
      static constexpr void each(auto&& f, auto&... p) { f(Names::classifier, p.classifier...); }
    };
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      p.classifier(x, y, ctx);
    }
  };
};
struct token_classifier_name {
  static constexpr const char* classifier = "/classifier";
};
struct question_answering_name {
  static constexpr const char* classifier = "/qa_outputs";
};
}  // namespace detail

/// One label for each token: named entities, parts of speech (reference: BertForTokenClassification).
/// Writes [tokens, labels].
struct token_classification : detail::token_linear<detail::token_classifier_name, counted::labels> {};

/// Extractive question answering: column 0 scores a token as the answer's first, column 1 as its last (reference:
/// BertForQuestionAnswering). Writes [tokens, 2].
struct question_answering : detail::token_linear<detail::question_answering_name, 2> {};

/// ConvBERT's multiple choice: one score from each sequence's last row, without a pooler (reference:
/// ConvBertForMultipleChoice, whose sequence summary takes the last position). Writes [sequences, 1].
struct last_token_choice : detail::token_linear<detail::token_classifier_name, 1, reads::last_token> {};

}  // namespace weft
