#pragma once
// Axis: position. What queries and keys go through between their projections and their product.
#include <concepts>
#include <weft/concept/none.hpp>
#include <weft/simd/vector.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A row of queries or of keys: token `position` of its sequence, in `heads` heads of HeadWidth values each, all of
/// them one behind the other.
template <index_t HeadWidth>
struct position_site {
  static constexpr index_t head_width = HeadWidth;
  index_t position, heads, layer;
};

/// position.place<Arch>(site, row) changes a row in place, by its own position and layer alone; `none` leaves rows as
/// they are. Optional:
///   void prepare(const setup&, arena&)            builds tables, once an encoder (concept/part.hpp)
///   static constexpr index_t head_width_multiple    of which the head width has to be one
///   void place_value<Arch>(site, row) const         what rows of values go through
template <class P>
concept places_rows = std::semiregular<P> && requires(const P& p, const position_site<64>& at, float* row) {
  { p.template place<simd::native>(at, row) } -> std::same_as<void>;
};
template <class P>
concept position_policy = std::same_as<P, none> || places_rows<P>;

/// True if rows of values go through a position, too.
template <class P>
concept places_values = requires(const P& p, const position_site<64>& at, float* row) {
  p.template place_value<simd::native>(at, row);
};

/// What the width of heads has to be a multiple of: 2 where pairs are turned.
template <class P>
constexpr index_t head_width_multiple() {
  if constexpr (requires { P::head_width_multiple; })
    return P::head_width_multiple;
  else
    return 1;
}

}  // namespace weft
