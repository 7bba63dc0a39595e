#pragma once
// y = then(x W' + b) on weights of bfloat16: kernel/linear.hpp's panels, of pairs of inputs.
#include <weft/kernel/linear.hpp>
#include <weft/kernel/multiply_pairs.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// 32-bit pairs of the packed weights of a linear: [panel][pair of inputs][column of the panel].
constexpr index_t packed_pairs(index_t in, index_t out, index_t columns) {
  return ceil_div(in, index_t{2}) * round_up(out, columns);
}

/// Packs `weight(o, i)`, rounded to nearest even, into panels of pairs, and the bias (null: zeros) into `bias`.
template <index_t Columns>
void pack_pair_panels(auto&& weight, const float* bias_or_null, index_t in, index_t out, std::uint32_t* panels,
                      float* bias) {
  for (index_t first = 0; first < out; first += Columns)
    for (index_t i = 0; i < in; i += 2)
      for (index_t c = first; c < first + Columns; ++c)
        *panels++ = c < out ? simd::bfloat16_pair(weight(c, i), i + 1 < in ? weight(c, i + 1) : 0.0f) : 0;
  for (index_t c = 0; c < round_up(out, Columns); ++c) bias[c] = bias_or_null && c < out ? bias_or_null[c] : 0.0f;
}

/// multiply_panels (kernel/linear.hpp) on panels of pairs. x is what paired_row<Arch> names: pairs of bfloat16 (see
/// round_to_pairs), ldx pairs apart, or floats. Sums are float. A row's result depends on that row alone.
template <class Arch, index_t Columns, class Then = identity>
void multiply_pair_panels(const paired_row<Arch>* x, index_t ldx, index_t rows, index_t in, const std::uint32_t* panels,
                          const float* bias, index_t first_panel, index_t last_panel, float* y, index_t ldy,
                          index_t out, Then then = {}, const weights_ahead& after = {}) {
  constexpr index_t vectors = Columns / simd::lanes<Arch>;
  static_assert(vectors * simd::lanes<Arch> == Columns && vectors > 0 && vectors < 4,
                "weft: a panel is one to three vectors");
  const index_t pairs = ceil_div(in, index_t{2});
  each_panel<Arch, vectors>(rows, first_panel, last_panel, [&](auto wide, index_t p) {
    constexpr index_t columns = decltype(wide)::value * simd::lanes<Arch>, most = tile_rows<Arch, wide>;
    const index_t column = p * Columns, width = std::min(columns, out - column);
    const std::uint32_t* const panel = panels + column * pairs;
    const bool direct = std::is_same_v<Then, identity> && width == columns;
    index_t number = 0;
    each_row_tile<most>(rows, [&](index_t first, index_t last) {
      float* const to = y + first * ldy + column;
      float sums[on_stack<float, most * columns>];
      const pair_product<Arch> work{.a = x + first * ldx,
                                    .b = panel,
                                    .start = bias + column,
                                    .y = direct ? to : sums,
                                    .lda = ldx,
                                    .ldb = Columns,
                                    .ldy = direct ? ldy : columns,
                                    .steps = in,
                                    .apart = Columns * pairs,
                                    .ahead = ahead_of<columns>(panel, pairs, number++, ceil_div(rows, most), after)};
      multiply_pairs_of_rows<Arch, wide>(last - first, work);
      if (!direct) detail::finish<Arch, columns>(then, sums, last - first, width, to, ldy);
    });
  });
}

}  // namespace weft
