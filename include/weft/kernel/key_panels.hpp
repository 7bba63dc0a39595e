#pragma once
// The keys of one head as products read them: panels of columns, one key a column.
#include <weft/kernel/multiply.hpp>
#include <weft/simd/chains.hpp>
#include <weft/simd/transpose.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Keys of a packed panel: those of whole chains (simd::chains), so that every tile of keys begins with chain 0.
template <class Arch>
inline constexpr index_t key_columns = std::max(2 * simd::lanes<Arch>, simd::chains);

/// The most that key_columns is on any architecture, for sizing scratch before the architecture is known.
inline constexpr index_t widest_key_columns = 32;

/// Packs keys [first, last) of a sequence of `length` keys for one head: [panel][HeadWidth][key_columns]. Key j begins
/// at keys + j * stride; `first` is a multiple of key_columns. Panels take ceil_div(length, key_columns) * HeadWidth *
/// key_columns floats; the columns beyond the last key become zeros. `last` is a multiple of key_columns or `length`.
template <class Arch, index_t HeadWidth>
void pack_keys(const float* keys, index_t stride, index_t first, index_t last, index_t length, float* panels) {
  constexpr index_t columns = key_columns<Arch>;
  for (index_t j = first; j < last; j += columns) {
    const index_t count = std::min(columns, length - j);
    float* const panel = panels + j * HeadWidth;
    if (count < columns) std::fill_n(panel, HeadWidth * columns, 0.0f);
    index_t c = 0;
    for (; c + 4 <= count; c += 4)
      simd::transpose_four_rows<Arch>(keys + (j + c) * stride, stride, HeadWidth, panel + c, columns);
    for (; c < count; ++c)
      for (index_t d = 0; d < HeadWidth; ++d) panel[d * columns + c] = keys[(j + c) * stride + d];
  }
}

namespace detail {
/// The product of `work` with `columns` packed keys from `panels` on, a multiple of key_columns: work.y is where those
/// of the first key go, work.start, unless it is null, what they begin with. `b` and `ldb` are set here.
template <class Arch>
[[gnu::always_inline]] inline void multiply_keys(index_t rows, const float* panels, index_t columns,
                                                 product<float_format<Arch>> work) {
  constexpr index_t in_panel = key_columns<Arch>, step = 2 * simd::lanes<Arch>;
  work.ldb = in_panel;
  for (index_t panel = 0; panel < columns; panel += in_panel)
    for (index_t c = 0; c < in_panel; c += step) {
      work.b = panels + panel * work.steps + c;
      multiply_rows<float_format<Arch>, 2>(rows, work);
      work.y += step;
      if (work.start) work.start += step;
    }
}
}  // namespace detail

}  // namespace weft
