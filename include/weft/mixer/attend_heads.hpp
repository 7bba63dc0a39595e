#pragma once
// Attention of all heads of all sequences of a batch: what mixers with attention share.
#include <cmath>
#include <weft/concept/observer.hpp>
#include <weft/concept/part.hpp>
#include <weft/kernel/attend.hpp>
#include <weft/kernel/attention_probabilities.hpp>

namespace weft {

/// Floats of scratch in which attend_heads packs the keys of a batch.
constexpr index key_panel_floats(index inner, const extent& e) {
  return inner * (e.tokens + e.sequences * widest_key_columns);
}

namespace detail {
// Writes the probabilities that an observer asked for.
template <index Heads, index Inner>
void show_attention(const auto& pattern, const auto& score, rows<const float, Inner> query,
                    rows<const float, Inner> key, float scale, const auto& ctx) {
  constexpr index head_width = Inner / Heads;
  using pattern_type = std::remove_cvref_t<decltype(pattern)>;
  for (index s = 0; s < ctx.in.sequences(); ++s)
    for (index head = 0; head < Heads; ++head) {
      const auto length = ctx.in.length(s), base = ctx.in.first(s), column = head * head_width;
      float* const out = ctx.observer.probabilities(ctx.layer, s, head, length);
      if (!out) continue;
      ctx.run.for_each(length, [&](index q, index) {
        const auto first = q - q % pattern_type::query_tile;
        const query_block block{length,  first, std::min(length, first + pattern_type::query_tile), head, ctx.layer,
                                &ctx.in, s};
        const score_site site{length, base, q, head, Heads, ctx.layer, scale};
        attention_probabilities(pattern, score, block, site, ctx.in.keys(s), query.row(base + q) + column,
                                key.row(base) + column, key.stride, head_width, out + q * length);
      });
    }
}
}  // namespace detail

/// mixed = attention of Heads heads with these queries, keys and values, all [tokens, Inner]. `key_panels` has room
/// for key_panel_floats(Inner, ctx.size) floats: keys are packed once for each head and sequence, in panels of key
/// columns that the score product reads in a line.
template <class Arch, index Heads, index Inner>
void attend_heads(const auto& pattern, const auto& score, rows<const float, Inner> query, rows<const float, Inner> key,
                  rows<const float, Inner> value, float* key_panels, rows<float, Inner> mixed, const auto& ctx) {
  constexpr index head_width = Inner / Heads;
  static_assert(head_width * Heads == Inner);
  constexpr auto columns = key_columns<Arch>, panel = head_width * columns;
  static_assert(columns <= widest_key_columns);
  using pattern_type = std::remove_cvref_t<decltype(pattern)>;
  const auto panels = ctx.size.tokens / columns + ctx.size.sequences;
  const auto keys_of = [&](index sequence, index head) {
    const auto before = ctx.in.first(sequence) / columns + sequence;
    return key_panels + (head * panels + before) * panel;
  };
  ctx.each_tile(round_up(64, columns), Heads, [&](tile t, index head, index) {
    const auto base = ctx.in.first(t.sequence);
    pack_keys<Arch, head_width>(key.row(base) + head * head_width, key.stride, t.first, t.last,
                                ctx.in.length(t.sequence), keys_of(t.sequence, head));
  });
  const auto scale = 1 / std::sqrt(static_cast<float>(head_width));
  ctx.each_tile(pattern_type::query_tile, Heads, [&](tile t, index head, index) {
    const auto base = ctx.in.first(t.sequence), length = ctx.in.length(t.sequence), column = head * head_width;
    const query_block block{length, t.first, t.last, head, ctx.layer, &ctx.in, t.sequence};
    const score_site site{length, base, t.first, head, Heads, ctx.layer, scale};
    attend<Arch, head_width>(pattern, score, block, site, ctx.in.keys(t.sequence), query.row(base + t.first) + column,
                             query.stride, keys_of(t.sequence, head), value.row(base) + column, value.stride,
                             mixed.row(base + t.first) + column, mixed.stride);
  });
  if constexpr (attention_is_observed<decltype(ctx)>)
    detail::show_attention<Heads, Inner>(pattern, score, query, key, scale, ctx);
}

}  // namespace weft
