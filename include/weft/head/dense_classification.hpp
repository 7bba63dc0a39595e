#pragma once
#include <array>
#include <weft/concept/head.hpp>
#include <weft/kernel/activation.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// Dense, activation, linear on the rows that it reads.
template <class Names, index_t Outputs, class Activation, reads Rows = reads::first_token>
struct dense_linear {
  static constexpr std::string_view kind = Names::kind;
  using activation = Activation;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = Rows;
    static constexpr index_t outputs(const sizes& s) { return resolve(Outputs, s); }

    template <class Form>
    struct params {
      linear<Form, width, width> dense;
      linear<Form, width, Outputs> classifier;
      static constexpr void each(auto&& f, auto&... p) {
        f(Names::dense, p.dense...);
        f(Names::classifier, p.classifier...);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> hidden{from};
    };
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      p.dense(x, rows<float, width>{s.hidden.data, x.count}, ctx, Activation{});
      p.classifier(rows<const float, width>{s.hidden.data, x.count}, y, ctx);
    }
  };
};
struct dense_classifier_names {
  static constexpr std::string_view kind = "classification";
  static constexpr const char *dense = "/classifier.dense", *classifier = "/classifier.out_proj";
};
struct summary_names {
  static constexpr std::string_view kind = "choice";
  static constexpr const char *dense = "/sequence_summary.summary", *classifier = "/classifier";
};
}  // namespace detail

/// ELECTRA's sequence classification and regression: dense, GELU (the erf form whatever hidden_act says), linear to
/// the labels, on the first token (reference: ElectraClassificationHead). Writes [sequences, labels].
template <class Activation = gelu>
struct dense_classification : detail::dense_linear<detail::dense_classifier_names, counted::labels, Activation> {};

/// ELECTRA's multiple choice: dense, GELU, one score (reference: ElectraForMultipleChoice with its default sequence
/// summary). Writes [sequences, 1].
template <class Activation = gelu>
struct summary_choice : detail::dense_linear<detail::summary_names, 1, Activation> {};

}  // namespace weft
