#pragma once
// Scores with parameters that a checkpoint brings, and what a mixer does with them: hold score_weights in its params
// under the name "", and hand with_weights(score, p.score) to the kernel instead of the score.
#include <weft/concept/score.hpp>
#include <weft/memory/record.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// True for a score that has parameters: besides its call operator it offers
///   template <index_t Heads> struct learnt { template <class Form> struct params { ... each ... }; };
///   auto with(const auto& params) const        the score that kernels call: a copy that points at them
/// `params` is a record like any part's (memory/record.hpp); its names are those of the layer's mixer.
template <class Score>
concept learnt_score = score_modifier<Score> && requires {
  typename Score::template learnt<1>;
};

namespace detail {
template <class Form, class Score, index_t Heads>
struct score_weights_of {
  using type = nothing;
};
template <class Form, learnt_score Score, index_t Heads>
struct score_weights_of<Form, Score, Heads> {
  using type = typename Score::template learnt<Heads>::template params<Form>;
};
template <class Score, index_t Heads>
requires(!learnt_score<Score>) struct score_weights_of<bound, Score, Heads> {
  using type = Score;
};
template <learnt_score Score, index_t Heads>
struct score_weights_of<bound, Score, Heads> {
  using type = Score;
};
}  // namespace detail

/// A score's parameters in one form for a mixer of that many heads; `nothing` for a score without.
template <class Form, class Score, index_t Heads>
using score_weights = typename detail::score_weights_of<Form, Score, Heads>::type;

/// The score that kernels call: itself where it has no parameters.
template <class Score>
constexpr decltype(auto) with_weights(const Score& score, const auto& params) {
  if constexpr (learnt_score<Score>)
    return score.with(params);
  else
    return (score);
}

}  // namespace weft
