#pragma once
#include <algorithm>
#include <cmath>
#include <weft/embedding/summed.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through tables that are added up and normalised. Kept are the sums before the norm. A task owns columns
/// of all tables and adds the rows of the batch in order. Where positions are those behind the padding, that of a
/// padding token learns no more than its word does (reference: RobertaEmbeddings).
template <detail::summed_options Options>
struct training_of<detail::summed<Options>> {
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
        positions at(ready, ctx, t.sequence, t.first);
        for (index_t token = t.first; token < t.last; ++token) {
          const index_t i = ctx.in.first(t.sequence) + token;
          const float* word = ready.word.data + ctx.in.ids[i] * Width;
          float* const sum = k.sums.row(i);
          if constexpr (Options.rescaled) {
            scale_row<typename Form::arch>(word, scale(), Width, sum);
            word = sum;
          }
          if constexpr (Options.segments && Options.positions)
            sum_rows<typename Form::arch>(word, ready.segment.data + segment_of(ctx, i) * Width,
                                          ready.position.data + at.next() * Width, Width, sum);
          else if constexpr (Options.segments)
            add_row<typename Form::arch>(word, ready.segment.data + segment_of(ctx, i) * Width, Width, sum);
          else if constexpr (Options.positions)
            add_row<typename Form::arch>(word, ready.position.data + at.next() * Width, Width, sum);
          else if constexpr (!Options.rescaled)
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
        for (index_t s = 0; s < ctx.in.sequences(); ++s) {
          positions at(ready, ctx, s, 0);
          for (index_t i = ctx.in.first(s), last = i + ctx.in.length(s); i < last; ++i) {
            const bool learns = ctx.in.ids[i] != ctx.padding;
            if (learns && Options.rescaled)
              add_scaled<typename Form::arch>(dx.row(i) + column, width,
                                              gradients.word.data + ctx.in.ids[i] * Width + column);
            else if (learns)
              add(gradients.word, ctx.in.ids[i], i);
            if constexpr (Options.segments) add(gradients.segment, segment_of(ctx, i), i);
            if constexpr (Options.positions)
              if (const auto row = at.next(); learns || !Options.after_padding) add(gradients.position, row, i);
          }
        }
      });
    }

   private:
    // The rows of the table of positions for a sequence's tokens from `token` on, one after the other.
    class positions {
     public:
      positions(const auto& ready, const context& ctx, index_t sequence, index_t token)
          : ids_(ctx.in.ids.data() + ctx.in.first(sequence)), token_(token) {
        if constexpr (Options.after_padding) {
          padding_ = ready.padding;
          for (index_t i = 0; i < token; ++i) words_ += ids_[i] != padding_;
        }
      }
      index_t next() {
        const index_t token = token_++;
        if constexpr (!Options.after_padding) return token;
        return padding_ + (ids_[token] == padding_ ? 0 : ++words_);
      }

     private:
      const std::int32_t* ids_;
      index_t token_, padding_ = 0, words_ = 0;
    };
    static float scale() { return std::sqrt(static_cast<float>(Width)); }
    template <class Arch>
    static void add_scaled(const float* x, index_t width, float* to) {
      const auto by = simd::set<Arch>(scale());
      detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
        const auto sum =
            simd::fma<Arch>(detail::part<Arch>(x, c, width, whole), by, detail::part<Arch>(to, c, width, whole));
        detail::put<Arch>(to, c, width, sum, whole);
      });
    }
    static index_t segment_of(const context& ctx, index_t i) {
      return ctx.in.segments.empty() ? 0 : ctx.in.segments[i];
    }
  };
};
template <>
struct training_of<summed> : training_of<detail::summed<>> {};
template <>
struct training_of<summed_rescaled> : training_of<detail::summed<summed_rescaled::options>> {};

}  // namespace weft
