#pragma once
#include <weft/head/pooler.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// A linear on the pooled first token. Outputs may be a weft::counted size.
template <class Names, index_t Outputs, class Pooler>
struct pooled_linear {
  using pooler_type = Pooler;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = reads::first_token;
    static constexpr index_t outputs(const sizes& s) { return resolve(Outputs, s); }
    using pool = typename Pooler::template bind<Spec>;

    template <class Form>
    struct params {
      [[no_unique_address]] weights<Form, pool> pooled;
      linear<Form, width, Outputs> classifier;
      static constexpr void each(auto&& f, auto&... p) {
        f("", p.pooled...);
        f(Names::classifier, p.classifier...);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> pooled{from};
    };
    [[no_unique_address]] params<bound> parts;

    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      parts.pooled.forward(p.pooled, x, matrix<float>{s.pooled.data, x.count, width}, ctx);
      p.classifier(rows<const float, width>{s.pooled.data, x.count}, y, ctx);
    }
  };
};
struct classifier_name {
  static constexpr const char* classifier = "/classifier";
};
struct next_sentence_name {
  static constexpr const char* classifier = "/cls.seq_relationship";
};
}  // namespace detail

/// Sequence classification and regression: pooler, then a linear to the labels (reference:
/// BertForSequenceClassification, MobileBertForSequenceClassification). Writes [sequences, labels].
template <class Pooler = pooler>
struct pooled_classification : detail::pooled_linear<detail::classifier_name, counted::labels, Pooler> {};

/// Multiple choice: one score for each sequence; a question's choices are sequences of one batch, and the caller
/// compares their scores (reference: BertForMultipleChoice). Writes [sequences, 1].
template <class Pooler = pooler>
struct pooled_choice : detail::pooled_linear<detail::classifier_name, 1, Pooler> {};

/// Next sentence prediction: column 0 says that the second text follows the first, column 1 that it was drawn at random
/// (reference: BertForNextSentencePrediction). Writes [sequences, 2].
template <class Pooler = pooler>
struct next_sentence : detail::pooled_linear<detail::next_sentence_name, 2, Pooler> {};

}  // namespace weft
