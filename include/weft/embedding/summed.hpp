#pragma once
#include <cmath>
#include <weft/concept/bind.hpp>
#include <weft/kernel/gather.hpp>

namespace weft {

namespace detail {
template <bool Rescaled>
struct summed {
  template <class Spec, index Width = Spec::shape.width>
  struct bind {
    static constexpr index width = Width, table_width = Width;
    using norm_part = decltype(bind_norm<Spec, Width>());

    template <class Form>
    struct params {
      tensor<Form, counted::vocabulary, Width> word;
      tensor<Form, counted::positions, Width> position;
      tensor<Form, counted::segments, Width> segment;
      weights<Form, norm_part> norm;
      static constexpr void each(auto&& f, auto&... p) {
        f("embeddings.word_embeddings.weight", p.word...);
        f("embeddings.position_embeddings.weight", p.position...);
        f("embeddings.token_type_embeddings.weight", p.segment...);
        f("embeddings.LayerNorm", p.norm...);
      }
    };
    static void expect(auto&& wants) {
      wants.integer("embedding_size", Width);
      wants.flag("rescale_embeddings", Rescaled);
      wants.part(norm_part{});
    }

    /// tokens of the batch -> x [tokens, width]
    template <class Form>
    void forward(const params<Form>& p, rows<float, Width> x, const context& ctx) const {
      ctx.each_tile(32, 1, [&](tile t, index, index) {
        for (auto position = t.first; position < t.last; ++position) {
          const auto i = ctx.in.first(t.sequence) + position;
          const index segment = ctx.in.segments.empty() ? 0 : ctx.in.segments[i];
          const float* word = p.word.data + ctx.in.ids[i] * Width;
          if constexpr (Rescaled) {
            scale_row<typename Form::arch>(word, std::sqrt(static_cast<float>(Width)), Width, x.row(i));
            word = x.row(i);
          }
          sum_rows<typename Form::arch>(word, p.segment.data + segment * Width, p.position.data + position * Width,
                                        Width, x.row(i));
          norm_part{}.row(p.norm, x.row(i), x.row(i));
        }
      });
    }
  };
};
}  // namespace detail

/// BERT's embedding: word + segment + position, normalised (Devlin et al. 2019, figure 2; reference: BertEmbeddings).
struct summed : detail::summed<false> {};

/// The same with words multiplied by the square root of the width first: BigBird with `rescale_embeddings` (reference:
/// BigBirdEmbeddings).
struct summed_rescaled : detail::summed<true> {};

}  // namespace weft
