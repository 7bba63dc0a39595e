#pragma once
// Attention of all heads of all sequences of a batch: what mixers with attention share.
#include <cmath>
#include <type_traits>
#include <weft/concept/observer.hpp>
#include <weft/kernel/attention_probabilities.hpp>
#include <weft/mixer/packed_keys.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// Writes the probabilities that an observer asked for.
template <class Arch, index_t Heads, index_t Inner, index_t KeyInner>
void show_attention(const auto& pattern, const auto& score, rows<const float, Inner> query,
                    rows<const float, KeyInner> key, float scale, const auto& ctx, index_t heads) {
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
        attention_probabilities<Arch, head_width>(
            pattern, score, block, site, ctx.in.keys(s), query.row(base + q) + column,
            key.row(base) + head / (Inner / KeyInner) * head_width, key.stride, out + q * length);
      });
    }
}
}  // namespace detail

/// Heads, as a constant: loops over them know their number.
template <index_t Heads>
using all_heads = std::integral_constant<index_t, Heads>;

/// mixed = attention of Heads heads with these queries, keys and values, all [tokens, Inner]. `key_panels` has room
/// for key_panel_floats(KeyInner, ctx.size) floats (packed_keys.hpp). Only the first `heads` attend: all_heads<Heads>,
/// or a number. Where keys and values [tokens, KeyInner] have fewer heads, as many queries' heads in a row share each.
template <class Arch, index_t Heads, index_t Inner, index_t KeyInner = Inner, class Number = all_heads<Heads>>
void attend_heads(const auto& pattern, const auto& score, rows<const float, Inner> query,
                  std::type_identity_t<rows<const float, KeyInner>> key,
                  std::type_identity_t<rows<const float, KeyInner>> value, float* key_panels, rows<float, Inner> mixed,
                  const auto& ctx, Number heads = {}) {
  static_assert(KeyInner == Inner || std::same_as<Number, all_heads<Heads>>);
  constexpr index_t head_width = Inner / Heads, sharing = Inner / KeyInner;
  using pattern_type = std::remove_cvref_t<decltype(pattern)>;
  // A sequence of one tile of queries packs its keys in the task that reads them.
  constexpr auto tile_rows = pattern_type::query_tile;
  std::conditional_t<sharing == 1, Number, all_heads<Heads / sharing>> key_heads{};
  if constexpr (sharing == 1) key_heads = heads;
  // Heads that share keys would pack them at the same time, so that theirs are packed here.
  constexpr index_t left_out = sharing == 1 ? tile_rows : 0;
  const packed_keys<Arch, Heads / sharing, KeyInner> keys(key, key_panels, ctx, left_out, key_heads);
  const auto scale = 1 / std::sqrt(static_cast<float>(head_width));
  ctx.each_tile(tile_rows, heads, [&](tile t, index_t head, index_t) {
    const auto base = ctx.in.first(t.sequence), length = ctx.in.length(t.sequence), column = head * head_width;
    const index_t shared = head / sharing, key_column = shared * head_width;
    const query_block block{length, t.first, t.last, head, ctx.layer, &ctx.in, t.sequence};
    const score_site site{length, base, t.first, head, Heads, ctx.layer, scale};
    const auto* const panels = length > left_out ? keys.of(t.sequence, shared) : keys.packed(t.sequence, shared);
    attend<Arch, head_width>(pattern, score, block, site, ctx.in.keys(t.sequence), query.row(base + t.first) + column,
                             query.stride, panels, value.row(base) + key_column, value.stride,
                             mixed.row(base + t.first) + column, mixed.stride);
  });
  if constexpr (attention_is_observed<decltype(ctx)>)
    detail::show_attention<Arch, Heads, Inner, KeyInner>(pattern, score, query, key, scale, ctx, heads);
}

}  // namespace weft
