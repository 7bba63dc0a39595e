#pragma once
// weft's results as xtensor views. Nothing is copied: a view points at the same floats, and writing through one writes
// them. It must not outlive what it was made from. The other direction is interop/from_xtensor.hpp.
#include <array>
#include <weft/interop/xtensor_headers.hpp>
#include <weft/memory/batch.hpp>
#include <weft/memory/record.hpp>
#include <weft/memory/rows.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
template <class T>
auto adapt_matrix(T* data, index_t count, index_t width) {
  const std::array<std::size_t, 2> shape{static_cast<std::size_t>(count), static_cast<std::size_t>(width)};
  return xt::adapt(data, static_cast<std::size_t>(count * width), xt::no_ownership(), shape);
}

// `count` rows of `width` values that lie `stride` values apart: columns of a wider matrix. (An adaptor with strides
// would do for reading, but xtensor writes whole adaptors in one line, across the gaps.)
template <class T>
auto adapt_rows(T* data, index_t count, index_t width, index_t stride) {
  return xt::view(adapt_matrix(data, count, stride), xt::all(), xt::range(std::ptrdiff_t{0}, width));
}
}  // namespace detail

/// Rows as an expression of shape [count, Width]. A view; rows that are not adjacent keep their stride.
template <class T, index_t Width>
auto as_xtensor(rows<T, Width> x) {
  return detail::adapt_rows(x.data, x.count, Width, x.stride);
}

/// Logits as an expression of shape [count, width]. A view.
template <class T>
auto as_xtensor(matrix<T> x) {
  return detail::adapt_rows(x.data, x.count, x.width, x.stride);
}

/// Rows that own their memory, as a view of shape [count, Width] without gaps. The buffer must outlive it.
template <index_t Width>
auto as_xtensor(row_buffer<Width>& x) {
  return detail::adapt_matrix(x.data(), x.count(), Width);
}
template <index_t Width>
auto as_xtensor(const row_buffer<Width>& x) {
  return detail::adapt_matrix(x.data(), x.count(), Width);
}
template <index_t Width>
void as_xtensor(const row_buffer<Width>&&) = delete;  // the view would outlive the buffer

inline auto as_xtensor(matrix_buffer& x) { return detail::adapt_matrix(x.data(), x.count(), x.width()); }
inline auto as_xtensor(const matrix_buffer& x) { return detail::adapt_matrix(x.data(), x.count(), x.width()); }
void as_xtensor(const matrix_buffer&&) = delete;

/// A list of values (an embedding, token ids, offsets) as an expression of shape [size]. A view.
template <class T>
auto as_xtensor(list<T> x) {
  const std::array<std::size_t, 1> shape{static_cast<std::size_t>(x.size())};
  return xt::adapt(x.data(), static_cast<std::size_t>(x.size()), xt::no_ownership(), shape);
}

/// A stored tensor, a weight or a gradient, as an expression of its shape. A view.
template <class T, index_t... N>
auto as_xtensor(view<T, N...> x) {
  std::array<std::size_t, sizeof...(N)> shape{static_cast<std::size_t>(N)...};
  if constexpr (!view<T, N...>::known) shape[view<T, N...>::counted_at] = static_cast<std::size_t>(x.count);
  return xt::adapt(x.data, static_cast<std::size_t>(x.size()), xt::no_ownership(), shape);
}

/// The rows of sequence s of the batch, as an expression of shape [length(s), width]; `all` has one row a token.
/// A view.
template <class T, index_t Width>
auto sequence_of(const batch& in, index_t s, rows<T, Width> all) {
  return as_xtensor(all.part(in.offsets[s], in.offsets[s + 1]));
}
template <class T>
auto sequence_of(const batch& in, index_t s, matrix<T> all) {
  return as_xtensor(all.part(in.offsets[s], in.offsets[s + 1]));
}
template <index_t Width>
auto sequence_of(const batch& in, index_t s, row_buffer<Width>& all) {
  return sequence_of(in, s, rows<float, Width>(all));
}
template <index_t Width>
auto sequence_of(const batch& in, index_t s, const row_buffer<Width>& all) {
  return sequence_of(in, s, rows<const float, Width>(all));
}
template <index_t Width>
void sequence_of(const batch&, index_t, const row_buffer<Width>&&) = delete;  // the view would outlive the buffer

}  // namespace weft
