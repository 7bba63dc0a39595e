#pragma once
#include <weft/concept/bind.hpp>
#include <weft/concept/scored.hpp>
#include <weft/mixer/attend_heads.hpp>
#include <weft/mixer/place_rows.hpp>
#include <weft/numeric/shared_work.hpp>
#include <weft/pattern/full.hpp>
#include <weft/score/scaled.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How many times fewer heads attend than the model has; the others' place is the companion's.
template <index_t Ratio>
struct head_ratio {
  static_assert(Ratio > 0, "weft::head_ratio: the ratio must be positive");
  static constexpr index_t value = Ratio;
};

namespace detail {
template <class Companion, companion_shape S>
constexpr auto bind_companion() {
  constexpr bool binds = requires { typename Companion::template bind<S>; };
  static_assert(binds,
                "weft::mixed_attention: Companion needs `template <companion_shape S> struct bind`; a mixer of its own "
                "has mixer_shape there, and is not given the attention's query");
  if constexpr (binds)
    return std::type_identity<typename Companion::template bind<S>>{};
  else
    return std::type_identity<refused_part>{};
}
}  // namespace detail

/// ConvBERT's mixed attention (Jiang et al. 2020, section 4.2; reference: ConvBertSelfAttention): attention on
/// heads / Ratio heads (at least one) beside a companion, usually span_convolution, that is given the attention's
/// query, not yet placed by Position. Both are half as wide as the output. A companion offers `bind<companion_shape>`
/// with params and forward(params, key rows, value rows, query rows, output rows, context).
template <attention_pattern Pattern, class Companion, class Ratio = head_ratio<2>, score_modifier Score = scaled,
          position_policy Position = none>
struct mixed_attention {
  using pattern_type = Pattern;
  using companion_type = Companion;
  static constexpr index_t ratio = Ratio::value;

  template <mixer_shape S>
  struct bind {
    static constexpr index_t heads = std::max<index_t>(1, S.heads / Ratio::value), inner = S.output / 2;
    static_assert(S.output % (2 * heads) == 0,
                  "weft::mixed_attention: twice the number of attending heads must divide the mixer's output width");
    static_assert(inner / heads % head_width_multiple<Position>() == 0,
                  "weft::mixed_attention: the head width must be a multiple of Position's head_width_multiple; rotary "
                  "turns pairs and wants an even one");
    static_assert(fits_score_width<Score, S.query, S.key>());
    using companion =
        typename decltype(detail::bind_companion<Companion, companion_shape{S.key, S.value, inner, heads}>())::type;

    template <class Form>
    static constexpr bool companion_is_called =
        accompanies<companion, Form, rows<const float, S.key>, rows<const float, S.value>, rows<const float, inner>,
                    rows<float, inner>>;

    template <class Form>
    struct params {
      static_assert(
          !requires { typename Form::arch; } || companion_is_called<Form>,
          "weft::mixed_attention: Companion::bind<S> needs .void forward(const weights&, key rows of width "
          "S.key, value rows of width S.value, query rows of width S.inner, output rows of width S.inner, "
          "const weft::context&) const.");
      linear<Form, S.query, inner> query;
      linear<Form, S.key, inner> key;
      linear<Form, S.value, inner> value;
      weights<Form, companion> beside;
      linear<Form, 2 * inner, S.output> output;
      [[no_unique_address]] score_weights<Form, Score, heads, inner / heads, S.query> score;
      [[no_unique_address]] weights<Form, Pattern> pattern;
      [[no_unique_address]] weights<Form, Position> position;
      static constexpr void each(auto&& f, auto&... p) {
        f(multiplied_together(3, "self.query"), p.query...);
        f("self.key", p.key...);
        f("self.value", p.value...);
        f("self", p.beside...);
        f("output.dense", p.output...);
        f("", p.score...);
        f("", p.pattern...);
        f("", p.position...);
      }
    };
    struct scratch {
      frame from;
      rows<float, inner> query{from}, key{from}, value{from};
      rows<float, 2 * inner> joined{from};
      float* key_panels = from.take(key_panel_floats(inner, from.size));
    };

    /// Whether rows that are not visible reach those that are (batch::visible): what the companion says, if anything.
    static constexpr bool reads_invisible = requires { requires companion::reads_invisible; };

    [[no_unique_address]] params<bound> parts;
    static constexpr setup inside(setup s) {
      s.heads = heads, s.head_width = inner / heads;
      return s;
    }

    template <class Form>
    void forward(const params<Form>& p, const streams<S>& x, rows<float, S.output> y, const auto& ctx) const {
      const scratch s{ctx.frame()};
      share_products(ctx, p.query.product(x.query, s.query), p.key.product(x.key, s.key),
                     p.value.product(x.value, s.value));
      const auto run_companion = [&] {
        if constexpr (companion_is_called<Form>)  // otherwise refused above
          parts.beside.forward(p.beside, x.key, x.value, s.query, s.joined.template columns<inner, inner>(), ctx);
      };
      constexpr bool placed = !std::is_same_v<Position, none>;
      if constexpr (placed) run_companion();  // before its query is placed
      place_rows<typename Form::arch, heads, inner>(parts.position, s.query, s.key, s.value, ctx);
      attend_heads<typename Form::arch, heads, inner>(parts.pattern, with_weights(parts.score, p.score), s.query, s.key,
                                                      s.value, s.key_panels, s.joined.template columns<0, inner>(),
                                                      ctx);
      if constexpr (!placed) run_companion();
      p.output(s.joined, y, ctx);
    }
  };
};

}  // namespace weft
