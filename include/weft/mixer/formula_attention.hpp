#pragma once
#include <cmath>
#include <weft/kernel/row_norm.hpp>
#include <weft/mixer/attention.hpp>
#include <weft/mixer/formula.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Attention whose keys and values are formulas (mixer/formula.hpp): softmax(query · Key / √d) Value, with a query, a
/// key and a value that are linears of a row. A linear that no formula reads does not exist. Gao et al. 2021,
/// "AutoBERT-Zero"; formula_attention<formula::key, formula::value> is weft::attention<>.
template <formula::expression Key, formula::expression Value, attention_pattern Pattern = full,
          score_modifier Score = scaled>
struct formula_attention {
  using pattern_type = Pattern;
  using score_type = Score;
  static constexpr formula::reads_of reads = formula::query::reads | Key::reads | Value::reads;

  template <mixer_shape S>
  struct bind {
    static_assert(S.output % S.heads == 0,
                  "weft::formula_attention: the number of heads must divide the mixer's output width");
    static constexpr index_t inner = S.output, head_width = inner / S.heads;
    static_assert(keeps_begin_contract<Score, simd::native, head_width>());
    static_assert(fits_score_width<Score, S.query, S.key>());

    template <class Form>
    struct params {
      template <index_t In, bool Read>
      using projection = std::conditional_t<Read, linear<Form, In, inner>, nothing>;
      linear<Form, S.query, inner> query;
      [[no_unique_address]] projection<S.key, reads.key> key;
      [[no_unique_address]] projection<S.value, reads.value> value;
      linear<Form, inner, S.output> output;
      [[no_unique_address]] score_weights<Form, Score, S.heads, inner / S.heads, S.query> score;
      [[no_unique_address]] weights<Form, Pattern> pattern;
      static constexpr void each(auto&& f, auto&... p) {
        f(multiplied_together(1 + reads.key + reads.value, "self.query"), p.query...);
        f("self.key", p.key...);
        f("self.value", p.value...);
        f("output.dense", p.output...);
        f("", p.score...);
        f("", p.pattern...);
      }
    };
    struct scratch {
      frame from;
      rows<float, inner> query{from}, key{from}, value{from}, mixed{from};
      float* key_panels = from.take(key_panel_floats(inner, from.size));
    };

    [[no_unique_address]] params<bound> parts;
    static constexpr setup inside(setup s) {
      s.heads = S.heads, s.head_width = head_width;
      return s;
    }

    template <class Form>
    void forward(const params<Form>& p, const streams<S>& x, rows<float, S.output> y, const auto& ctx) const {
      using arch = typename Form::arch;
      const scratch s{ctx.frame()};
      const auto query = p.query.product(x.query, s.query);
      if constexpr (reads.key && reads.value)
        share_products(ctx, query, p.key.product(x.key, s.key), p.value.product(x.value, s.value));
      else if constexpr (reads.key)
        share_products(ctx, query, p.key.product(x.key, s.key));
      else if constexpr (reads.value)
        share_products(ctx, query, p.value.product(x.value, s.value));
      else
        share_products(ctx, query);
      ctx.each_rows(s.query.count, [&](index_t first, index_t last) {
        for (auto t = first; t < last; ++t) make_operands<arch>(s.query.row(t), s.key.row(t), s.value.row(t));
      });
      attend_heads<arch, S.heads, inner>(parts.pattern, with_weights(parts.score, p.score), s.query, s.key, s.value,
                                         s.key_panels, s.mixed, ctx);
      p.output(rows<const float, inner>(s.mixed), y, ctx);
    }

   private:
    // In the place of key and value, their formulas.
    template <class Arch>
    static void make_operands(const float* query, float* key, float* value) {
      const auto inverse_root = simd::set<Arch>(1 / std::sqrt(static_cast<float>(head_width)));
      weft::detail::each_vector<Arch>(inner, [&](index_t c, auto whole) {
        const auto read = [&](bool is_read, const float* row) __attribute__((always_inline)) {
          return is_read ? weft::detail::part<Arch>(row, c, inner, whole) : simd::set<Arch>(0.0f);
        };
        const auto q = read(true, query), k = read(reads.key, key), v = read(reads.value, value);
        const simd::vector<Arch> key_side = Key::of(q, k, v, inverse_root);
        const simd::vector<Arch> value_side = Value::of(q, k, v, inverse_root);
        weft::detail::put<Arch>(key, c, inner, key_side, whole);
        weft::detail::put<Arch>(value, c, inner, value_side, whole);
      });
    }
  };
};

}  // namespace weft
