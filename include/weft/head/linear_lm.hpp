#pragma once
#include <array>
#include <weft/concept/head.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// EuroBERT's masked language model: a linear to the vocabulary and nothing before it, tied to the word table where the
/// configuration ties (reference: EuroBertForMaskedLM). Writes [tokens, vocabulary].
template <bool Bias = false>
struct linear_lm {
  static constexpr std::string_view kind = "masked_lm";

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = reads::every_token;
    static constexpr index_t outputs(const sizes& s) { return s.vocabulary; }
    static constexpr std::array tied{tied_name{"lm_head.weight", "embeddings.word_embeddings.weight"}};

    template <class Form>
    struct params {
      linear<Form, width, counted::vocabulary, Bias> decoder;
      static constexpr void each(auto&& f, auto&... p) { f("/lm_head", p.decoder...); }
    };
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      p.decoder(x, y, ctx);
    }
  };
};

}  // namespace weft
