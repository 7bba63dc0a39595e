#pragma once
#include <weft/concept/scored.hpp>
#include <weft/mixer/attend_heads.hpp>
#include <weft/mixer/place_rows.hpp>
#include <weft/numeric/shared_work.hpp>
#include <weft/pattern/full.hpp>
#include <weft/score/scaled.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Attention whose heads share keys and values in KeyHeads groups (Ainslie et al. 2023, "GQA", section 2.2; reference:
/// LlamaAttention with num_key_value_heads): of H heads, head h reads the keys and values of h KeyHeads / H. The other
/// arguments are attention's. Projections of keys and values are KeyHeads heads wide.
template <index_t KeyHeads, attention_pattern Pattern = full, score_modifier Score = scaled, bool ProjectionBias = true,
          position_policy Position = none, bool OutputBias = true>
struct grouped_query_attention {
  static_assert(KeyHeads > 0, "weft::grouped_query_attention: wants a number of key heads, 1 or more");
  using pattern_type = Pattern;
  using score_type = Score;
  using position_type = Position;
  static constexpr index_t key_heads = KeyHeads;
  static constexpr bool projection_bias = ProjectionBias, output_bias = OutputBias;

  template <mixer_shape S>
  struct bind {
    static_assert(S.output % S.heads == 0,
                  "weft::grouped_query_attention: the number of heads must divide the mixer's output width");
    static_assert(S.heads % KeyHeads == 0,
                  "weft::grouped_query_attention: KeyHeads must divide the number of heads, as each group is as large");
    static constexpr index_t inner = S.output, head_width = inner / S.heads, key_inner = KeyHeads * head_width;
    static_assert(head_width % head_width_multiple<Position>() == 0,
                  "weft::grouped_query_attention: the head width must be a multiple of Position's head_width_multiple; "
                  "rotary turns pairs and wants an even one");
    static_assert(keeps_begin_contract<Score, simd::native, head_width>());
    static_assert(fits_score_width<Score, S.query, S.key>());

    template <class Form>
    struct params {
      linear<Form, S.query, inner, ProjectionBias> query;
      linear<Form, S.key, key_inner, ProjectionBias> key;
      linear<Form, S.value, key_inner, ProjectionBias> value;
      linear<Form, inner, S.output, OutputBias> output;
      [[no_unique_address]] score_weights<Form, Score, S.heads, head_width, S.query> score;
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
      rows<float, inner> query{from}, mixed{from};
      rows<float, key_inner> key{from}, value{from};
      float* key_panels = from.take(key_panel_floats(key_inner, from.size));
    };

    [[no_unique_address]] params<bound> parts;
    static constexpr setup inside(setup s) {
      s.heads = S.heads, s.head_width = head_width;
      return s;
    }

    template <class Form>
    void forward(const params<Form>& p, const streams<S>& x, rows<float, S.output> y, const auto& ctx) const {
      const scratch s{ctx.frame()};
      share_products(ctx, p.query.product(x.query, s.query), p.key.product(x.key, s.key),
                     p.value.product(x.value, s.value));
      place_rows<typename Form::arch, S.heads, inner, key_inner>(parts.position, s.query, s.key, s.value, ctx);
      attend_heads<typename Form::arch, S.heads, inner, key_inner>(parts.pattern, with_weights(parts.score, p.score),
                                                                   s.query, s.key, s.value, s.key_panels, s.mixed, ctx);
      p.output(s.mixed, y, ctx);
    }
  };
};

}  // namespace weft
