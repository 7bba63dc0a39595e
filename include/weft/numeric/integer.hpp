#pragma once
// I-BERT's numeric policy: everything between the ids and the heads is whole numbers.
#include <bit>
#include <cmath>
#include <cstring>
#include <weft/numeric/panel_numeric.hpp>
#include <weft/simd/quads.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Rows of an encoder are signed bytes, whose scales are constants of its checkpoint: `using numeric = weft::integer;`
/// goes with integer parts on every axis (model/ibert.hpp has such a spec). Heads read floats and compute in float32.
struct integer : panel_numeric<integer> {
  using stream = std::int8_t;
  template <class Arch>
  using format = float_format<Arch>;
  template <class>
  static constexpr index_t own_bytes = own_room;  // rows of codes, as multiply_whole() reads them
};

/// Bytes times signed bytes, summed exactly in 32 bits: a column's codes in quads, a row's as the architecture wants
/// them. Sums leave registers as the bits of a float, which nobody computes with.
template <class Arch>
struct whole_format {
  using arch = Arch;
  using word = std::uint32_t;
  using element = std::uint32_t;
  using kernel = simd::quads<Arch, 8>;
  using sum = simd::whole_vector<Arch>;
  using vector = simd::vector<Arch>;
  static constexpr index_t inputs = 4, parts = kernel::parts;
  static constexpr index_t most_inputs = 65536;  // 65,536 * 255 * 128 is less than 2^31
  /// What is added to a row's codes, since instructions want them unsigned, or signed.
  static constexpr std::int32_t added_to_signed = 128 - kernel::taken_off, added_to_unsigned = -kernel::taken_off;

  static constexpr index_t row_elements(index_t in) { return ceil_div(in * kernel::code_bytes, index_t{4}); }
  /// Codes of a row, signed or not, `in` of them; the last element is filled up.
  template <class Code>
  static void write_row(const Code* codes, index_t in, element* to) {
    using stored = std::conditional_t<kernel::code_bytes == 1, std::uint8_t,
                                      std::conditional_t<kernel::code_bytes == 2, std::uint16_t, std::uint32_t>>;
    constexpr std::int32_t more = std::is_signed_v<Code> ? added_to_signed : added_to_unsigned;
    constexpr index_t of_element = 4 / kernel::code_bytes;
    const auto one = [&](index_t i) { return static_cast<stored>(codes[i] + more); };
    index_t i = 0;
    for (; i + of_element <= in; i += of_element) {
      stored all[array_size(of_element)];
      for (index_t j = 0; j < of_element; ++j) all[j] = one(i + j);
      std::memcpy(to++, all, 4);
    }
    if (i == in) return;
    stored all[array_size(of_element)] = {};
    for (index_t j = 0; i + j < in; ++j) all[j] = one(i + j);
    std::memcpy(to, all, 4);
  }
  /// What sums begin with, so that what was added to the codes of the rows is taken off again.
  static float start(std::int32_t bias, std::int32_t sum_of_codes, std::int32_t added) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bias) -
                                static_cast<std::uint32_t>(added) * static_cast<std::uint32_t>(sum_of_codes));
  }

  [[gnu::always_inline]] static sum begin(const vector& start) { return simd::as_whole_bits<Arch>(start); }
  [[gnu::always_inline]] static sum column(const word* words, auto part) { return kernel::column(words, part); }
  [[gnu::always_inline]] static sum row(element codes) { return kernel::row(codes); }
  [[gnu::always_inline]] static sum add(const sum& row, const sum& column, const sum& before) {
    return kernel::add(row, column, before);
  }
  [[gnu::always_inline]] static vector finish(const sum& all, const element*, const word*, const vector&) {
    return simd::as_float_bits<Arch>(all);
  }
};

/// Packs code(column, input), inputs in [0, in) and columns in [0, out), into panels, and what their sums begin with
/// into `start`: bias(column), where `added` was added to the codes of rows.
template <class Arch, index_t Columns>
void pack_whole(index_t in, index_t out, const auto& code, const auto& bias, std::int32_t added, std::uint32_t* panels,
                float* start) {
  using format = whole_format<Arch>;
  for (index_t first = 0; first < out; first += Columns) {
    std::int32_t sums[array_size(Columns)] = {};
    for (index_t i = 0; i < in; i += 4)
      for (index_t c = 0; c < Columns; ++c) {
        std::uint32_t bytes = 0;
        for (index_t j = 0; first + c < out && j < 4 && i + j < in; ++j) {
          const std::int32_t one = code(first + c, i + j);
          sums[c] += one;
          bytes |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(one)) << (8 * j);
        }
        *panels++ = format::kernel::pack_bytes(bytes);
      }
    for (index_t c = 0; c < Columns; ++c)
      start[first + c] = format::start(first + c < out ? bias(first + c) : 0, sums[c], added);
  }
}

/// Rows of codes: `count` of them, `stride` elements apart.
struct code_rows {
  const std::uint32_t* elements;
  index_t count, stride;
};

/// then(row, first column, columns, their sums) for every row, and every panel in [first_panel, last_panel): exact
/// products with packed columns.
template <class Arch, index_t Columns, class Then>
void multiply_whole(code_rows x, const packed_panels<whole_format<Arch>>& weights, index_t first_panel,
                    index_t last_panel, const Then& then, const weights_ahead& after = {}) {
  using format = whole_format<Arch>;
  constexpr index_t vectors = Columns / simd::lanes<Arch>;
  static_assert(vectors * simd::lanes<Arch> == Columns && vectors > 0 && vectors < 4,
                "weft: a panel is one to three vectors");
  const index_t lines = weights.lines;
  each_panel<Arch, vectors>(x.count, first_panel, last_panel, [&](auto wide, index_t p) {
    constexpr index_t columns = decltype(wide)::value * simd::lanes<Arch>, most = tile_rows<Arch, wide>;
    const index_t column = p * Columns, width = std::min(columns, weights.outputs - column);
    const auto* const panel = weights.words + column * lines;
    index_t number = 0;
    each_row_tile<most>(x.count, [&](index_t first, index_t last) {
      float sums[on_stack<float, most * columns>];
      std::int32_t whole[on_stack<std::int32_t, most * columns>];
      const product<format> work{.a = x.elements + first * x.stride,
                                 .b = panel,
                                 .start = weights.bias + column,
                                 .y = sums,
                                 .lda = x.stride,
                                 .ldb = Columns,
                                 .ld_start = 0,
                                 .ldy = columns,
                                 .steps = format_steps<format>(weights.inputs),
                                 .apart = Columns * lines,
                                 .ahead = ahead_of<columns>(panel, lines, number++, ceil_div(x.count, most), after)};
      multiply_rows<format, wide>(last - first, work);
      std::memcpy(whole, sums, array_size((last - first) * columns) * sizeof(float));
      for (index_t i = first; i < last; ++i) then(i, column, width, whole + (i - first) * columns);
    });
  });
}

}  // namespace weft
