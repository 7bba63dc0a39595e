#pragma once
#include <weft/concept/bind.hpp>
#include <weft/kernel/row_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// ETC's embedding (Ainslie et al. 2020): word + segment from tables that both streams share, then a norm of each
/// stream's own. There are no positions: attention knows distances. The batch of the context holds 2 B sequences, the
/// long ones first, and their segments.
struct two_stream_embedding {
  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    using norm_part = decltype(bind_norm<Spec, width>());

    template <class Form>
    struct params {
      tensor<Form, counted::vocabulary, width> word;
      tensor<Form, counted::segments, width> segment;
      weights<Form, norm_part> long_norm, global_norm;
      static constexpr void each(auto&& f, auto&... p) {
        f("embeddings.word_embeddings.weight", p.word...);
        f("embeddings.segment_embeddings.weight", p.segment...);
        f("embeddings.long_LayerNorm", p.long_norm...);
        f("embeddings.global_LayerNorm", p.global_norm...);
      }
    };
    [[no_unique_address]] params<bound> parts;

    /// tokens of the batch -> x [long tokens then global tokens, width]
    template <class Form>
    void forward(const params<Form>& p, rows<float, width> x, const context& ctx) const {
      ctx.each_tile(32, 1, [&](tile t, index_t, index_t) {
        const bool is_long = t.sequence < ctx.in.sequences() / 2;
        const auto& norm = is_long ? parts.long_norm : parts.global_norm;
        const auto& weights = is_long ? p.long_norm : p.global_norm;
        for (auto i = ctx.in.first(t.sequence) + t.first; i < ctx.in.first(t.sequence) + t.last; ++i) {
          add_row<typename Form::arch>(p.word.data + ctx.in.ids[i] * width, p.segment.data + ctx.in.segments[i] * width,
                                       width, x.row(i));
          norm.row(weights, x.row(i), x.row(i));
        }
      });
    }
  };
};

}  // namespace weft
