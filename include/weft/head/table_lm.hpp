#pragma once
#include <weft/concept/bind.hpp>
#include <weft/concept/head.hpp>
#include <weft/kernel/activation.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// DeBERTa's masked language model: dense to the width of the word table, activation, norm, product with the encoder's
/// word table, which is no tensor of the head's own (reference: LegacyDebertaV2LMPredictionHead, and
/// DebertaV2LMPredictionHead, which Legacy tells apart by their names). Writes [tokens, vocabulary].
template <class Activation = gelu, bool Legacy = true>
struct table_lm {
  static constexpr std::string_view kind = "masked_lm";
  using activation = Activation;
  static constexpr bool legacy = Legacy;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width, table_width = table_width_of<Spec>();
    static constexpr auto reads_rows = reads::every_token;
    static constexpr index_t outputs(const sizes& s) { return s.vocabulary; }
    using norm_part = decltype(bind_norm<Spec, table_width>());

    template <class Form>
    struct params {
      linear<Form, width, table_width> transform;
      weights<Form, norm_part> norm;
      [[no_unique_address]] stored<Form, tensor<Form, counted::vocabulary, table_width>> word;
      [[no_unique_address]] stored<Form, tensor<Form, counted::vocabulary>> bias;
      [[no_unique_address]] derived<Form, linear<Form, table_width, counted::vocabulary>> decoder;
      static constexpr std::string_view derived_name = "decoder";
      static constexpr void each(auto&& f, auto&... p) {
        f(Legacy ? "/cls.predictions.transform.dense" : "/lm_predictions.lm_head.dense", p.transform...);
        f(Legacy ? "/cls.predictions.transform.LayerNorm" : "/lm_predictions.lm_head.LayerNorm", p.norm...);
        f("embeddings.word_embeddings.weight", p.word...);
        f(Legacy ? "/cls.predictions.bias" : "/lm_predictions.lm_head.bias", p.bias...);
      }
      void derive(const auto& raw, const sizes& s, arena& store) {
        const standing_in part(store, derived_name);
        decoder.pack([&](index_t o, index_t i) { return raw.word[o * table_width + i]; }, raw.bias.data, s.vocabulary,
                     store);
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

}  // namespace weft
