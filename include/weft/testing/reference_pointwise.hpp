#pragma once
#include <weft/ffn/pointwise.hpp>
#include <weft/mixer/grouped_attention.hpp>
#include <weft/testing/reference_activation.hpp>
#include <weft/testing/reference_attention.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// A linear in groups, stored as a convolution of one tap.
inline table reference_pointwise(const auto& p, const table& x) {
  const auto weight = as_xtensor(p.weight);  // [outputs, inputs of a group, 1]
  const auto out = static_cast<index_t>(weight.shape()[0]), in = static_cast<index_t>(weight.shape()[1]);
  const auto groups = static_cast<index_t>(x.shape()[1]) / in, of_group = out / groups;
  table y = xt::zeros<double>({static_cast<index_t>(x.shape()[0]), out});
  for (index_t t = 0; t < static_cast<index_t>(x.shape()[0]); ++t)
    for (index_t o = 0; o < out; ++o) {
      y(t, o) = double{p.bias[o]};
      for (index_t i = 0; i < in; ++i) y(t, o) += double{weight(o, i, 0)} * x(t, o / of_group * in + i);
    }
  return y;
}

/// Up, activation, down, in groups (Iandola et al. 2020).
template <index_t UpGroups, index_t DownGroups, class Activation>
struct reference_of<pointwise<UpGroups, DownGroups, Activation>> {
  template <row_shape S>
  static table forward(const weights<raw, typename pointwise<UpGroups, DownGroups, Activation>::template bind<S>>& p,
                       const table& x, const place&) {
    return reference_pointwise(p.down, reference_of<Activation>::forward(reference_pointwise(p.up, x)));
  }
};

/// Attention whose linears are in groups.
template <attention_groups Groups, class Pattern, class Score>
struct reference_of<grouped_attention<Groups, Pattern, Score>> {
  template <mixer_shape S>
  static table forward(const weights<raw, typename grouped_attention<Groups, Pattern, Score>::template bind<S>>& p,
                       const reference_streams& x, const place& at) {
    return reference_pointwise(p.output, attended<Pattern, Score, none>(
                                             reference_pointwise(p.query, x.query), reference_pointwise(p.key, x.key),
                                             reference_pointwise(p.value, x.value), S.heads, p.score, at));
  }
};

}  // namespace weft::testing
