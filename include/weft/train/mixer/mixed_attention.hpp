#pragma once
#include <weft/mixer/mixed_attention.hpp>
#include <weft/train/linear.hpp>
#include <weft/train/mixer/heads.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through attention on some heads beside a companion. A companion's twin is bound like it; its forward is
/// given key, value and query rows, and backward(part, stored, ready, gradients, kept, key, value, query, dy, d_key,
/// d_value, d_query, context) adds to the last three.
template <attention_pattern Pattern, class Companion, class Ratio, score_modifier Score, position_policy Position>
struct training_of<mixed_attention<Pattern, Companion, Ratio, Score, Position>> {
  static_assert(std::is_same_v<Position, none>,
                "weft: mixed_attention with a position cannot be trained yet: its companion reads queries unplaced");

  template <mixer_shape S>
  struct bind {
    using part = typename mixed_attention<Pattern, Companion, Ratio, Score, Position>::template bind<S>;
    static constexpr index_t inner = part::inner;
    using heads = heads_training<Pattern, Score, Position, part::heads, inner>;
    using companion =
        typename training_of<Companion>::template bind<companion_shape{S.key, S.value, inner, part::heads}>;
    using all = rows_of_heads<float, inner>;
    using read = rows<const float, inner>;

    struct kept {
      frame& from;
      rows<float, inner> query{from}, key{from}, value{from};
      rows<float, 2 * inner> joined{from};
      typename companion::kept beside{from};
    };
    struct scratch {
      frame from;
      rows<float, inner> query{from}, key{from}, value{from};
      rows<float, 2 * inner> joined{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      const auto back = std::max({heads::template backward_bytes<Arch>(e, workers),
                                  companion::template scratch_bytes<Arch>(e, workers),
                                  linear_backward_bytes<Arch>(std::max(S.output, inner), e, workers)});
      return std::max(bytes_of<scratch>(e) + back, heads::template forward_bytes<Arch>(e, workers));
    }

    template <class Form>
    static void forward(const part& mix, const weights<Form, part>& ready, const kept& k, const streams<S>& x,
                        rows<float, S.output> y, const training_context& ctx) {
      share_products(ctx, ready.query.product(x.query, k.query), ready.key.product(x.key, k.key),
                     ready.value.product(x.value, k.value));
      heads::template forward<Form>(mix.parts.pattern, with_weights(mix.parts.score, ready.score), mix.parts.position,
                                    all{k.query, k.key, k.value, attended(k.joined)}, ctx);
      companion::template forward<Form>(mix.parts.beside, ready.beside, k.beside, x.key, x.value, read(k.query),
                                        convolved(k.joined), ctx);
      ready.output(k.joined, y, ctx);
    }

    template <class Form>
    static void backward(const part& mix, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, const streams<S>& x,
                         rows<const float, S.output> dy, const stream_gradients<S>& dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const scratch d{ctx.frame()};
      linear_backward<Arch>(stored.output, gradients.output, rows<const float, 2 * inner>(k.joined), dy, d.joined,
                            passed_on::written, ctx);
      heads::template backward<Form>(mix.parts.pattern, with_weights(mix.parts.score, ready.score), mix.parts.position,
                                     gradients.score, all{k.query, k.key, k.value, attended(k.joined)},
                                     all{d.query, d.key, d.value, attended(d.joined)}, ctx);
      companion::template backward<Form>(mix.parts.beside, stored.beside, ready.beside, gradients.beside, k.beside,
                                         x.key, x.value, read(k.query), read(convolved(d.joined)), dx.key, dx.value,
                                         d.query, ctx);
      linear_backward<Arch>(stored.value, gradients.value, x.value, read(d.value), dx.value, passed_on::added, ctx);
      linear_backward<Arch>(stored.key, gradients.key, x.key, read(d.key), dx.key, passed_on::added, ctx);
      linear_backward<Arch>(stored.query, gradients.query, x.query, read(d.query), dx.query, passed_on::added, ctx);
    }

   private:
    static rows<float, inner> attended(rows<float, 2 * inner> joined) { return joined.template columns<0, inner>(); }
    static rows<float, inner> convolved(rows<float, 2 * inner> joined) {
      return joined.template columns<inner, inner>();
    }
  };
};

}  // namespace weft
