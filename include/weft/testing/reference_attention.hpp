#pragma once
#include <weft/mixer/attention.hpp>
#include <weft/testing/reference.hpp>
#include <weft/testing/reference_position.hpp>
#include <weft/testing/reference_score.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

namespace detail {
// What a score's formula makes of its parameters once, or the score itself.
template <class Score>
decltype(auto) begin_tables(const Score& score, [[maybe_unused]] const auto& p) {
  if constexpr (requires { reference_score<Score>::tables(p); })
    return reference_score<Score>::tables(p);
  else
    return (score);
}
}  // namespace detail

/// How much each query of one head takes from each key: [queries, keys]. A row sums to 1, or to 0 where a query sees no
/// visible key or is silenced. Only `sees` is asked, never `visit`; a key that is seen several times counts as often.
/// `begins` is what scores that begin are asked with (reference_score).
template <class Pattern, class Score>
table attention_weights(const Pattern& pattern, const Score& score, const table& query, const table& key,
                        const place& at, index_t head, index_t heads, const auto& begins) {
  const auto length = at.length(), head_width = static_cast<index_t>(query.shape()[1]);
  const table dots = product_transposed(query, key);
  table result = xt::zeros<double>(dots.shape());
  for (index_t q = 0; q < length; ++q) {
    const auto first = q - q % Pattern::query_tile;
    const query_block block{length, first,      std::min(length, first + Pattern::query_tile), head, at.layer,
                            &at.in, at.sequence};
    if (q >= at.keys() && silences(pattern, block)) continue;
    const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(head_width)));
    const score_site site{length, at.first(), q, head, heads, at.layer, scale};
    xt::xtensor<double, 1> scores = xt::zeros<double>({length}), times = xt::zeros<double>({length});
    double largest = -HUGE_VAL;
    for (index_t k = 0; k < at.keys(); ++k) {
      times(k) = static_cast<double>(static_cast<index_t>(pattern.sees(block, q, k)));
      double dot = dots(q, k);
      if constexpr (requires { reference_score<Score>::begin(begins, site, k, &query(q, 0), &key(k, 0)); })
        dot += reference_score<Score>::begin(begins, site, k, &query(q, 0), &key(k, 0));
      else
        static_assert(
            !weft::detail::names_begin<Score, simd::native, 8>,
            "weft: a score that begins needs a specialisation of weft::testing::reference_score with `begin`");
      scores(k) = reference_score<Score>::value(score, site, k, dot, head_width);
      if (times(k) > 0) largest = std::max(largest, scores(k));
    }
    for (index_t k = 0; k < at.keys(); ++k)
      if (times(k) > 0) result(q, k) = times(k) * std::exp(scores(k) - largest);
    const double total = xt::sum(xt::row(result, q))();
    if (total > 0) xt::row(result, q) /= total;
  }
  return result;
}

/// The attention of all heads, before the output projection: [queries, width of the values].
template <class Pattern, class Score, class Position>
table attended(const table& projected_query, const table& projected_key, const table& projected_value, index_t heads,
               const auto& score_weights, const place& at) {
  const table query = reference_of<Position>::placed(projected_query, heads, at.layer);
  const table key = reference_of<Position>::placed(projected_key, heads, at.layer);
  const table value = reference_of_values<Position>::placed(projected_value, heads, at.layer);
  arena store;
  const setup model{at.limits.layers, at.limits.positions, heads};
  Pattern pattern{};
  Score bare{};
  set_up(pattern, model, store);
  set_up(bare, model, store);
  const auto& score = with_weights(bare, score_weights);
  const auto& begins = detail::begin_tables(score, score_weights);
  const auto head_width = static_cast<index_t>(value.shape()[1]) / heads;
  table mixed = xt::zeros<double>(query.shape());
  for (index_t head = 0; head < heads; ++head) {
    auto columns = xt::range(head * head_width, (head + 1) * head_width);
    const table q = xt::view(query, xt::all(), columns), k = xt::view(key, xt::all(), columns),
                v = xt::view(value, xt::all(), columns);
    xt::view(mixed, xt::all(), columns) = product(attention_weights(pattern, score, q, k, at, head, heads, begins), v);
  }
  return mixed;
}

/// Multi-head attention over any pattern and score ("Attention Is All You Need", 3.2.2).
template <attention_pattern Pattern, score_modifier Score, bool Bias, position_policy Position, bool OutputBias,
          projections_stored Stored>
struct reference_of<attention<Pattern, Score, Bias, Position, OutputBias, Stored>> {
  using mixer = attention<Pattern, Score, Bias, Position, OutputBias, Stored>;
  template <mixer_shape S>
  static table forward(const weights<raw, typename mixer::template bind<S>>& p, const reference_streams& x,
                       const place& at) {
    const auto run = [&](const table& query, const table& key, const table& value) {
      return reference_linear(p.output, attended<Pattern, Score, Position>(query, key, value, S.heads, p.score, at));
    };
    if constexpr (Stored == projections_stored::by_head)
      return run(reference_by_head<S.output, S.heads>(p.joined, 0, x.query),
                 reference_by_head<S.output, S.heads>(p.joined, 1, x.key),
                 reference_by_head<S.output, S.heads>(p.joined, 2, x.value));
    else if constexpr (Stored == projections_stored::as_one)
      return run(reference_fused<S.output, Bias>(p.joined, 0, x.query),
                 reference_fused<S.output, Bias>(p.joined, 1, x.key),
                 reference_fused<S.output, Bias>(p.joined, 2, x.value));
    else
      return run(reference_linear(p.query, x.query), reference_linear(p.key, x.key),
                 reference_linear(p.value, x.value));
  }
};

}  // namespace weft::testing
