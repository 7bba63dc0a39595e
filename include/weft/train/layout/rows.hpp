#pragma once
// What twins of layouts do with whole rows.
#include <algorithm>
#include <weft/kernel/row_norm.hpp>
#include <weft/memory/context.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

template <index_t Width>
void copy_rows(rows<const float, Width> from, rows<float, Width> to, const context& ctx) {
  ctx.each_rows(from.count, [&](index_t first, index_t last) {
    for (index_t t = first; t < last; ++t) std::copy_n(from.row(t), Width, to.row(t));
  });
}
template <index_t Width>
void clear_rows(rows<float, Width> to, const context& ctx) {
  ctx.each_rows(to.count, [&](index_t first, index_t last) {
    for (index_t t = first; t < last; ++t) std::fill_n(to.row(t), Width, 0.0f);
  });
}
/// to += from.
template <class Arch, index_t Width>
void add_rows(rows<const float, Width> from, rows<float, Width> to, const context& ctx) {
  ctx.each_rows(from.count, [&](index_t first, index_t last) {
    for (index_t t = first; t < last; ++t) add_row<Arch>(to.row(t), from.row(t), Width, to.row(t));
  });
}

}  // namespace weft::detail
