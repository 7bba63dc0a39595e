#pragma once
#include <weft/mixer/mixed_attention.hpp>
#include <weft/mixer/span_convolution.hpp>
#include <weft/testing/reference_attention.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// Span-based dynamic convolution (Jiang et al. 2020, section 4.1), given the attention's query.
template <index_t Taps, invisible_rows Invisible>
struct reference_of<span_convolution<Taps, Invisible>> {
  template <companion_shape S>
  static table forward(const weights<raw, typename span_convolution<Taps, Invisible>::template bind<S>>& p,
                       const table& key, const table& value, const table& query, const place& at) {
    const auto depthwise = as_xtensor(p.depthwise);  // [channels, 1, taps]
    const table seen =
        over_taps(key, at, [&](index_t, index_t tap, index_t c) { return double{depthwise(c, 0, tap)}; });
    const table pointwise = xt::cast<double>(xt::view(as_xtensor(p.pointwise), xt::all(), xt::all(), 0));
    const auto bias = as_xtensor(p.bias);
    const table spans = (product_transposed(seen, pointwise) + xt::view(bias, xt::newaxis(), xt::all(), 0)) * query;
    table kernel = xt::exp(reference_linear(p.kernel, spans));
    for (index_t t = 0; t < at.length(); ++t)
      for (index_t h = 0; h < S.heads; ++h) {
        auto taps = xt::view(kernel, t, xt::range(h * Taps, (h + 1) * Taps));
        const double sum = xt::sum(taps)();
        taps /= sum;
      }
    return over_taps(reference_linear(p.value, value), at, [&](index_t t, index_t tap, index_t c) {
      return kernel(t, c / (S.inner / S.heads) * Taps + tap);
    });
  }

 private:
  // y[t, c] = sum over taps of x[t + tap - Taps / 2, c] * weight(t, tap, c), zeros beyond the ends.
  static table over_taps(const table& x, const place& at, const auto& weight) {
    const auto end = Invisible == invisible_rows::read ? at.length() : at.keys();
    table y = xt::zeros<double>(x.shape());
    for (index_t t = 0; t < at.length(); ++t)
      for (index_t tap = 0; tap < Taps; ++tap)
        if (const auto other = t + tap - Taps / 2; other >= 0 && other < end)
          for (index_t c = 0; c < static_cast<index_t>(x.shape()[1]); ++c) y(t, c) += x(other, c) * weight(t, tap, c);
    return y;
  }
};

/// Attention on some heads beside a companion (Jiang et al. 2020, section 4.2).
template <attention_pattern Pattern, class Companion, class Ratio, score_modifier Score, position_policy Position>
struct reference_of<mixed_attention<Pattern, Companion, Ratio, Score, Position>> {
  template <mixer_shape S>
  using bound = typename mixed_attention<Pattern, Companion, Ratio, Score, Position>::template bind<S>;

  template <mixer_shape S>
  static table forward(const weights<raw, bound<S>>& p, const reference_streams& x, const place& at) {
    constexpr auto inner = bound<S>::inner, heads = bound<S>::heads;
    const table query = reference_linear(p.query, x.query);
    table joined = xt::zeros<double>({at.length(), 2 * inner});
    xt::view(joined, xt::all(), xt::range(0, inner)) = attended<Pattern, Score, Position>(
        query, reference_linear(p.key, x.key), reference_linear(p.value, x.value), heads, p.score, at);
    xt::view(joined, xt::all(), xt::range(inner, 2 * inner)) =
        reference_of<Companion>::template forward<companion_shape{S.key, S.value, inner, heads}>(p.beside, x.key,
                                                                                                 x.value, query, at);
    return reference_linear(p.output, joined);
  }
};

}  // namespace weft::testing
