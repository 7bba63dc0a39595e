#pragma once
#include <cmath>
#include <weft/base/unit_containers.hpp>
#include <weft/concept/bind.hpp>
#include <weft/kernel/gather.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
struct summed_options {
  bool rescaled = false;       // words are multiplied by the square root of the width
  bool segments = true;        // there is a table of segments
  bool positions = true;       // there is a table of positions
  bool after_padding = false;  // positions count tokens other than the padding, from the one behind its id
};
template <summed_options Options = summed_options{}>
struct summed {
  static constexpr summed_options options = Options;

  template <class Spec, index_t Width = Spec::shape.width>
  struct bind {
    static constexpr index_t width = Width, table_width = Width;
    using norm_part = decltype(bind_norm<Spec, Width>());

    template <class Form>
    struct params {
      tensor<Form, counted::vocabulary, Width> word;
      [[no_unique_address]] std::conditional_t<Options.positions, tensor<Form, counted::positions, Width>, nothing>
          position;
      [[no_unique_address]] std::conditional_t<Options.segments, tensor<Form, counted::segments, Width>, nothing>
          segment;
      weights<Form, norm_part> norm;
      [[no_unique_address]] std::conditional_t<Options.after_padding, derived<Form, index_t>, nothing> padding{};
      static constexpr void each(auto&& f, auto&... p) {
        f("embeddings.word_embeddings.weight", p.word...);
        f("embeddings.position_embeddings.weight", p.position...);
        f("embeddings.token_type_embeddings.weight", p.segment...);
        f("embeddings.LayerNorm", p.norm...);
      }
      void derive(const auto&, const sizes& s, arena&) requires(Options.after_padding) {
        padding = s.first_position - 1;
      }
    };
    [[no_unique_address]] params<bound> parts;

    /// tokens of the batch -> x [tokens, width]
    template <class Form>
    void forward(const params<Form>& p, rows<float, Width> x, const context& ctx) const {
      ctx.each_tile(32, 1, [&](tile t, index_t, index_t) {
        const auto begin = ctx.in.first(t.sequence);
        [[maybe_unused]] index_t words = 0;
        if constexpr (Options.after_padding)
          for (auto i = begin; i < begin + t.first; ++i) words += ctx.in.ids[i] != p.padding;
        for (auto token = t.first; token < t.last; ++token) {
          const auto i = begin + token;
          [[maybe_unused]] index_t at = token;
          if constexpr (Options.after_padding) at = p.padding + (ctx.in.ids[i] == p.padding ? 0 : ++words);
          const float* word = p.word.data + ctx.in.ids[i] * Width;
          if constexpr (Options.rescaled) {
            scale_row<typename Form::arch>(word, std::sqrt(static_cast<float>(Width)), Width, x.row(i));
            word = x.row(i);
          }
          [[maybe_unused]] const index_t segment = ctx.in.segments.empty() ? 0 : ctx.in.segments[i];
          if constexpr (!Options.segments && !Options.positions)
            parts.norm.row(p.norm, word, x.row(i));
          else if constexpr (!Options.segments)
            add_row<typename Form::arch>(word, p.position.data + at * Width, Width, x.row(i));
          else if constexpr (!Options.positions)
            add_row<typename Form::arch>(word, p.segment.data + segment * Width, Width, x.row(i));
          else
            sum_rows<typename Form::arch>(word, p.segment.data + segment * Width, p.position.data + at * Width, Width,
                                          x.row(i));
          if constexpr (Options.segments || Options.positions) parts.norm.row(p.norm, x.row(i), x.row(i));
        }
      });
    }
  };
};
}  // namespace detail

/// BERT's embedding: word + segment + position, normalised (Devlin et al. 2019, figure 2; reference: BertEmbeddings).
struct summed : detail::summed<> {};

/// The same with words multiplied by the square root of the width first: BigBird with `rescale_embeddings` (reference:
/// BigBirdEmbeddings).
struct summed_rescaled : detail::summed<detail::summed_options{.rescaled = true}> {};

/// The same with RoBERTa's positions: tokens other than the padding count from the position behind its id
/// (sizes::first_position), and the padding's id, wherever it stands, has its own (reference: RobertaEmbeddings).
using summed_after_padding = detail::summed<detail::summed_options{.after_padding = true}>;

/// Word + segment, without positions, for mixers that know them otherwise: Nomic BERT (Nussbaum et al. 2024; reference:
/// NomicBertEmbeddings).
using words_and_segments = detail::summed<detail::summed_options{.positions = false}>;

/// Words alone, normalised: ModernBERT (Warner et al. 2024; reference: ModernBertEmbeddings).
using words_alone = detail::summed<detail::summed_options{.segments = false, .positions = false}>;

/// Word + position, without segments: DistilBERT (Sanh et al. 2019, section 3; reference: DistilBertModel.embeddings).
using words_and_positions = detail::summed<detail::summed_options{.segments = false}>;

/// The same with RoBERTa's positions: MPNet (reference: MPNetEmbeddings).
using words_and_positions_after_padding =
    detail::summed<detail::summed_options{.segments = false, .after_padding = true}>;

}  // namespace weft
