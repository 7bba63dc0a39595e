#pragma once
#include <array>
#include <weft/concept/bind.hpp>
#include <weft/head/pooled.hpp>
#include <weft/kernel/activation.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
struct normed_linear_options {
  bool dense_bias = true;  // of the dense layer
  bool bias = true;        // of what is behind it
};
// Dense, activation, norm, linear: on every row, on each sequence's first one, or on the mean of its rows.
template <class Names, index_t Outputs, class Activation, normed_linear_options Options, reads Rows>
struct normed_linear {
  static constexpr std::string_view kind = Names::kind;
  using dense_activation = Activation;
  static constexpr auto options = Options;
  static constexpr auto reads_rows = Rows;

  static_assert(
      Rows == reads::every_token || Rows == reads::first_token || Rows == reads::sequences_as_one,
      "weft: a head of normed_linear reads weft::reads::first_token, or weft::reads::sequences_as_one for the "
      "mean of a sequence's rows");

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = Rows;
    static constexpr index_t outputs(const sizes& s) { return resolve(Outputs, s); }
    static constexpr auto tied = Names::tied;
    using norm_part = decltype(bind_norm<Spec, width>());

    template <class Form>
    struct params {
      linear<Form, width, width, Options.dense_bias> dense;
      weights<Form, norm_part> norm;
      linear<Form, width, Outputs, Options.bias> classifier;
      static constexpr void each(auto&& f, auto&... p) {
        f("/head.dense", p.dense...);
        f("/head.norm", p.norm...);
        f(Names::classifier, p.classifier...);
      }
    };
    static constexpr bool averages = Rows == reads::sequences_as_one;
    struct scratch {
      frame from;
      rows<float, width> hidden{from, averages ? from.size.sequences : from.size.tokens};
      rows<float, width> means{from, averages ? from.size.sequences : 0};
    };
    [[no_unique_address]] params<bound> parts;

    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      if constexpr (averages) {
        ctx.run.for_each(ctx.in.sequences(), [&](index_t i, index_t) {
          detail::pool_rows<typename Form::arch>(pooling::mean, x.row(ctx.in.first(i)), x.stride, ctx.in.keys(i), width,
                                                 s.means.row(i));
        });
        x = s.means;
      }
      const rows<float, width> t{s.hidden.data, averages ? ctx.in.sequences() : x.count};
      p.dense(x, t, ctx, Activation{});
      ctx.each_rows(t.count, [&](index_t first, index_t last) {
        for (auto i = first; i < last; ++i) parts.norm.row(p.norm, t.row(i), t.row(i));
      });
      p.classifier(rows<const float, width>(t), y, ctx);
    }
  };
};

struct head_classifier {
  static constexpr const char* classifier = "/classifier";
  static constexpr std::array<tied_name, 0> tied{};
};
struct head_sequences : head_classifier {
  static constexpr std::string_view kind = "classification";
};
struct head_tokens : head_classifier {
  static constexpr std::string_view kind = "token_classification";
};
struct head_answers : head_classifier {
  static constexpr std::string_view kind = "question_answering";
};
struct head_choices : head_classifier {
  static constexpr std::string_view kind = "choice";
};
struct head_words {
  static constexpr std::string_view kind = "masked_lm";
  static constexpr const char* classifier = "/decoder";
  static constexpr std::array tied{tied_name{"decoder.weight", "embeddings.word_embeddings.weight"}};
};
}  // namespace detail

/// ModernBERT's heads: dense, activation, norm, linear (Warner et al. 2024; reference: ModernBertPredictionHead and
/// what stands behind it). DenseBias is the dense layer's; a classifier always has one. Values are logits.
///
/// Masked language model: the linear is the word table. Writes [tokens, vocabulary].
template <class Activation = gelu, bool DenseBias = false, bool DecoderBias = true>
struct normed_lm : detail::normed_linear<detail::head_words, counted::vocabulary, Activation,
                                         detail::normed_linear_options{DenseBias, DecoderBias}, reads::every_token> {};

/// Of sequences, on the rows that Rows says: reads::first_token, or reads::sequences_as_one for the mean of the visible
/// ones. Writes [sequences, labels].
template <reads Rows = reads::first_token, class Activation = gelu, bool DenseBias = false>
struct normed_classification : detail::normed_linear<detail::head_sequences, counted::labels, Activation,
                                                     detail::normed_linear_options{DenseBias}, Rows> {};

/// Multiple choice, on the same rows. Writes [sequences, 1].
template <reads Rows = reads::first_token, class Activation = gelu, bool DenseBias = false>
struct normed_choice
    : detail::normed_linear<detail::head_choices, 1, Activation, detail::normed_linear_options{DenseBias}, Rows> {};

/// Of tokens. Writes [tokens, labels].
template <class Activation = gelu, bool DenseBias = false>
struct normed_token_classification
    : detail::normed_linear<detail::head_tokens, counted::labels, Activation, detail::normed_linear_options{DenseBias},
                            reads::every_token> {};

/// Where an answer begins and ends. Writes [tokens, 2].
template <class Activation = gelu, bool DenseBias = false>
struct normed_question_answering : detail::normed_linear<detail::head_answers, 2, Activation,
                                                         detail::normed_linear_options{DenseBias}, reads::every_token> {
};

}  // namespace weft
