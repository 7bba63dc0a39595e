#pragma once
// Scores with parameters that a checkpoint brings, and what a mixer does with them: hold score_weights in its params
// under the name "", and hand with_weights(score, p.score) to the kernel instead of the score.
#include <weft/concept/score.hpp>
#include <weft/memory/record.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// True for a score that has parameters: besides its call operator it offers
///   template <index_t Heads> struct learnt { template <class Form> struct params { ... each ... }; };
///   auto with(const auto& params) const        the score that kernels call: a copy that points at them
/// `params` is a record like any part's (memory/record.hpp); its names are those of the layer's mixer. One whose
/// parameters are as wide as rows are says `template <index_t Heads, index_t HeadWidth, index_t Width> struct learnt`,
/// Width being that of the rows that queries and keys are projected from.
template <class Score>
concept wide_learnt_score = score_modifier<Score> && requires {
  typename Score::template learnt<1, 8, 8>;
};
template <class Score>
concept learnt_score = wide_learnt_score<Score> ||
    (score_modifier<Score>&& requires { typename Score::template learnt<1>; });

namespace detail {
template <class Form, class Score, index_t Heads, index_t HeadWidth, index_t Width>
struct score_weights_of {
  using type = nothing;
};
template <class Form, learnt_score Score, index_t Heads, index_t HeadWidth, index_t Width>
struct score_weights_of<Form, Score, Heads, HeadWidth, Width> {
  using type = typename Score::template learnt<Heads>::template params<Form>;
};
template <class Form, wide_learnt_score Score, index_t Heads, index_t HeadWidth, index_t Width>
struct score_weights_of<Form, Score, Heads, HeadWidth, Width> {
  using type = typename Score::template learnt<Heads, HeadWidth, Width>::template params<Form>;
};
template <class Score, index_t Heads, index_t HeadWidth, index_t Width>
requires(!learnt_score<Score>) struct score_weights_of<bound, Score, Heads, HeadWidth, Width> {
  using type = Score;
};
template <learnt_score Score, index_t Heads, index_t HeadWidth, index_t Width>
struct score_weights_of<bound, Score, Heads, HeadWidth, Width> {
  using type = Score;
};
template <wide_learnt_score Score, index_t Heads, index_t HeadWidth, index_t Width>
struct score_weights_of<bound, Score, Heads, HeadWidth, Width> {
  using type = Score;
};
}  // namespace detail

/// A score's parameters in one form for a mixer of that many heads of that width, whose queries and keys are projected
/// from rows of Width; `nothing` for a score without.
template <class Form, class Score, index_t Heads, index_t HeadWidth = 1, index_t Width = 1>
using score_weights = typename detail::score_weights_of<Form, Score, Heads, HeadWidth, Width>::type;

/// True; a score whose parameters are as wide as rows are is refused in words where queries and keys come from rows of
/// two widths.
template <class Score, index_t QueryWidth, index_t KeyWidth>
constexpr bool fits_score_width() {
  static_assert(!wide_learnt_score<Score> || QueryWidth == KeyWidth,
                "weft: a score whose `learnt` has a width wants queries and keys of rows of one width");
  return true;
}

/// The score that kernels call: itself where it has no parameters.
template <class Score>
constexpr decltype(auto) with_weights(const Score& score, const auto& params) {
  if constexpr (learnt_score<Score>)
    return score.with(params);
  else
    return (score);
}

}  // namespace weft
