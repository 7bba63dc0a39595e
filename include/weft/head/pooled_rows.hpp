#pragma once
#include <weft/concept/head.hpp>
#include <weft/kernel/activation.hpp>
#include <weft/kernel/pooling.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// One vector of each sequence: the first half of its last visible row beside the second half of its first row, which
/// is where the directions of weft::bilstm end. A sequence of no tokens gives zeros. Writes [sequences, width].
struct both_ends {
  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width, half = width / 2;
    static_assert(width % 2 == 0, "weft::both_ends: rows of two directions have an even width");
    static constexpr auto reads_rows = reads::sequences_as_one;
    static constexpr index_t outputs(const sizes&) { return width; }

    void forward(const nothing&, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      for (index_t s = 0; s < ctx.in.sequences(); ++s) {
        if (ctx.in.keys(s) == 0) {
          std::fill_n(y.row(s), width, 0.0f);
          continue;
        }
        std::copy_n(x.row(ctx.in.first(s) + ctx.in.keys(s) - 1), half, y.row(s));
        std::copy_n(x.row(ctx.in.first(s)) + half, half, y.row(s) + half);
      }
    }
  };
};

/// One vector of each sequence: the mean of its visible rows, weighted by a softmax of query · tanh(dense row), dense
/// to Hidden values (Lin et al. 2017, "A Structured Self-Attentive Sentence Embedding", section 2, with one row of
/// attention). A sequence of no tokens gives zeros. Writes [sequences, width].
template <index_t Hidden>
struct attention_pooled {
  static_assert(Hidden > 0, "weft::attention_pooled: wants a hidden width, 1 or more");
  static constexpr index_t hidden = Hidden;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = reads::sequences_as_one;
    static constexpr index_t outputs(const sizes&) { return width; }

    template <class Form>
    struct params {
      linear<Form, width, Hidden> dense;
      tensor<Form, Hidden> query;
      static constexpr void each(auto&& f, auto&... p) {
        f("/attention.hidden", p.dense...);
        f("/attention.query", p.query...);
      }
    };
    struct scratch {
      frame from;
      rows<float, Hidden> hidden{from};
      float* weights = from.take(from.size.tokens);
    };

    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      using arch = typename Form::arch;
      const scratch s{ctx.frame()};
      p.dense(x, rows<float, Hidden>{s.hidden.data, x.count}, ctx, hyperbolic_tangent{});
      ctx.run.for_each(ctx.in.sequences(), [&](index_t i, index_t) {
        const auto first = ctx.in.first(i), count = ctx.in.keys(i);
        for (auto t = first; t < first + count; ++t) s.weights[t] = dot<arch>(s.hidden.row(t), p.query.data, Hidden);
        weighted_by_softmax<arch>(x.row(first), x.stride, count, s.weights + first, width, y.row(i));
      });
    }
  };
};

}  // namespace weft
