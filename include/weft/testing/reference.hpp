#pragma once
// The slow reference encoder: every policy's formula once more, in double precision, as xtensor expressions, one
// sequence at a time. It shares no code with the kernels, so that the two can check each other.
#include <weft/interop/as_xtensor.hpp>
#include <weft/memory/batch.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// Rows of one sequence, or of a whole batch: [rows, columns].
using table = xt::xtensor<double, 2>;

/// One sequence of a batch at one layer.
struct place {
  const batch& in;
  const sizes& limits;
  index_t sequence, layer;

  index_t first() const { return in.first(sequence); }    ///< its first row in the batch
  index_t length() const { return in.length(sequence); }  ///< its rows
  index_t keys() const { return in.keys(sequence); }      ///< how many of them serve as keys
};

/// The three inputs of a mixer, each [length, width of the stream].
struct reference_streams {
  const table &query, &key, &value;
};

namespace detail {
template <class>
inline constexpr bool never = false;
}

/// A policy's formula. Specialise it for a policy to make the reference encoder understand it; all members are static,
/// `p` is the record of form `raw` of the bound policy:
///   mixer         table forward<S>(p, const reference_streams&, const place&)     S: mixer_shape
///   feed-forward  table forward<S>(p, const table& x, const place&)               S: row_shape
///   norm          table forward<Width>(p, const table& x)
///   activation    table forward(const table& x)
///   layout        table forward<Spec>(p, const table& x, const place&)
///   embedding     table forward<Spec>(p, const place&)
///   head          table forward<Spec>(p, const table& x), or (p, x, const batch&) where it looks at sequences
/// Every one returns as many rows as it is given.
template <class Policy>
struct reference_of {
  static_assert(
      detail::never<Policy>,
      "weft: this policy has no reference; specialise weft::testing::reference_of<Policy> (testing/reference.hpp)");
};

/// a [n, k] times b [k, m].
inline table product(const auto& a, const auto& b) {
  return xt::sum(xt::view(a, xt::all(), xt::all(), xt::newaxis()) * xt::view(b, xt::newaxis(), xt::all(), xt::all()),
                 {1});
}

/// a [n, k] times the transpose of b [m, k].
inline table product_transposed(const auto& a, const auto& b) {
  return xt::sum(xt::view(a, xt::all(), xt::newaxis(), xt::all()) * xt::view(b, xt::newaxis(), xt::all(), xt::all()),
                 {2});
}

/// The mean of each row of x [n, m]: [n, 1]. (Evaluated: xtensor 0.24 reads beyond the end where a kept dimension of a
/// reduction is broadcast.)
inline table row_means(const auto& x) {
  const auto width = static_cast<double>(x.shape()[1]);
  const xt::xtensor<double, 1> means = xt::sum(x, {1}) / width;
  return xt::view(means, xt::all(), xt::newaxis());
}

/// y = x W' + b for rows x [n, inputs] and a weight [outputs, inputs], as checkpoints store it.
template <class Form, index_t In, index_t Out, bool Bias>
table reference_linear(const stored_linear<Form, In, Out, Bias>& p, const table& x) {
  const table weight = xt::cast<double>(as_xtensor(p.weight));
  table y = product_transposed(x, weight);
  if constexpr (Bias) y += xt::view(as_xtensor(p.bias), xt::newaxis(), xt::all());
  return y;
}

/// The same of one of several linears to Out values that are stored as one, their rows behind one another.
template <index_t Out, bool Bias>
table reference_fused(const auto& p, index_t which, const table& x) {
  const index_t first = which * Out, last = first + Out;
  const table weight = xt::cast<double>(xt::view(as_xtensor(p.weight), xt::range(first, last), xt::all()));
  table y = product_transposed(x, weight);
  if constexpr (Bias) y += xt::view(as_xtensor(p.bias), xt::newaxis(), xt::range(first, last));
  return y;
}

/// The same of one of the three whose rows are interleaved by head: of every head 3 rows for each of its columns.
template <index_t Out, index_t Heads>
table reference_by_head(const auto& p, index_t which, const table& x) {
  constexpr index_t of_head = Out / Heads;
  table weight = xt::zeros<double>({Out, static_cast<index_t>(x.shape()[1])});
  for (index_t head = 0; head < Heads; ++head) {
    const index_t first = (3 * head + which) * of_head;
    xt::view(weight, xt::range(head * of_head, (head + 1) * of_head), xt::all()) =
        xt::view(as_xtensor(p.weight), xt::range(first, first + of_head), xt::all());
  }
  table y = product_transposed(x, weight);
  if constexpr (requires { p.query_bias.data; }) {
    if (which == 0) y += xt::view(as_xtensor(p.query_bias), xt::newaxis(), xt::all());
    if (which == 2) y += xt::view(as_xtensor(p.value_bias), xt::newaxis(), xt::all());
  }
  return y;
}

}  // namespace weft::testing
