#pragma once
#include <weft/concept/head.hpp>
#include <weft/ffn/dense.hpp>
#include <weft/layout/residual.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// BigBird's question answering for long documents (reference: BigBirdForQuestionAnswering): a feed-forward with its
/// residual and norm, then two logits for each token, of which those of the question, except its first token, are
/// lowered by a million. The question ends with the first Separator; without one it is the first token alone. A batch
/// without segments gets 0 for the question and 1 for the rest. Writes [tokens, 2].
template <class Activation = gelu_tanh, std::int32_t Separator = 66>
struct long_question_answering {
  static constexpr std::string_view kind = "question_answering";
  using activation = Activation;
  static constexpr std::int32_t separator = Separator;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = reads::whole_sequences;
    static constexpr index_t outputs(const sizes&) { return 2; }
    using feed_forward = typename dense<Activation>::template bind<row_shape{width, Spec::shape.hidden}>;
    using norm_part = decltype(bind_norm<Spec, width>());

    template <class Form>
    struct params {
      weights<Form, feed_forward> feed;
      weights<Form, norm_part> norm;
      linear<Form, width, 2> classifier;
      static constexpr void each(auto&& f, auto&... p) {
        f("/qa_classifier", p.feed...);
        f("/qa_classifier.output.LayerNorm", p.norm...);
        f("/qa_classifier.qa_outputs", p.classifier...);
      }
    };
    struct scratch {
      frame from;
      rows<float, width> sum{from};
    };
    [[no_unique_address]] params<bound> parts;

    static void derive_segments(const batch& in, std::int32_t* segments) {
      for (index_t s = 0; s < in.sequences(); ++s)
        for (index_t t = 0, question = question_length(in, s); t < in.length(s); ++t)
          segments[in.first(s) + t] = t < question ? 0 : 1;
    }

    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      parts.feed.forward(p.feed, x, s.sum, ctx);
      add_and_normalise<Form, width>(parts.norm, p.norm, s.sum, x, s.sum, ctx);
      p.classifier(s.sum, y, ctx);
      for (index_t n = 0; n < ctx.in.sequences(); ++n)
        for (index_t t = 1, question = question_length(ctx.in, n); t < std::min(question, ctx.in.length(n)); ++t)
          for (index_t side = 0; side < 2; ++side) y.row(ctx.in.first(n) + t)[side] -= 1e6f;
    }

   private:
    static index_t question_length(const batch& in, index_t s) {
      const auto* const first = in.ids.begin() + in.first(s);
      const auto* const end = first + in.length(s);
      const auto* const found = std::find(first, end, Separator);
      return found == end ? 1 : found - first + 1;
    }
  };
};

}  // namespace weft
