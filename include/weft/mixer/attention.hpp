#pragma once
#include <weft/concept/scored.hpp>
#include <weft/memory/fused.hpp>
#include <weft/mixer/attend_heads.hpp>
#include <weft/mixer/place_rows.hpp>
#include <weft/numeric/active.hpp>
#include <weft/numeric/shared_work.hpp>
#include <weft/pattern/full.hpp>
#include <weft/score/scaled.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How a checkpoint stores the projections of queries, keys and values: each by its name; as one, in this order; or as
/// one that is interleaved by head, with biases of queries and values alone (memory/fused.hpp).
enum class projections_stored { apart, as_one, by_head };

/// Multi-head attention over any pattern and score, with its output projection ("Attention Is All You Need", 3.2.2).
/// The query, key and value projections have no bias where ProjectionBias is false, the output's where OutputBias is.
/// Position is what queries and keys go through behind them: none, or rotary<>.
template <attention_pattern Pattern = full, score_modifier Score = scaled, bool ProjectionBias = true,
          position_policy Position = none, bool OutputBias = true,
          projections_stored Stored = projections_stored::apart>
struct attention {
  using pattern_type = Pattern;
  using score_type = Score;
  using position_type = Position;
  static constexpr bool projection_bias = ProjectionBias, output_bias = OutputBias;
  static constexpr bool slimmable = true;

  template <mixer_shape S>
  struct bind {
    static_assert(S.output % S.heads == 0, "weft::attention: the number of heads must divide the mixer's output width");
    static constexpr index_t inner = S.output;
    static constexpr bool as_one = Stored != projections_stored::apart;
    static_assert(!as_one || (S.query == S.key && S.key == S.value),
                  "weft::attention: projections that are stored as one have one input width");
    static_assert(inner / S.heads % head_width_multiple<Position>() == 0,
                  "weft::attention: the head width must be a multiple of Position's head_width_multiple; rotary turns "
                  "pairs and wants an even one");

    static_assert(keeps_begin_contract<Score, simd::native, inner / S.heads>());
    static_assert(fits_score_width<Score, S.query, S.key>());

    template <class Form>
    struct params {
      template <index_t In>
      using projection = std::conditional_t<as_one, nothing, linear<Form, In, inner, ProjectionBias>>;
      using stored_as_one =
          std::conditional_t<Stored == projections_stored::as_one, fused_linears<S.query, inner, 3, ProjectionBias>,
                             interleaved_projections<S.query, inner, S.heads, ProjectionBias>>;
      [[no_unique_address]] std::conditional_t<as_one, weights<Form, stored_as_one>, nothing> joined;
      [[no_unique_address]] projection<S.query> query;
      [[no_unique_address]] projection<S.key> key;
      [[no_unique_address]] projection<S.value> value;
      linear<Form, inner, S.output, OutputBias> output;
      [[no_unique_address]] score_weights<Form, Score, S.heads, inner / S.heads, S.query> score;
      [[no_unique_address]] weights<Form, Pattern> pattern;
      [[no_unique_address]] weights<Form, Position> position;
      static constexpr void each(auto&& f, auto&... p) {
        f(multiplied_together(as_one ? 3 : 1, "self.query_key_value"), p.joined...);
        f(multiplied_together(as_one ? 1 : 3, "self.query"), p.query...);
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
      const auto heads = active_heads<Form, S.heads>(ctx);
      const index_t active = heads * (inner / S.heads);
      const auto project = [&](const auto& query, const auto& key, const auto& value) {
        share_products(ctx, active_product<Form>(query, x.query, s.query, S.query, active),
                       active_product<Form>(key, x.key, s.key, S.key, active),
                       active_product<Form>(value, x.value, s.value, S.value, active));
      };
      if constexpr (as_one)
        project(p.joined.cut[0], p.joined.cut[1], p.joined.cut[2]);
      else
        project(p.query, p.key, p.value);
      place_rows<typename Form::arch, S.heads, inner>(parts.position, s.query, s.key, s.value, ctx, heads);
      attend_heads<typename Form::arch, S.heads, inner>(parts.pattern, with_weights(parts.score, p.score), s.query,
                                                        s.key, s.value, s.key_panels, s.mixed, ctx, heads);
      share_products(ctx, active_product<Form>(p.output, s.mixed, y, active, S.output));
    }
  };
};

}  // namespace weft
