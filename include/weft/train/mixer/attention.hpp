#pragma once
#include <weft/mixer/attention.hpp>
#include <weft/train/linear.hpp>
#include <weft/train/mixer/heads.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through attention of any pattern, score and position, its projections stored apart or as one.
template <attention_pattern Pattern, score_modifier Score, bool ProjectionBias, position_policy Position,
          bool OutputBias, projections_stored Stored>
struct training_of<attention<Pattern, Score, ProjectionBias, Position, OutputBias, Stored>> {
  static_assert(Stored != projections_stored::by_head,
                "weft: attention whose projections are stored by head cannot be trained yet");

  template <mixer_shape S>
  struct bind {
    using part = typename attention<Pattern, Score, ProjectionBias, Position, OutputBias, Stored>::template bind<S>;
    static constexpr index_t inner = part::inner;
    static constexpr bool as_one = part::as_one;
    using heads = heads_training<Pattern, Score, Position, S.heads, inner>;
    using all = rows_of_heads<float, inner>;

    struct kept {
      frame& from;
      rows<float, inner> query{from}, key{from}, value{from}, mixed{from};
    };
    struct scratch {
      frame from;
      rows<float, 3 * inner> joined{from};  // gradients of queries, keys and values, side by side
      rows<float, inner> mixed{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      const auto linears = linear_backward_bytes<Arch>(std::max(S.output, as_one ? 3 * inner : inner), e, workers);
      const auto back = bytes_of<scratch>(e) + std::max(linears, heads::template backward_bytes<Arch>(e, workers));
      return std::max(back, heads::template forward_bytes<Arch>(e, workers));
    }

    /// Without dropout of weights to the bits of attention's forward.
    template <class Form>
    static void forward(const part& mix, const weights<Form, part>& ready, const kept& k, const streams<S>& x,
                        rows<float, S.output> y, const training_context& ctx) {
      if constexpr (as_one)
        share_products(ctx, ready.joined.cut[0].product(x.query, k.query), ready.joined.cut[1].product(x.key, k.key),
                       ready.joined.cut[2].product(x.value, k.value));
      else
        share_products(ctx, ready.query.product(x.query, k.query), ready.key.product(x.key, k.key),
                       ready.value.product(x.value, k.value));
      heads::template forward<Form>(mix.parts.pattern, with_weights(mix.parts.score, ready.score), mix.parts.position,
                                    all{k.query, k.key, k.value, k.mixed}, ctx);
      ready.output(k.mixed, y, ctx);
    }

    template <class Form>
    static void backward(const part& mix, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, const streams<S>& x,
                         rows<const float, S.output> dy, const stream_gradients<S>& dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const scratch s{ctx.frame()};
      const all d{s.joined.template columns<0, inner>(), s.joined.template columns<inner, inner>(),
                  s.joined.template columns<2 * inner, inner>(), s.mixed};
      const auto back = [&](const auto& weight, const auto& learnt, const auto& read, auto change, const auto& to,
                            passed_on how) {
        linear_backward<Arch>(weight, learnt, rows<const float, std::remove_cvref_t<decltype(read)>::width>(read),
                              rows<const float, decltype(change)::width>(change), to, how, ctx);
      };
      back(stored.output, gradients.output, k.mixed, dy, d.mixed, passed_on::written);
      heads::template backward<Form>(mix.parts.pattern, with_weights(mix.parts.score, ready.score), mix.parts.position,
                                     gradients.score, all{k.query, k.key, k.value, k.mixed}, d, ctx);
      if constexpr (as_one) {
        back(detail::as_one_linear<S.query, 3 * inner, ProjectionBias>(stored.joined),
             detail::as_one_linear<S.query, 3 * inner, ProjectionBias>(gradients.joined), x.query, s.joined, dx.query,
             passed_on::added);
      } else {
        back(stored.value, gradients.value, x.value, d.value, dx.value, passed_on::added);
        back(stored.key, gradients.key, x.key, d.key, dx.key, passed_on::added);
        back(stored.query, gradients.query, x.query, d.query, dx.query, passed_on::added);
      }
    }
  };
};

}  // namespace weft
