#pragma once
#include <weft/concept/bind.hpp>
#include <weft/concept/head.hpp>
#include <weft/kernel/activation.hpp>
#include <weft/norm/layer_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// MobileBERT's masked language model (reference: MobileBertLMPredictionHead): dense, activation, layer norm (a true
/// one whatever the spec's norm is), then a product with the word table beside a further table, since the word table is
/// narrower than the rows. The further table is stored [width - table width, vocabulary]. Writes [tokens, vocabulary].
template <class Activation = relu, class Norm = layer_norm<>>
struct concatenated_lm {
  static constexpr std::string_view kind = "masked_lm";
  using activation = Activation;
  using norm_type = Norm;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr index_t table_width = table_width_of<Spec>(), rest = width - table_width;
    static constexpr auto reads_rows = reads::every_token;
    static constexpr index_t outputs(const sizes& s) { return s.vocabulary; }
    static constexpr std::array tied{tied_name{"cls.predictions.decoder.weight", "embeddings.word_embeddings.weight"},
                                     tied_name{"cls.predictions.decoder.bias", "/cls.predictions.bias"}};
    using norm_part = decltype(bind_norm<with_norm<Spec, Norm>, width>());

    template <class Form>
    struct params {
      linear<Form, width, width> transform;
      weights<Form, norm_part> norm;
      [[no_unique_address]] stored<Form, tensor<Form, counted::vocabulary, table_width>> word;
      [[no_unique_address]] stored<Form,
                                   std::conditional_t<rest != 0, tensor<Form, rest, counted::vocabulary>, nothing>>
          further;
      [[no_unique_address]] stored<Form, tensor<Form, counted::vocabulary>> bias;
      [[no_unique_address]] derived<Form, linear<Form, width, counted::vocabulary>> decoder;

      static constexpr std::string_view derived_name = "decoder";
      static constexpr void each(auto&& f, auto&... p) {
        f("/cls.predictions.transform.dense", p.transform...);
        f("/cls.predictions.transform.LayerNorm", p.norm...);
        f("/cls.predictions.decoder.weight", p.word...);
        f("/cls.predictions.dense.weight", p.further...);
        f("/cls.predictions.decoder.bias", p.bias...);
      }
      void derive(const auto& raw, const sizes& s, arena& store) {
        const standing_in part(store, derived_name);
        decoder.pack(
            [&](index_t o, index_t i) {
              if constexpr (rest != 0)
                if (i >= table_width) return raw.further[(i - table_width) * s.vocabulary + o];
              return raw.word[o * table_width + i];
            },
            raw.bias.data, s.vocabulary, store);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> transformed{from};
    };
    [[no_unique_address]] params<bound> parts;

    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      const rows<float, width> t{s.transformed.data, x.count};
      p.transform(x, t, ctx, Activation{});
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (auto i = first; i < last; ++i) parts.norm.row(p.norm, t.row(i), t.row(i));
      });
      p.decoder(rows<const float, width>(t), y, ctx);
    }
  };
};

}  // namespace weft
