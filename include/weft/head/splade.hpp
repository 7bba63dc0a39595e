#pragma once
#include <algorithm>
#include <cmath>
#include <weft/base/elementary.hpp>
#include <weft/base/finite.hpp>
#include <weft/base/pooling_modes.hpp>
#include <weft/concept/bind.hpp>
#include <weft/concept/head.hpp>
#include <weft/kernel/pooling.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

/// ln(1 + relu(x)). NaN stays NaN.
inline float log_of_relu(float x) {
  if (is_nan(x)) return x;
  if (!(x > 0)) return 0;
  if (!is_finite(x)) return x;
  // 1 + x would round small ones off.
  const double d = x;
  return static_cast<float>(x < 1e-3f ? d * std::fma(d, std::fma(d, 1.0 / 3, -0.5), 1.0) : log_of(1 + d));
}
inline float splade_weight(float logit, splade_pooling how) {
  const float once = log_of_relu(logit);
  return how.log_twice ? log_of_relu(once) : once;
}

template <class Lm>
struct ties_like {};
template <class Lm>
requires requires { Lm::tied; }
struct ties_like<Lm> {
  static constexpr auto tied = Lm::tied;
};

}  // namespace detail

/// SPLADE: the weight of every word of the vocabulary for a sequence, most of them zeros: the largest of ln(1 +
/// relu(x)) over the logits x that a masked language model has for its tokens (Formal et al. 2021, "SPLADE v2";
/// reference: sentence_transformers.sparse_encoder.modules.SpladePooling). Lm is any head that gives a vocabulary for
/// every token. Logits are there for `block` tokens at a time. model.top().how takes another way at run time. A
/// sequence of no tokens gives zeros. Writes [sequences, vocabulary].
template <class Lm>
struct splade : Lm {  // whose activation and biases a configuration has to describe
  template <class Spec>
  struct bind : detail::ties_like<typename Lm::template bind<Spec>> {
    using lm_part = typename Lm::template bind<Spec>;
    static_assert(lm_part::reads_rows == reads::every_token,
                  "weft::splade<Lm>: Lm is a head that writes a row for every token, as weft::masked_lm<>");
    static constexpr index_t width = Spec::shape.width, block = 64;
    static constexpr auto reads_rows = reads::sequences_as_one;
    static constexpr bool reads_before_last = weft::reads_before_last<lm_part>;
    static constexpr index_t outputs(const sizes& s) { return lm_part::outputs(s); }

    splade_pooling how;

    template <class Form>
    struct params {
      weights<Form, lm_part> lm;
      static constexpr void each(auto&& f, auto&... p) { f("", p.lm...); }
    };
    [[no_unique_address]] params<bound> parts;

    static index_t sized_scratch(const sizes& s, extent e) { return std::min(block, e.tokens) * outputs(s); }

    template <class Form>
    void states(const params<Form>& p, rows<const float, width> x, rows<float, width> to, const context& ctx,
                const auto& layer, const auto& show) const {
      parts.lm.states(p.lm, x, to, ctx, layer, show);
    }

    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      weft::frame from(ctx.size, ctx.work);
      float* const logits = from.template take<float>(std::min(block, x.count) * y.width);
      each_columns(y, ctx, [&](index_t column, index_t columns) {
        for (index_t s = 0; s < y.count; ++s) std::fill_n(y.row(s) + column, columns, 0.0f);
      });
      for (index_t first = 0; first < x.count; first += block) {
        const index_t count = std::min(block, x.count - first);
        context some = ctx;
        some.size = {count, std::min(ctx.size.longest, count), ctx.size.sequences};
        some.first_row = ctx.first_row + first;
        parts.lm.forward(p.lm, rows<const float, width>{x.row(first), count, x.stride},
                         matrix<float>(logits, count, y.width), some);
        each_columns(y, ctx, [&](index_t column, index_t columns) {
          some.each_piece(0, count, [&](index_t s, index_t begin, index_t end) {
            const index_t visible = std::min(end, ctx.in.keys(s)) - begin;
            const index_t row = ctx.in.first(s) + begin - some.first_row;
            if (visible > 0)
              gather<typename Form::arch>(logits + row * y.width + column, y.width, visible, columns,
                                          y.row(s) + column);
          });
        });
      }
      if (how.sum) return;
      each_columns(y, ctx, [&](index_t column, index_t columns) {
        for (index_t s = 0; s < y.count; ++s)
          for (float *to = y.row(s) + column, *end = to + columns; to < end; ++to)
            *to = detail::splade_weight(*to, how);
      });
    }

   private:
    // f(column, columns): all columns, some at a time, which the workers share.
    static void each_columns(matrix<float> y, const context& ctx, const auto& f) {
      constexpr index_t step = 512;
      ctx.run.for_each(ceil_div(y.width, step),
                       [&](index_t i, index_t) { f(i * step, std::min(step, y.width - i * step)); });
    }
    // The logarithms rise, so that they can wait until the largest logit is known.
    template <class Arch>
    void gather(const float* rows, index_t stride, index_t count, index_t columns, float* y) const {
      if (!how.sum) return raise_to_rows<Arch>(rows, stride, count, columns, y);
      for (index_t i = 0; i < count; ++i)
        for (index_t c = 0; c < columns; ++c) {
          const float x = rows[i * stride + c];
          if (!(x <= 0)) y[c] += detail::splade_weight(x, how);
        }
    }
  };
};

}  // namespace weft
