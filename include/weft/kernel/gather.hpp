#pragma once
// Rows looked up in tables and added: the first step of an embedding.
#include <weft/kernel/row_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// y = (a + b) + c over `width` values: a token's word, segment and position.
template <class Arch>
void sum_rows(const float* a, const float* b, const float* c, index_t width, float* y) {
  detail::each_vector<Arch>(width, [&](index_t i, auto whole) {
    const auto first = detail::part<Arch>(a, i, width, whole) + detail::part<Arch>(b, i, width, whole);
    detail::put<Arch>(y, i, width, simd::vector<Arch>(first + detail::part<Arch>(c, i, width, whole)), whole);
  });
}

/// y = x * factor over `width` values. y may be x.
template <class Arch>
void scale_row(const float* x, float factor, index_t width, float* y) {
  const auto by = simd::set<Arch>(factor);
  detail::each_vector<Arch>(width, [&](index_t i, auto whole) {
    detail::put<Arch>(y, i, width, simd::rounded<Arch>(detail::part<Arch>(x, i, width, whole) * by), whole);
  });
}

}  // namespace weft
