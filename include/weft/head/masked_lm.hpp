#pragma once
#include <weft/concept/bind.hpp>
#include <weft/concept/head.hpp>
#include <weft/kernel/activation.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// Dense to the width of the word table, activation, norm, then a product with the word table.
template <class Names, class Activation>
struct masked_lm {
  static constexpr std::string_view kind = "masked_lm";
  using activation = Activation;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr index_t table_width = Names::template table_width<Spec>;
    static constexpr auto reads_rows = reads::every_token;
    static constexpr index_t outputs(const sizes& s) { return s.vocabulary; }
    static constexpr auto tied = Names::tied;
    using norm_part = decltype(bind_norm<Spec, table_width>());

    template <class Form>
    struct params {
      linear<Form, width, table_width> transform;
      weights<Form, norm_part> norm;
      linear<Form, table_width, counted::vocabulary> decoder;
      static constexpr void each(auto&& f, auto&... p) {
        f(Names::transform, p.transform...);
        f(Names::norm, p.norm...);
        f(Names::decoder, p.decoder...);
      }
    };
    struct scratch {
      frame from;
      rows<float, table_width> transformed{from};
    };
    [[no_unique_address]] params<bound> parts;
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      const rows<float, table_width> t{s.transformed.data, x.count};
      p.transform(x, t, ctx, Activation{});
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (auto i = first; i < last; ++i) parts.norm.row(p.norm, t.row(i), t.row(i));
      });
      p.decoder(rows<const float, table_width>(t), y, ctx);
    }
  };
};

struct prediction_names {
  static constexpr const char *transform = "/cls.predictions.transform.dense",
                              *norm = "/cls.predictions.transform.LayerNorm", *decoder = "/cls.predictions.decoder";
  template <class Spec>
  static constexpr index_t table_width = Spec::shape.width;
  static constexpr std::array tied{tied_name{"cls.predictions.decoder.weight", "embeddings.word_embeddings.weight"},
                                   tied_name{"cls.predictions.decoder.bias", "/cls.predictions.bias"}};
};
struct factorised_names : prediction_names {
  template <class Spec>
  static constexpr index_t table_width = table_width_of<Spec>();
};
struct generator_names {
  static constexpr const char *transform = "/generator_predictions.dense", *norm = "/generator_predictions.LayerNorm",
                              *decoder = "/generator_lm_head";
  template <class Spec>
  static constexpr index_t table_width = table_width_of<Spec>();
  static constexpr std::array tied{tied_name{"generator_lm_head.weight", "embeddings.word_embeddings.weight"}};
};
}  // namespace detail

/// BERT's masked language model: dense, the feed-forward's activation, norm, product with the word table (reference:
/// BertLMPredictionHead). Writes [tokens, vocabulary].
template <class Activation = gelu>
struct masked_lm : detail::masked_lm<detail::prediction_names, Activation> {};

/// ALBERT's: the same with tables of the embedding's width (reference: AlbertMLMHead). Writes [tokens, vocabulary].
template <class Activation = gelu_tanh>
struct factorised_lm : detail::masked_lm<detail::factorised_names, Activation> {};

/// ELECTRA's generator: the same with tables of the embedding's width, always the erf GELU (reference:
/// ElectraGeneratorPredictions). Writes [tokens, vocabulary].
struct generator_lm : detail::masked_lm<detail::generator_names, gelu> {};

}  // namespace weft
