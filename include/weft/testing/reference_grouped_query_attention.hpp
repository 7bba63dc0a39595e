#pragma once
#include <weft/mixer/grouped_query_attention.hpp>
#include <weft/testing/reference_attention.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// Attention in which heads share keys and values (Ainslie et al. 2023, section 2.2): those of a group are written once
/// for each of its heads, and what follows is plain attention.
template <index_t KeyHeads, attention_pattern Pattern, score_modifier Score, bool Bias, position_policy Position,
          bool OutputBias>
struct reference_of<grouped_query_attention<KeyHeads, Pattern, Score, Bias, Position, OutputBias>> {
  using mixer = grouped_query_attention<KeyHeads, Pattern, Score, Bias, Position, OutputBias>;
  template <mixer_shape S>
  static table forward(const weights<raw, typename mixer::template bind<S>>& p, const reference_streams& x,
                       const place& at) {
    const table query = reference_linear(p.query, x.query);
    return reference_linear(
        p.output, attended<Pattern, Score, Position>(query, for_every_head(reference_linear(p.key, x.key), S.heads),
                                                     for_every_head(reference_linear(p.value, x.value), S.heads),
                                                     S.heads, p.score, at));
  }

 private:
  static table for_every_head(const table& shared, index_t heads) {
    const auto rows = static_cast<index_t>(shared.shape()[0]);
    const index_t width = static_cast<index_t>(shared.shape()[1]) / KeyHeads;
    table all = xt::zeros<double>({rows, heads * width});
    for (index_t row = 0; row < rows; ++row)
      for (index_t c = 0; c < heads * width; ++c)
        all(row, c) = shared(row, c / width * KeyHeads / heads * width + c % width);
    return all;
  }
};

}  // namespace weft::testing
