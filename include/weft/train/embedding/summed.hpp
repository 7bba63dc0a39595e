#pragma once
#include <algorithm>
#include <cmath>
#include <weft/embedding/summed.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through tables that are added up and normalised. Kept are the sums before the norm. A task owns columns
/// of all tables and adds the rows of the batch in order.
template <detail::summed_options Options>
struct training_of<detail::summed<Options>> {
  static_assert(!Options.rescaled && !Options.after_padding,
                "weft: embeddings with rescaled words, or with positions behind the padding, cannot be trained yet");

  template <class Spec, index_t Width = Spec::shape.width>
  struct bind {
    using part = typename detail::summed<Options>::template bind<Spec, Width>;
    using norm = typename training_of<typename Spec::norm>::template bind<Width>;
    struct kept {
      frame& from;
      rows<float, Width> sums{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      return norm::template scratch_bytes<Arch>(e, workers);
    }

    /// The norm's result, of which some is dropped, goes to x.
    template <class Form>
    static void forward(const part& embed, const weights<Form, part>& ready, const kept& k, rows<float, Width> x,
                        const training_context& ctx) {
      ctx.each_tile(32, 1, [&](tile t, index_t, index_t) {
        for (index_t token = t.first; token < t.last; ++token) {
          const index_t i = ctx.in.first(t.sequence) + token;
          const float* const word = ready.word.data + ctx.in.ids[i] * Width;
          float* const sum = k.sums.row(i);
          if constexpr (Options.segments && Options.positions)
            sum_rows<typename Form::arch>(word, ready.segment.data + segment_of(ctx, i) * Width,
                                          ready.position.data + token * Width, Width, sum);
          else if constexpr (Options.segments)
            add_row<typename Form::arch>(word, ready.segment.data + segment_of(ctx, i) * Width, Width, sum);
          else if constexpr (Options.positions)
            add_row<typename Form::arch>(word, ready.position.data + token * Width, Width, sum);
          else
            std::copy_n(word, Width, sum);
        }
      });
      norm::template forward<Form>(embed.parts.norm, ready.norm, k.sums, x, ctx);
      ctx.drop_rows(x, ctx.drop.hidden, dropout_place::embedding());
    }

    /// dx, the gradient of what forward gave, is spoilt.
    template <class Form>
    static void backward(const part& embed, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, rows<float, Width> dx,
                         const training_context& ctx) {
      ctx.drop_rows(dx, ctx.drop.hidden, dropout_place::embedding());
      norm::template backward<Form>(embed.parts.norm, stored.norm, ready.norm, gradients.norm, k.sums, dx, dx, ctx);
      constexpr index_t step = 16;
      ctx.run.for_each(ceil_div(Width, step), [&](index_t task, index_t) {
        const index_t column = task * step, width = std::min(step, Width - column);
        const auto add = [&](const auto& table, index_t row, index_t i) {
          add_row<typename Form::arch>(dx.row(i) + column, table.data + row * Width + column, width,
                                       table.data + row * Width + column);
        };
        for (index_t s = 0; s < ctx.in.sequences(); ++s)
          for (index_t i = ctx.in.first(s), token = 0; token < ctx.in.length(s); ++i, ++token) {
            if (ctx.in.ids[i] != ctx.padding) add(gradients.word, ctx.in.ids[i], i);
            if constexpr (Options.segments) add(gradients.segment, segment_of(ctx, i), i);
            if constexpr (Options.positions) add(gradients.position, token, i);
          }
      });
    }

   private:
    static index_t segment_of(const context& ctx, index_t i) {
      return ctx.in.segments.empty() ? 0 : ctx.in.segments[i];
    }
  };
};
template <>
struct training_of<summed> : training_of<detail::summed<>> {};

}  // namespace weft
