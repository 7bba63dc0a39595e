#pragma once
#include <algorithm>
#include <weft/embedding/projected.hpp>
#include <weft/embedding/trigram.hpp>
#include <weft/train/linear.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through words beside their neighbours, a projection, positions, segments and a norm. Kept are the words
/// side by side, and the sums before the norm.
template <index_t TableWidth, index_t Words, class Norm, invisible_rows Invisible>
struct training_of<detail::neighbourhood<TableWidth, Words, Norm, Invisible>> {
  template <class Spec>
  struct bind {
    using part = typename detail::neighbourhood<TableWidth, Words, Norm, Invisible>::template bind<Spec>;
    static constexpr index_t width = part::width, joined = Words * TableWidth;
    using norm = typename training_of<typename with_norm<Spec, Norm>::norm>::template bind<width>;
    struct kept {
      frame& from;
      rows<float, joined> words{from};
      rows<float, width> sums{from};
    };
    struct scratch {
      frame from;
      rows<float, joined> words{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      return std::max(norm::template scratch_bytes<Arch>(e, workers),
                      bytes_of<scratch>(e) + linear_backward_bytes<Arch>(width, e, workers));
    }

    /// The norm's result, of which some is dropped, goes to x.
    template <class Form>
    static void forward(const part& embed, const weights<Form, part>& ready, const kept& k, rows<float, width> x,
                        const training_context& ctx) {
      ctx.each_tile(32, 1, [&](tile t, index_t, index_t) {
        for (index_t token = t.first; token < t.last; ++token)
          for (index_t j = 0; j < Words; ++j) {
            float* const to = k.words.row(ctx.in.first(t.sequence) + token) + j * TableWidth;
            if (const auto other = neighbour(ctx, t.sequence, token, j); other < 0)
              std::fill_n(to, TableWidth, 0.0f);
            else
              std::copy_n(ready.word.data + ctx.in.ids[other] * TableWidth, TableWidth, to);
          }
      });
      ready.project(k.words, k.sums, ctx);
      ctx.each_tile(32, 1, [&](tile t, index_t, index_t) {
        for (index_t token = t.first; token < t.last; ++token) {
          const index_t i = ctx.in.first(t.sequence) + token;
          sum_rows<typename Form::arch>(k.sums.row(i), ready.position.data + token * width,
                                        ready.segment.data + segment_of(ctx, i) * width, width, k.sums.row(i));
        }
      });
      norm::template forward<Form>(embed.parts.norm, ready.norm, k.sums, x, ctx);
      ctx.drop_rows(x, ctx.drop.hidden, dropout_place::embedding());
    }

    /// dx, the gradient of what forward gave, is spoilt.
    template <class Form>
    static void backward(const part& embed, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, rows<float, width> dx,
                         const training_context& ctx) {
      using Arch = typename Form::arch;
      ctx.drop_rows(dx, ctx.drop.hidden, dropout_place::embedding());
      norm::template backward<Form>(embed.parts.norm, stored.norm, ready.norm, gradients.norm, k.sums, dx, dx, ctx);
      each_columns(ctx, width, [&](index_t column, index_t columns) {
        each_token(ctx, [&](index_t, index_t token, index_t i) {
          const float* const d = dx.row(i) + column;
          float* const position = gradients.position.data + token * width + column;
          float* const segment = gradients.segment.data + segment_of(ctx, i) * width + column;
          add_row<Arch>(d, position, columns, position), add_row<Arch>(d, segment, columns, segment);
        });
      });
      const scratch s{ctx.frame()};
      linear_backward<Arch>(stored.project, gradients.project, rows<const float, joined>(k.words),
                            rows<const float, width>(dx), s.words, passed_on::written, ctx);
      each_columns(ctx, TableWidth, [&](index_t column, index_t columns) {
        each_token(ctx, [&](index_t sequence, index_t token, index_t i) {
          for (index_t j = 0; j < Words; ++j) {
            const auto other = neighbour(ctx, sequence, token, j);
            if (other < 0 || ctx.in.ids[other] == ctx.padding) continue;
            float* const to = gradients.word.data + ctx.in.ids[other] * TableWidth + column;
            add_row<Arch>(s.words.row(i) + j * TableWidth + column, to, columns, to);
          }
        });
      });
    }

   private:
    // The row of the batch that stands in place j beside a token: next, current, previous; -1 beyond the ends.
    static index_t neighbour(const context& ctx, index_t sequence, index_t token, index_t j) {
      const index_t other = token + Words / 2 - j;
      return other < 0 || other >= readable<Invisible>(ctx.in, sequence) ? -1 : ctx.in.first(sequence) + other;
    }
    static index_t segment_of(const context& ctx, index_t i) {
      return ctx.in.segments.empty() ? 0 : ctx.in.segments[i];
    }
    // f(column, columns): a task for a few columns of a table.
    static void each_columns(const context& ctx, index_t all, const auto& f) {
      constexpr index_t step = 16;
      ctx.run.for_each(ceil_div(all, step),
                       [&](index_t task, index_t) { f(task * step, std::min(step, all - task * step)); });
    }
    // f(sequence, token in it, row of the batch), in order.
    static void each_token(const context& ctx, const auto& f) {
      for (index_t s = 0; s < ctx.in.sequences(); ++s)
        for (index_t token = 0; token < ctx.in.length(s); ++token) f(s, token, ctx.in.first(s) + token);
    }
  };
};
template <index_t TableWidth, class Norm, invisible_rows Invisible>
struct training_of<trigram<TableWidth, Norm, Invisible>>
    : training_of<detail::neighbourhood<TableWidth, 3, Norm, Invisible>> {};
template <index_t TableWidth, class Norm>
struct training_of<projected<TableWidth, Norm>>
    : training_of<detail::neighbourhood<TableWidth, 1, Norm, invisible_rows::read>> {};

}  // namespace weft
