#pragma once
// The way back through attention of all heads of all sequences: what mixers with attention share.
#include <algorithm>
#include <cmath>
#include <weft/concept/scored.hpp>
#include <weft/mixer/attend_heads.hpp>
#include <weft/mixer/place_rows.hpp>
#include <weft/train/attend.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Gradients of a mixer's streams, which are added to. Streams may be the same rows.
template <mixer_shape S>
struct stream_gradients {
  rows<float, S.query> query;
  rows<float, S.key> key;
  rows<float, S.value> value;
};

/// Queries and keys behind their position, values, and what was mixed of them; or gradients of these. Rows of the first
/// three lie one stride apart.
template <class T, index_t Inner>
struct rows_of_heads {
  rows<T, Inner> query, key, value, mixed;
};

namespace detail {
/// A score with parameters whose twin says `by_distance = true`: they are added to scores, and which is added follows
/// from head and distance. Its twin offers
///   static void learn(const auto& gradients, index_t head, const float* sums, index_t keys)
/// where sums[keys + d] is the sum of gradients of the scores at distance d of key minus query, -keys < d < keys.
template <class Score>
constexpr bool learns_by_distance() {
  if constexpr (learnt_score<Score>)
    return training_of<Score>::by_distance;
  else
    return false;
}
/// Turns gradients of placed queries and keys, and of values where the position places these, too, into those of what
/// was placed. A position's twin offers `static void unplace<Arch>(position, site, float* row)`, and for one that
/// places values `unplace_value`.
template <class Arch, class Position, index_t Heads, index_t Inner>
void unplace_rows(const Position& position, const rows<float, Inner>& query, const rows<float, Inner>& key,
                  [[maybe_unused]] const rows<float, Inner>& value, const context& ctx) {
  if constexpr (!std::is_same_v<Position, none>)
    ctx.each_tile(32, 1, [&](tile t, index_t, index_t) {
      const auto base = ctx.in.first(t.sequence);
      for (auto token = t.first; token < t.last; ++token) {
        const position_site<Inner / Heads> at{token, Heads, ctx.layer};
        training_of<Position>::template unplace<Arch>(position, at, query.row(base + token));
        training_of<Position>::template unplace<Arch>(position, at, key.row(base + token));
        if constexpr (places_values<Position>)
          training_of<Position>::template unplace_value<Arch>(position, at, value.row(base + token));
      }
    });
}
}  // namespace detail

/// Attention of Heads heads of any pattern, score and position. One task a sequence and head alone writes the gradients
/// of their queries, keys and values, in the order of the queries.
template <class Pattern, class Score, class Position, index_t Heads, index_t Inner>
struct heads_training {
  static constexpr index_t head_width = Inner / Heads;
  static constexpr bool by_distance = detail::learns_by_distance<Score>();
  static_assert(!score_begins<Score, simd::native, head_width>(),
                "weft: attention with a score that begins with rows cannot be trained yet");

  struct forward_scratch {
    frame from;
    float* key_panels = from.take(key_panel_floats(Inner, from.size));
  };
  // Sums by distance, of each sequence and head.
  template <class Arch>
  struct distance_scratch {
    frame from;
    index_t keys = round_up(from.size.longest, key_columns<Arch>);
    float* sums = from.take(by_distance ? from.size.sequences * Heads * 2 * keys : 0);
    float* of(index_t sequence, index_t head) const { return sums + (sequence * Heads + head) * 2 * keys; }
  };
  template <class Arch>
  static index_t forward_bytes(extent e, index_t workers) {
    return std::max(bytes_of<forward_scratch>(e), rooms_bytes<Arch>(e, workers));
  }
  template <class Arch>
  static index_t backward_bytes(extent e, index_t workers) {
    return rooms_bytes<Arch>(e, workers) + bytes_of<distance_scratch<Arch>>(e);
  }

