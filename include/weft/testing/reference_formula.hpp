#pragma once
#include <weft/layout/named_layer.hpp>
#include <weft/mixer/formula_attention.hpp>
#include <weft/mixer/light_convolution.hpp>
#include <weft/testing/reference_attention.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

namespace detail {
struct formula_point {
  double query, key, value, root;
};
}  // namespace detail

/// What a term of a formula makes of one query, key and value: `of`. Specialise it for a term of your own.
template <>
struct reference_of<formula::query> {
  static double of(const detail::formula_point& x) { return x.query; }
};
template <>
struct reference_of<formula::key> {
  static double of(const detail::formula_point& x) { return x.key; }
};
template <>
struct reference_of<formula::value> {
  static double of(const detail::formula_point& x) { return x.value; }
};
template <class A, class B>
struct reference_of<formula::sum<A, B>> {
  static double of(const detail::formula_point& x) { return reference_of<A>::of(x) + reference_of<B>::of(x); }
};
template <class A>
struct reference_of<formula::negative<A>> {
  static double of(const detail::formula_point& x) { return -reference_of<A>::of(x); }
};
template <class A>
struct reference_of<formula::over_root<A>> {
  static double of(const detail::formula_point& x) { return reference_of<A>::of(x) / x.root; }
};
template <class A>
struct reference_of<formula::softplus<A>> {
  static double of(const detail::formula_point& x) {
    const double a = reference_of<A>::of(x);
    return std::max(a, 0.0) + std::log1p(std::exp(-std::abs(a)));
  }
};
template <class A>
struct reference_of<formula::softsign<A>> {
  static double of(const detail::formula_point& x) {
    const double a = reference_of<A>::of(x);
    return a / (1 + std::abs(a));
  }
};

/// Attention whose keys and values are formulas (Gao et al. 2021).
template <class Key, class Value, class Pattern, class Score>
struct reference_of<formula_attention<Key, Value, Pattern, Score>> {
  using mixer = formula_attention<Key, Value, Pattern, Score>;
  template <mixer_shape S>
  static table forward(const weights<raw, typename mixer::template bind<S>>& p, const reference_streams& x,
                       const place& at) {
    const table query = reference_linear(p.query, x.query);
    table key = query, value = query;
    if constexpr (mixer::reads.key) key = reference_linear(p.key, x.key);
    if constexpr (mixer::reads.value) value = reference_linear(p.value, x.value);
    const double root = std::sqrt(static_cast<double>(S.output / S.heads));
    for (index_t t = 0; t < at.length(); ++t)
      for (index_t c = 0; c < S.output; ++c) {
        const detail::formula_point point{query(t, c), key(t, c), value(t, c), root};
        key(t, c) = reference_of<Key>::of(point);
        value(t, c) = reference_of<Value>::of(point);
      }
    return reference_linear(p.output, attended<Pattern, Score, none>(query, key, value, S.heads, p.score, at));
  }
};

/// Values times their gates, mixed with their neighbours by weights of their head.
template <index_t Taps, invisible_rows Invisible>
struct reference_of<light_convolution<Taps, Invisible>> {
  template <mixer_shape S>
  static table forward(const weights<raw, typename light_convolution<Taps, Invisible>::template bind<S>>& p,
                       const reference_streams& x, const place& at) {
    const table gated = reference_fused<S.output, true>(p.into, 0, x.value) *
                        (1 / (1 + xt::exp(-reference_fused<S.output, true>(p.into, 1, x.value))));
    const auto end = Invisible == invisible_rows::read ? at.length() : at.keys();
    table mixed = xt::zeros<double>({at.length(), S.output});
    for (index_t t = 0; t < at.length(); ++t)
      for (index_t tap = 0; tap < Taps; ++tap)
        if (const auto other = t + tap - Taps / 2; other >= 0 && other < end)
          for (index_t c = 0; c < S.output; ++c)
            mixed(t, c) += gated(other, c) * double{p.kernel[c / (S.output / S.heads) * Taps + tap]};
    return reference_linear(p.output, mixed);
  }
};

/// A layout under another name.
template <class Name, class Layout>
struct reference_of<named_layer<Name, Layout>> {
  template <class Spec>
  static table forward(const auto& p, const table& x, const place& at) {
    return reference_of<Layout>::template forward<Spec>(p.layer, x, at);
  }
};

}  // namespace weft::testing
