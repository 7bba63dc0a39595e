#pragma once
// y = then(x W' + b) on weights packed once into panels of columns: [panel][input][column of the panel].
#include <bit>
#include <weft/concept/numeric.hpp>
#include <weft/kernel/activation.hpp>
#include <weft/kernel/multiply.hpp>
#include <weft/memory/rows.hpp>

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

/// Packed weights of a linear: [panel][line][column of the panel] words of a format, and the bias of every column.
template <class Format>
struct packed_panels {
  const typename Format::word* words = nullptr;
  const float* bias = nullptr;
  index_t lines = 0;                ///< of a panel: format_lines of the inputs that it was packed for
  index_t inputs = 0, outputs = 0;  ///< those that are multiplied, the first ones
};

/// Words of the packed weights of a linear: whole panels, padded with zeros. Its bias takes round_up(out, columns).
template <class Format>
constexpr index_t packed_words(index_t in, index_t out, index_t columns) {
  return format_lines<Format>(in) * round_up(out, columns);
}

/// Packs `weight(o, i)`, o in [0, out), i in [0, in), into panels, and the bias (null: zeros) into `bias`.
template <class Format, index_t Columns>
void pack_panels(auto&& weight, const float* bias_or_null, index_t in, index_t out, typename Format::word* panels,
                 float* bias) {
  for (index_t first = 0; first < out; first += Columns) {
    const auto of = [&](index_t c) { return [&weight, c, out](index_t i) { return c < out ? weight(c, i) : 0.0f; }; };
    if constexpr (detail::scales_columns<Format>) {
      float scale[array_size(Columns)];
      for (index_t c = 0; c < Columns; ++c) scale[c] = Format::column_scale(of(first + c), in);
      for (index_t i = 0; i < in; i += Format::inputs)
        for (index_t c = 0; c < Columns; ++c) *panels++ = Format::pack(of(first + c), i, in, scale[c]);
      if constexpr (detail::writes_tails<Format>) {
        const index_t lines = ceil_div(in, Format::inputs);
        const auto* const panel = panels - lines * Columns;
        for (index_t line = 0; line < Format::tail_lines; ++line)
          for (index_t c = 0; c < Columns; ++c) *panels++ = Format::tail(panel + c, Columns, lines, scale[c], line);
      } else {
        for (index_t c = 0; c < Columns; ++c) *panels++ = std::bit_cast<typename Format::word>(scale[c]);
      }
    } else {
      for (index_t i = 0; i < in; i += Format::inputs)
        for (index_t c = 0; c < Columns; ++c) *panels++ = Format::pack(of(first + c), i, in);
    }
  }
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

/// y = then(x W' + b) for rows of a format's elements and the panels [first_panel, last_panel). Column c of the outputs
/// is column c of y, whichever panels are asked for; columns from `weights.outputs` on are never written. x and y must
/// not overlap. `then` is applied once to each finished sum. A row's result depends on that row alone, and not on how
/// rows or panels are split among calls. `after` is what will be read then.
/// (Named for what it does: weft::linear is the word for a linear's parameters, memory/record.hpp.)
template <class Format, index_t Columns, class Then = identity>
void multiply_panels(matrix<const typename Format::element> x, const packed_panels<Format>& weights,
                     index_t first_panel, index_t last_panel, matrix<float> y, Then then = {},
                     const weights_ahead& after = {}) {
  using Arch = typename Format::arch;
  constexpr index_t vectors = Columns / simd::lanes<Arch>;
  static_assert(vectors * simd::lanes<Arch> == Columns && vectors > 0 && vectors < 4,
                "weft: a panel is one to three vectors");
  static_assert(keeps_format_contract<Format>());
  const index_t rows = x.count, lines = weights.lines;
  each_panel<Arch, vectors>(rows, first_panel, last_panel, [&](auto wide, index_t p) {
    constexpr index_t columns = decltype(wide)::value * simd::lanes<Arch>, most = tile_rows<Arch, wide>;
    const index_t column = p * Columns, width = std::min(columns, weights.outputs - column);
    const auto* const panel = weights.words + column * lines;
    const bool direct = std::is_same_v<Then, identity> && width == columns;
    index_t number = 0;
    each_row_tile<most>(rows, [&](index_t first, index_t last) {
      float* const to = y.row(first) + column;
      float sums[on_stack<float, most * columns>];
      const product<Format> work{.a = x.row(first),
                                 .b = panel,
                                 .start = weights.bias + column,
                                 .y = direct ? to : sums,
                                 .lda = x.stride,
                                 .ldb = Columns,
                                 .ld_start = 0,
                                 .ldy = direct ? y.stride : columns,
                                 .steps = format_steps<Format>(weights.inputs),
                                 .apart = Columns * lines,
                                 .ahead = ahead_of<columns>(panel, lines, number++, ceil_div(rows, most), after)};
      multiply_rows<Format, wide>(last - first, work);
      if (!direct) detail::finish<Arch, columns>(then, sums, last - first, width, to, y.stride);
    });
  });
}

}  // namespace weft
