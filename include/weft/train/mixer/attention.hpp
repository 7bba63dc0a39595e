#pragma once
#include <cmath>
#include <weft/mixer/attention.hpp>
#include <weft/train/attend.hpp>
#include <weft/train/linear.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Gradients of a mixer's streams, which are added to. Streams may be the same rows.
template <mixer_shape S>
struct stream_gradients {
  rows<float, S.query> query;
  rows<float, S.key> key;
  rows<float, S.value> value;
};

/// The way back through attention of any pattern and score. One task a sequence and head alone writes the gradients of
/// their queries, keys and values, in the order of the queries.
template <attention_pattern Pattern, score_modifier Score, bool ProjectionBias, bool OutputBias>
struct training_of<attention<Pattern, Score, ProjectionBias, none, OutputBias, projections_stored::apart>> {
  static_assert(!learnt_score<Score>, "weft: attention with a score that has parameters cannot be trained yet");

  template <mixer_shape S>
  struct bind {
    using part = typename attention<Pattern, Score, ProjectionBias, none, OutputBias,
                                    projections_stored::apart>::template bind<S>;
    static constexpr index_t inner = part::inner, head_width = inner / S.heads;
    static_assert(!score_begins<Score, simd::native, head_width>(),
                  "weft: attention with a score that begins with rows cannot be trained yet");

    struct kept {
      frame& from;
      rows<float, inner> query{from}, key{from}, value{from}, mixed{from};
    };
    struct scratch {
      frame from;
      rows<float, inner> query{from}, key{from}, value{from}, mixed{from};
    };
    struct forward_scratch {
      frame from;
      float* key_panels = from.take(key_panel_floats(inner, from.size));
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      const auto heads = workers * bytes_of<typename head_task<Arch, head_width>::room>(e);
      const auto widest = std::max({S.output, S.query, S.key, S.value});
      const auto back = bytes_of<scratch>(e) + std::max(heads, linear_backward_bytes<Arch>(widest, e, workers));
      return std::max({back, bytes_of<forward_scratch>(e), heads});
    }

    /// Without dropout of weights to the bits of attention's forward.
    template <class Form>
    static void forward(const part& mix, const weights<Form, part>& ready, const kept& k, const streams<S>& x,
                        rows<float, S.output> y, const training_context& ctx) {
      share_products(ctx, ready.query.product(x.query, k.query), ready.key.product(x.key, k.key),
                     ready.value.product(x.value, k.value));
      const auto& score = with_weights(mix.parts.score, ready.score);
      if (ctx.drop.attention > 0) {
        each_head<typename Form::arch>(k, ctx, [&](auto& task, index_t first, index_t column) {
          task.forward(mix.parts.pattern, score, k.mixed.row(first) + column, inner);
        });
      } else {
        const forward_scratch s{ctx.frame()};
        attend_heads<typename Form::arch, S.heads, inner>(mix.parts.pattern, score, k.query, k.key, k.value,
                                                          s.key_panels, k.mixed, static_cast<const context&>(ctx));
      }
      ready.output(k.mixed, y, ctx);
    }

    template <class Form>
    static void backward(const part& mix, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, const streams<S>& x,
                         rows<const float, S.output> dy, const stream_gradients<S>& dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const scratch d{ctx.frame()};
      const auto read = [](const rows<float, inner>& r) { return rows<const float, inner>(r); };
      linear_backward<Arch>(stored.output, gradients.output, read(k.mixed), dy, d.mixed, passed_on::written, ctx);
      const auto& score = with_weights(mix.parts.score, ready.score);
      each_head<Arch>(k, ctx, [&](auto& task, index_t first, index_t column) {
        const auto at = [&](const rows<float, inner>& r) { return r.row(first) + column; };
        task.backward(mix.parts.pattern, score, {at(d.query), at(d.key), at(d.value), at(d.mixed), inner});
      });
      linear_backward<Arch>(stored.value, gradients.value, x.value, read(d.value), dx.value, passed_on::added, ctx);
      linear_backward<Arch>(stored.key, gradients.key, x.key, read(d.key), dx.key, passed_on::added, ctx);
      linear_backward<Arch>(stored.query, gradients.query, x.query, read(d.query), dx.query, passed_on::added, ctx);
    }

   private:
    // f(task, the sequence's first row, the head's first column) for every head of every sequence.
    template <class Arch>
    static void each_head(const kept& k, const training_context& ctx, const auto& f) {
      using one_head = head_task<Arch, head_width>;
      frame from(ctx.size, ctx.work);
      const index_t bytes = bytes_of<typename one_head::room>(ctx.size);
      auto* const memory = from.take<std::byte>(ctx.run.workers() * bytes);
      const auto scale = 1 / std::sqrt(static_cast<float>(head_width));
      ctx.run.for_each(ctx.in.sequences() * S.heads, [&](index_t i, index_t worker) {
        const index_t sequence = i / S.heads, head = i % S.heads, column = head * head_width;
        const index_t length = ctx.in.length(sequence), first = ctx.in.first(sequence);
        if (length == 0) return;
        workspace own(memory + worker * bytes, bytes);
        const typename one_head::room room{frame(ctx.size, own)};
        const auto at = [&](const rows<float, inner>& r) { return r.row(first) + column; };
        one_head one(room, ctx, {at(k.query), at(k.key), at(k.value), at(k.mixed), inner},
                     query_block{length, 0, 0, head, ctx.layer, &ctx.in, sequence},
                     score_site{length, first, 0, head, S.heads, ctx.layer, scale}, ctx.in.keys(sequence));
        f(one, first, column);
      });
    }
  };
};

}  // namespace weft
