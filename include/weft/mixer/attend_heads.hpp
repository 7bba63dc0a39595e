#pragma once
// Attention of all heads of all sequences of a batch: what mixers with attention share.
#include <cmath>
#include <weft/concept/observer.hpp>
#include <weft/kernel/attention_probabilities.hpp>
#include <weft/mixer/packed_keys.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// Writes the probabilities that an observer asked for.
template <class Arch, index_t Heads, index_t Inner>
void show_attention(const auto& pattern, const auto& score, rows<const float, Inner> query,
                    rows<const float, Inner> key, float scale, const auto& ctx, index_t heads) {
  constexpr index_t head_width = Inner / Heads;
  using pattern_type = std::remove_cvref_t<decltype(pattern)>;
  for (index_t s = 0; s < ctx.in.sequences(); ++s)
    for (index_t head = 0; head < heads; ++head) {
      const auto length = ctx.in.length(s), base = ctx.in.first(s), column = head * head_width;
      float* const out = ctx.observer.probabilities(ctx.layer, s, head, length);
      if (!out) continue;
      ctx.run.for_each(length, [&](index_t q, index_t) {
        const auto first = q - q % pattern_type::query_tile;
        const query_block block{length,  first, std::min(length, first + pattern_type::query_tile), head, ctx.layer,
                                &ctx.in, s};
        const score_site site{length, base, q, head, Heads, ctx.layer, scale};
        attention_probabilities<Arch, head_width>(pattern, score, block, site, ctx.in.keys(s),
                                                  query.row(base + q) + column, key.row(base) + column, key.stride,
                                                  out + q * length);
      });
    }
}
}  // namespace detail

/// Heads, as a constant: loops over them know their number.
template <index_t Heads>
using all_heads = std::integral_constant<index_t, Heads>;

/// mixed = attention of Heads heads with these queries, keys and values, all [tokens, Inner]. `key_panels` has room
/// for key_panel_floats(Inner, ctx.size) floats (packed_keys.hpp). Only the first `heads` attend: all_heads<Heads>, or
/// a number.
template <class Arch, index_t Heads, index_t Inner, class Number = all_heads<Heads>>
void attend_heads(const auto& pattern, const auto& score, rows<const float, Inner> query, rows<const float, Inner> key,
                  rows<const float, Inner> value, float* key_panels, rows<float, Inner> mixed, const auto& ctx,
                  Number heads = {}) {
  constexpr index_t head_width = Inner / Heads;
  using pattern_type = std::remove_cvref_t<decltype(pattern)>;
  // A sequence of one tile of queries packs its keys in the task that reads them.
  constexpr auto tile_rows = pattern_type::query_tile;
  const packed_keys<Arch, Heads, Inner> keys(key, key_panels, ctx, tile_rows, heads);
  const auto scale = 1 / std::sqrt(static_cast<float>(head_width));
  ctx.each_tile(tile_rows, heads, [&](tile t, index_t head, index_t) {
    const auto base = ctx.in.first(t.sequence), length = ctx.in.length(t.sequence), column = head * head_width;
    const query_block block{length, t.first, t.last, head, ctx.layer, &ctx.in, t.sequence};
    const score_site site{length, base, t.first, head, Heads, ctx.layer, scale};
    const auto* const panels = length > tile_rows ? keys.of(t.sequence, head) : keys.packed(t.sequence, head);
    attend<Arch, head_width>(pattern, score, block, site, ctx.in.keys(t.sequence), query.row(base + t.first) + column,
                             query.stride, panels, value.row(base) + column, value.stride,
                             mixed.row(base + t.first) + column, mixed.stride);
  });
  if constexpr (attention_is_observed<decltype(ctx)>)
    detail::show_attention<Arch, Heads, Inner>(pattern, score, query, key, scale, ctx, heads);
}

}  // namespace weft