  /// Places queries and keys, and writes k.mixed. Without dropout of weights to the bits of attend_heads.
  template <class Form>
  static void forward(const Pattern& pattern, const auto& score, const Position& position,
                      const rows_of_heads<float, Inner>& k, const training_context& ctx) {
    using Arch = typename Form::arch;
    place_rows<Arch, Heads, Inner>(position, k.query, k.key, k.value, ctx);
    if (ctx.drop.attention > 0) {
      each_head<Arch>(k, ctx, [&](auto& task, index_t, index_t first, index_t, index_t column) {
        task.forward(pattern, score, k.mixed.row(first) + column, k.mixed.stride);
      });
    } else {
      const forward_scratch s{ctx.frame()};
      attend_heads<Arch, Heads, Inner>(pattern, score, k.query, k.key, k.value, s.key_panels, k.mixed,
                                       static_cast<const context&>(ctx));
    }
  }

  /// d.mixed is read, the others are written. `learnt` are the gradients of the score's parameters.
  template <class Form>
  static void backward(const Pattern& pattern, const auto& score, const Position& position, const auto& learnt,
                       const rows_of_heads<float, Inner>& k, const rows_of_heads<float, Inner>& d,
                       const training_context& ctx) {
    using Arch = typename Form::arch;
    const distance_scratch<Arch> s{ctx.frame()};
    if constexpr (by_distance) std::fill_n(s.sums, ctx.in.sequences() * Heads * 2 * s.keys, 0.0f);
    each_head<Arch>(k, ctx, [&](auto& task, index_t sequence, index_t first, index_t head, index_t column) {
      const auto at = [&](const rows<float, Inner>& r) { return r.row(first) + column; };
      task.backward(pattern, score,
                    {at(d.query), at(d.key), at(d.value), at(d.mixed), d.query.stride, d.mixed.stride,
                     by_distance ? s.of(sequence, head) : nullptr});
    });
    if constexpr (by_distance)
      ctx.run.for_each(Heads, [&](index_t head, index_t) {
        for (index_t sequence = 0; sequence < ctx.in.sequences(); ++sequence)
          training_of<Score>::learn(learnt, head, s.of(sequence, head), s.keys);
      });
    detail::unplace_rows<Arch, Position, Heads, Inner>(position, d.query, d.key, d.value, ctx);
  }

 private:
  template <class Arch>
  static index_t rooms_bytes(extent e, index_t workers) {
    return workers * bytes_of<typename head_task<Arch, head_width>::room>(e);
  }
  // f(task, sequence, its first row, head, its first column) for every head of every sequence.
  template <class Arch>
  static void each_head(const rows_of_heads<float, Inner>& k, const training_context& ctx, const auto& f) {
    using one_head = head_task<Arch, head_width>;
    frame from(ctx.size, ctx.work);
    const index_t bytes = bytes_of<typename one_head::room>(ctx.size);
    auto* const memory = from.take<std::byte>(ctx.run.workers() * bytes);
    const auto scale = 1 / std::sqrt(static_cast<float>(head_width));
    ctx.run.for_each(ctx.in.sequences() * Heads, [&](index_t i, index_t worker) {
      const index_t sequence = i / Heads, head = i % Heads, column = head * head_width;
      const index_t length = ctx.in.length(sequence), first = ctx.in.first(sequence);
      if (length == 0) return;
      workspace own(memory + worker * bytes, bytes);
      const typename one_head::room room{frame(ctx.size, own)};
      const auto at = [&](const rows<float, Inner>& r) { return r.row(first) + column; };
      one_head one(room, ctx, {at(k.query), at(k.key), at(k.value), at(k.mixed), k.query.stride, k.mixed.stride},
                   query_block{length, 0, 0, head, ctx.layer, &ctx.in, sequence},
                   score_site{length, first, 0, head, Heads, ctx.layer, scale}, ctx.in.keys(sequence));
      f(one, sequence, first, head, column);
    });
  }
};

}  // namespace weft
