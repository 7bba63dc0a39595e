#pragma once
#include <weft/concept/scored.hpp>
#include <weft/mixer/attend_heads.hpp>
#include <weft/mixer/place_rows.hpp>
#include <weft/numeric/shared_work.hpp>
#include <weft/pattern/full.hpp>
#include <weft/score/scaled.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Multi-head attention over any pattern and score, with its output projection ("Attention Is All You Need", 3.2.2).
/// The query, key and value projections have no bias where ProjectionBias is false. Position is what queries and keys
/// go through behind them: none, or rotary<>.
template <attention_pattern Pattern = full, score_modifier Score = scaled, bool ProjectionBias = true,
          position_policy Position = none>
struct attention {
  using pattern_type = Pattern;
  using score_type = Score;
  static constexpr bool projection_bias = ProjectionBias;

  template <mixer_shape S>
  struct bind {
    static_assert(S.output % S.heads == 0, "weft::attention: the number of heads must divide the mixer's output width");
    static constexpr index_t inner = S.output;
    static_assert(inner / S.heads % head_width_multiple<Position>() == 0,
                  "weft::attention: the head width must be a multiple of Position's head_width_multiple; rotary turns "
                  "pairs and wants an even one");

    template <class Form>
    struct params {
      linear<Form, S.query, inner, ProjectionBias> query;
      linear<Form, S.key, inner, ProjectionBias> key;
      linear<Form, S.value, inner, ProjectionBias> value;
      linear<Form, inner, S.output> output;
      [[no_unique_address]] score_weights<Form, Score, S.heads> score;
      [[no_unique_address]] weights<Form, Pattern> pattern;
      [[no_unique_address]] weights<Form, Position> position;
      static constexpr void each(auto&& f, auto&... p) {
        f(multiplied_together(3, "self.query"), p.query...);
        f("self.key", p.key...);
        f("self.value", p.value...);
        f("output.dense", p.output...);
        f("", p.score...);
        f("", p.pattern...);
        f("", p.position...);
      }
    };
    struct scratch {
      frame from;
      rows<float, inner> query{from}, key{from}, value{from}, mixed{from};
      float* key_panels = from.take(key_panel_floats(inner, from.size));
    };

    [[no_unique_address]] params<bound> parts;
    static constexpr setup inside(setup s) {
      s.heads = S.heads, s.head_width = inner / S.heads;
      return s;
    }

    template <class Form>
    void forward(const params<Form>& p, const streams<S>& x, rows<float, S.output> y, const auto& ctx) const {
      const scratch s{ctx.frame()};
      share_products(ctx, p.query.product(x.query, s.query), p.key.product(x.key, s.key),
                     p.value.product(x.value, s.value));
      place_rows<typename Form::arch, S.heads, inner>(parts.position, s.query, s.key, ctx);
      attend_heads<typename Form::arch, S.heads, inner>(parts.pattern, with_weights(parts.score, p.score), s.query,
                                                        s.key, s.value, s.key_panels, s.mixed, ctx);
      p.output(s.mixed, y, ctx);
    }
  };
};

}  // namespace weft
