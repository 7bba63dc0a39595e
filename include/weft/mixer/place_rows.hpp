#pragma once
#include <type_traits>
#include <weft/concept/position.hpp>
#include <weft/memory/context.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Queries and keys [tokens, Inner], projected and not yet multiplied, in their places: every row goes through the
/// position policy, values only through one that places them. Nothing for `none`.
/// Keys and values may have fewer heads: KeyInner.
template <class Arch, index_t Heads, index_t Inner, index_t KeyInner = Inner>
void place_rows(const auto& position, rows<float, Inner> query, rows<float, KeyInner> key,
                [[maybe_unused]] rows<float, KeyInner> value, const context& ctx, index_t heads = Heads) {
  if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(position)>, none>)
    ctx.each_tile(32, 1, [&](tile t, index_t, index_t) {
      const auto base = ctx.in.first(t.sequence);
      for (auto token = t.first; token < t.last; ++token) {
        const position_site<Inner / Heads> at{token, heads, ctx.layer};
        const position_site<Inner / Heads> of_key{token, KeyInner == Inner ? heads : KeyInner / (Inner / Heads),
                                                  ctx.layer};
        position.template place<Arch>(at, query.row(base + token));
        position.template place<Arch>(of_key, key.row(base + token));
        if constexpr (places_values<std::remove_cvref_t<decltype(position)>>)
          position.template place_value<Arch>(of_key, value.row(base + token));
      }
    });
}

}  // namespace weft
