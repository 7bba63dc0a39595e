#pragma once
// y = then(x W' + b) on weights packed once into panels of columns: [panel][input][column of the panel].
#include <weft/kernel/activation.hpp>
#include <weft/kernel/multiply.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Columns of a packed panel for `out` outputs: the tile that pads them least, among equals the fastest. A width that
/// is known at run time only (out <= 0) gets a tile that suits most widths.
template <class Arch>
constexpr index_t panel_columns(index_t out) {
  constexpr index_t lanes = simd::lanes<Arch>;
  // Vectors of a panel, fastest first. Four rows of three vectors would just fit sixteen registers, but g++ spills
  // them. Panels of four are pairs of two (each_panel).
  constexpr index_t many[] = {3, 2, 1}, few[] = {2, 1};
  const auto best = [out](const auto& candidates) {
    index_t columns = candidates[0] * lanes;
    for (const index_t c : candidates)
      if (round_up(out, c * lanes) < round_up(out, columns)) columns = c * lanes;
    return columns;
  };
  if (out <= 0) return 2 * lanes;
  return simd::registers<Arch> >= 32 ? best(many) : best(few);
}

/// Floats of the packed weights of a linear: whole panels, padded with zeros. Its bias takes round_up(out, columns).
constexpr index_t packed_floats(index_t in, index_t out, index_t columns) { return in * round_up(out, columns); }

/// Packs `weight(o, i)`, o in [0, out), i in [0, in), into panels, and the bias (null: zeros) into `bias`.
template <class Arch, index_t Columns>
void pack_panels(auto&& weight, const float* bias_or_null, index_t in, index_t out, float* panels, float* bias) {
  for (index_t first = 0; first < out; first += Columns)
    for (index_t i = 0; i < in; ++i)
      for (index_t c = first; c < first + Columns; ++c) *panels++ = c < out ? weight(c, i) : 0.0f;
  for (index_t c = 0; c < round_up(out, Columns); ++c) bias[c] = bias_or_null && c < out ? bias_or_null[c] : 0.0f;
}

namespace detail {

// Moves a finished tile of sums from the stack to its place, through `then`; a tile's last columns may have no place.
template <class Arch, index_t Columns, class Then>
void finish(const Then& then, const float* sums, index_t rows, index_t width, float* y, index_t ldy) {
  using simd::lanes;
  for (index_t i = 0; i < rows; ++i, sums += Columns, y += ldy) {
    index_t c = 0;
    for (; c + lanes<Arch> <= width; c += lanes<Arch>) simd::store(y + c, then(simd::load<Arch>(sums + c)));
    if (c < width) simd::store_partial(y + c, then(simd::load<Arch>(sums + c)), width - c);
  }
}

}  // namespace detail

/// y = then(x W' + b) for `rows` rows and the panels [first_panel, last_panel). Row i of x and y begins at x + i * ldx
/// and y + i * ldy; x is `in` wide. Column c of the outputs is y[c], whichever panels are asked for; columns from `out`
/// on are never written. x and y must not overlap. `then` is applied once to each finished sum.
/// A row's result depends on that row alone, and not on how rows or panels are split among calls. `after` is
/// what will be read then.
/// (Named for what it does: weft::linear is the word for a linear's parameters, memory/record.hpp.)
template <class Arch, index_t Columns, class Then = identity>
void multiply_panels(const float* x, index_t ldx, index_t rows, index_t in, const float* panels, const float* bias,
                     index_t first_panel, index_t last_panel, float* y, index_t ldy, index_t out, Then then = {},
                     const weights_ahead& after = {}) {
  constexpr index_t vectors = Columns / simd::lanes<Arch>;
  static_assert(vectors * simd::lanes<Arch> == Columns && vectors > 0 && vectors < 4,
                "weft: a panel is one to three vectors");
  each_panel<Arch, vectors>(rows, first_panel, last_panel, [&](auto wide, index_t p) {
    constexpr index_t columns = decltype(wide)::value * simd::lanes<Arch>, most = tile_rows<Arch, wide>;
    const index_t column = p * Columns, width = std::min(columns, out - column);
    const float* const panel = panels + column * in;
    const bool direct = std::is_same_v<Then, identity> && width == columns;
    index_t number = 0;
    each_row_tile<most>(rows, [&](index_t first, index_t last) {
      float* const to = y + first * ldy + column;
      float sums[on_stack<float, most * columns>];
      const product work{.a = x + first * ldx,
                         .b = panel,
                         .start = bias + column,
                         .y = direct ? to : sums,
                         .lda = ldx,
                         .ldb = Columns,
                         .ld_start = 0,
                         .ldy = direct ? ldy : columns,
                         .steps = in,
                         .apart = Columns * in,
                         .ahead = ahead_of<columns>(panel, in, number++, ceil_div(rows, most), after)};
      multiply_rows<Arch, wide>(last - first, work);
      if (!direct) detail::finish<Arch, columns>(then, sums, last - first, width, to, ldy);
    });
  });
}

}  // namespace weft
