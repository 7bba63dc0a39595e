#pragma once
// Routers of weft::mixture_of_experts: which expert a row goes to. One of your own offers
//   template <row_shape S, index_t Experts> struct bind {
//     static constexpr bool scales = true;           its factors multiply what the experts wrote
//     static constexpr bool sees_sequences = false;  true: it is given all rows of the batch at once
//     template <class Form> struct params { ... };
//     template <class Form> void forward(const params<Form>&, rows<const float, S.width> x, std::int32_t* route,
//                                        float* factor, const context&) const;
//   };
// and writes a number from 0 to Experts - 1 for each row, and its factor where it scales. A row's route depends on the
// row, its id and its sequence alone.
#include <cstdint>
#include <weft/concept/part.hpp>
#include <weft/kernel/pooling.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// The largest of a row of scores, the first of equal ones; the scores become their softmax.
template <class Arch>
std::int32_t largest_of(float* scores, index_t count) {
  index_t largest = 0;
  for (index_t i = 1; i < count; ++i)
    if (scores[i] > scores[largest]) largest = i;
  softmax_row<Arch>(scores, count);
  return static_cast<std::int32_t>(largest);
}
}  // namespace detail

/// By a table of the vocabulary: a token's id says its expert, whatever stands around it (Roller et al. 2021, "Hash
/// Layers"; MoEBERT's hash-random and hash-balance). Its parameter is `hash_list`, whole numbers [vocabulary].
struct by_table {
  template <row_shape S, index_t Experts>
  struct bind {
    static constexpr bool scales = false, sees_sequences = false;

    template <class Form>
    struct params {
      integers<Form, Experts, counted::vocabulary> table;
      static constexpr void each(auto&& f, auto&... p) { f("hash_list", p.table...); }
    };

    template <class Form>
    void forward(const params<Form>& p, rows<const float, S.width> x, std::int32_t* route, float*,
                 const context& ctx) const {
      for (index_t t = 0; t < x.count; ++t) route[t] = p.table[ctx.in.ids[ctx.first_row + t]];
    }
  };
};

/// By a linear of the row: its largest score says the expert, and the score's softmax is the factor (Shazeer et al.
/// 2017, with one expert; MoEBERT's gate). Its parameter is `gate.weight` [Experts, width].
struct by_gate {
  template <row_shape S, index_t Experts>
  struct bind {
    static constexpr bool scales = true, sees_sequences = false;

    template <class Form>
    struct params {
      linear<Form, S.width, Experts, false> gate;
      static constexpr void each(auto&& f, auto&... p) { f("gate", p.gate...); }
    };
    struct scratch {
      frame from;
      rows<float, Experts> scores{from};
    };

    template <class Form>
    void forward(const params<Form>& p, rows<const float, S.width> x, std::int32_t* route, float* factor,
                 const context& ctx) const {
      const scratch s{ctx.frame()};
      const rows<float, Experts> scores{s.scores.data, x.count};
      p.gate(x, scores, ctx);
      for (index_t t = 0; t < x.count; ++t) {
        route[t] = detail::largest_of<typename Form::arch>(scores.row(t), Experts);
        factor[t] = scores.row(t)[route[t]];
      }
    }
  };
};

/// By the same of the mean of a sequence's visible rows: one expert for all rows of a sequence. Without Factor nothing
/// is multiplied, as MoEBERT's program has it for a batch of one.
template <bool Factor = true>
struct by_sentence_gate {
  template <row_shape S, index_t Experts>
  struct bind {
    static constexpr bool scales = Factor, sees_sequences = true;

    template <class Form>
    struct params {
      linear<Form, S.width, Experts, false> gate;
      static constexpr void each(auto&& f, auto&... p) { f("gate", p.gate...); }
    };
    struct scratch {
      frame from;
      rows<float, S.width> means{from, from.size.sequences};
      rows<float, Experts> scores{from, from.size.sequences};
    };

    template <class Form>
    void forward(const params<Form>& p, rows<const float, S.width> x, std::int32_t* route, float* factor,
                 const context& ctx) const {
      using arch = typename Form::arch;
      const scratch s{ctx.frame()};
      ctx.run.for_each(ctx.in.sequences(), [&](index_t i, index_t) {
        mean_rows<arch>(x.row(ctx.in.first(i)), x.stride, ctx.in.keys(i), S.width, s.means.row(i));
      });
      p.gate(rows<const float, S.width>(s.means), s.scores, ctx);
      for (index_t i = 0; i < ctx.in.sequences(); ++i) {
        const auto chosen = detail::largest_of<arch>(s.scores.row(i), Experts);
        for (auto t = ctx.in.first(i); t < ctx.in.first(i) + ctx.in.length(i); ++t) {
          route[t] = chosen;
          if constexpr (Factor) factor[t] = s.scores.row(i)[chosen];
        }
      }
    }
  };
};

}  // namespace weft
