#pragma once
#include <weft/kernel/activation.hpp>
#include <weft/memory/pointwise.hpp>
#include <weft/mixer/attention.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// In how many groups each linear of grouped_attention is cut.
struct attention_groups {
  index_t query = 1, key = 1, value = 1, output = 1;
};

/// Attention whose linears are cut into groups that do not mix (Iandola et al. 2020, "SqueezeBERT", section 3.2).
template <attention_groups Groups, attention_pattern Pattern = full, score_modifier Score = scaled>
struct grouped_attention {
  using pattern_type = Pattern;
  using score_type = Score;
  static constexpr attention_groups groups = Groups;

  template <mixer_shape S>
  struct bind {
    static_assert(S.output % S.heads == 0,
                  "weft::grouped_attention: the number of heads must divide the mixer's output width");
    static constexpr index_t inner = S.output;
    static_assert(keeps_begin_contract<Score, simd::native, inner / S.heads>());
    static_assert(fits_score_width<Score, S.query, S.key>());

    template <class Form>
    struct params {
      weights<Form, pointwise_linear<S.query, inner, Groups.query>> query;
      weights<Form, pointwise_linear<S.key, inner, Groups.key>> key;
      weights<Form, pointwise_linear<S.value, inner, Groups.value>> value;
      weights<Form, pointwise_linear<inner, S.output, Groups.output>> output;
      [[no_unique_address]] score_weights<Form, Score, S.heads, inner / S.heads, S.query> score;
      [[no_unique_address]] weights<Form, Pattern> pattern;
      static constexpr void each(auto&& f, auto&... p) {
        f("self.query", p.query...);
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
      s.heads = S.heads, s.head_width = inner / S.heads;
      return s;
    }

    template <class Form>
    void forward(const params<Form>& p, const streams<S>& x, rows<float, S.output> y, const auto& ctx) const {
      const scratch s{ctx.frame()};
      p.query.run(x.query, s.query, ctx, identity{});
      p.key.run(x.key, s.key, ctx, identity{});
      p.value.run(x.value, s.value, ctx, identity{});
      attend_heads<typename Form::arch, S.heads, inner>(parts.pattern, with_weights(parts.score, p.score), s.query,
                                                        s.key, s.value, s.key_panels, s.mixed, ctx);
      p.output.run(s.mixed, y, ctx, identity{});
    }
  };
};

}  // namespace weft
