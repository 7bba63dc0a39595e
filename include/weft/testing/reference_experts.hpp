#pragma once
#include <weft/ffn/mixture_of_experts.hpp>
#include <weft/ffn/residual_norm.hpp>
#include <weft/testing/reference_feed_forward.hpp>
#include <weft/testing/reference_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// norm(x + feed(x)).
template <class FeedForward, class Norm>
struct reference_of<residual_norm<FeedForward, Norm>> {
  template <row_shape S>
  static table forward(const weights<raw, typename residual_norm<FeedForward, Norm>::template bind<S>>& p,
                       const table& x, const place& at) {
    const table sum = reference_of<FeedForward>::template forward<S>(p.feed, x, at) + x;
    return reference_of<Norm>::template forward<S.width>(p.norm, sum);
  }
};

/// The expert of a row, and the factor of what it writes. A router has `route(p, x, t, at)` for row t of a sequence.
struct reference_route {
  index_t expert;
  double factor;
};
namespace detail {
inline reference_route largest_probability(const table& scores) {
  index_t largest = 0;
  double sum = 0;
  for (index_t i = 0; i < static_cast<index_t>(scores.shape()[1]); ++i) {
    if (scores(0, i) > scores(0, largest)) largest = i;
    sum += std::exp(scores(0, i));
  }
  return {largest, std::exp(scores(0, largest)) / sum};
}
}  // namespace detail

template <>
struct reference_of<by_table> {
  static reference_route route(const auto& p, const table&, index_t t, const place& at) {
    return {p.table[at.in.ids[at.first() + t]], 1};
  }
};
template <>
struct reference_of<by_gate> {
  static reference_route route(const auto& p, const table& x, index_t t, const place&) {
    const table row = xt::view(x, xt::range(t, t + 1), xt::all());
    return detail::largest_probability(reference_linear(p.gate, row));
  }
};
template <bool Factor>
struct reference_of<by_sentence_gate<Factor>> {
  static reference_route route(const auto& p, const table& x, index_t, const place& at) {
    table mean = xt::zeros<double>({std::size_t{1}, x.shape()[1]});
    for (index_t t = 0; t < at.keys(); ++t) xt::row(mean, 0) += xt::row(x, t) / static_cast<double>(at.keys());
    const auto route = detail::largest_probability(reference_linear(p.gate, mean));
    return {route.expert, Factor ? route.factor : 1};
  }
};

/// Every row by its expert.
template <class Expert, class Router, index_t Count>
struct reference_of<mixture_of_experts<Expert, Router, Count>> {
  template <row_shape S>
  static table forward(const weights<raw, typename mixture_of_experts<Expert, Router, Count>::template bind<S>>& p,
                       const table& x, const place& at) {
    table y = xt::zeros<double>(x.shape());
    for (index_t t = 0; t < at.length(); ++t) {
      const auto route = reference_of<Router>::route(p.router, x, t, at);
      const table row = xt::view(x, xt::range(t, t + 1), xt::all());
      xt::view(y, xt::range(t, t + 1), xt::all()) =
          route.factor *
          reference_of<Expert>::template forward<S>(p.expert[static_cast<std::size_t>(route.expert)], row, at);
    }
    return y;
  }
};

}  // namespace weft::testing
