#pragma once
#include <algorithm>
#include <weft/mixer/grouped_attention.hpp>
#include <weft/train/ffn/pointwise.hpp>
#include <weft/train/mixer/heads.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through attention whose linears are cut into groups.
template <attention_groups Groups, attention_pattern Pattern, score_modifier Score>
struct training_of<grouped_attention<Groups, Pattern, Score>> {
  template <mixer_shape S>
  struct bind {
    using part = typename grouped_attention<Groups, Pattern, Score>::template bind<S>;
    static constexpr index_t inner = part::inner;
    using heads = heads_training<Pattern, Score, none, S.heads, inner>;
    using all = rows_of_heads<float, inner>;
    using to_query = detail::pointwise_linear_training<Groups.query>;
    using to_key = detail::pointwise_linear_training<Groups.key>;
    using to_value = detail::pointwise_linear_training<Groups.value>;
    using to_output = detail::pointwise_linear_training<Groups.output>;

    struct kept {
      frame& from;
      rows<float, inner> query{from}, key{from}, value{from}, mixed{from};
    };
    struct scratch {
      frame from;
      rows<float, inner> query{from}, key{from}, value{from}, mixed{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      const auto back = std::max({to_query::template scratch_bytes<Arch, S.query, inner>(e, workers),
                                  to_key::template scratch_bytes<Arch, S.key, inner>(e, workers),
                                  to_value::template scratch_bytes<Arch, S.value, inner>(e, workers),
                                  to_output::template scratch_bytes<Arch, inner, S.output>(e, workers),
                                  heads::template backward_bytes<Arch>(e, workers)});
      return std::max(bytes_of<scratch>(e) + back, heads::template forward_bytes<Arch>(e, workers));
    }

    template <class Form>
    static void forward(const part& mix, const weights<Form, part>& ready, const kept& k, const streams<S>& x,
                        rows<float, S.output> y, const training_context& ctx) {
      to_query::run(ready.query, x.query, k.query, ctx);
      to_key::run(ready.key, x.key, k.key, ctx);
      to_value::run(ready.value, x.value, k.value, ctx);
      heads::template forward<Form>(mix.parts.pattern, with_weights(mix.parts.score, ready.score), none{},
                                    all{k.query, k.key, k.value, k.mixed}, ctx);
      to_output::run(ready.output, rows<const float, inner>(k.mixed), y, ctx);
    }

    template <class Form>
    static void backward(const part& mix, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, const streams<S>& x,
                         rows<const float, S.output> dy, const stream_gradients<S>& dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const scratch d{ctx.frame()};
      to_output::template backward<Arch, inner, S.output>(stored.output, gradients.output, k.mixed, dy, d.mixed,
                                                          passed_on::written, ctx);
      heads::template backward<Form>(mix.parts.pattern, with_weights(mix.parts.score, ready.score), none{},
                                     gradients.score, all{k.query, k.key, k.value, k.mixed},
                                     all{d.query, d.key, d.value, d.mixed}, ctx);
      to_value::template backward<Arch, S.value, inner>(stored.value, gradients.value, x.value, d.value, dx.value,
                                                        passed_on::added, ctx);
      to_key::template backward<Arch, S.key, inner>(stored.key, gradients.key, x.key, d.key, dx.key, passed_on::added,
                                                    ctx);
      to_query::template backward<Arch, S.query, inner>(stored.query, gradients.query, x.query, d.query, dx.query,
                                                        passed_on::added, ctx);
    }
  };
};

}  // namespace weft
