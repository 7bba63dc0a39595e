#pragma once
// Is a score the same for one key and for a vector of keys?
#include <cstdio>
#include <cstring>
#include <string>
#include <weft/base/finite.hpp>
#include <weft/concept/part.hpp>
#include <weft/concept/score.hpp>
#include <weft/testing/random_weights.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// Empty, or the first law that a score breaks, in words:
///   a vector of keys gets, lane by lane, the bits that one key gets
///   a finite dot product gets a finite score (a key that must not be seen is the pattern's business)
/// Tables are built as a model of that many layers, positions and heads builds them.
template <score_modifier Score>
std::string broken_score_law(Score score = {}, const setup& model = {.layers = 2, .positions = 130, .heads = 3}) {
  arena store;
  set_up(score, model, store);
  using simd::lanes, simd::native;
  random_source random(1);
  for (int trial = 0; trial < 2000; ++trial) {
    const index_t length = 1 + random.below(model.positions);
    const score_site at{length,      random.below(1000),         random.below(length), random.below(model.heads),
                        model.heads, random.below(model.layers), 0.17677669f};
    float keys[lanes<native>], dots[lanes<native>], many[lanes<native>];
    const float size = trial % 3 == 0 ? 1.0f : trial % 3 == 1 ? 100.0f : 0.0f;  // zeros too
    const auto first = static_cast<float>(random.below(length));
    for (index_t lane = 0; lane < lanes<native>; ++lane) {
      keys[lane] = first + static_cast<float>(lane);
      dots[lane] = size * static_cast<float>(random.normal());
    }
    simd::store(many, score(at, simd::load<native>(keys), simd::load<native>(dots)));
    for (index_t lane = 0; lane < lanes<native>; ++lane) {
      const float one = score(at, keys[lane], dots[lane]);
      const char* law = nullptr;
      if (!is_finite(one))
        law = "the score of one key is not finite";
      else if (!is_finite(many[lane]))
        law = "the score of a vector of keys is not finite";
      else if (std::memcmp(&one, &many[lane], sizeof one) != 0)
        law = "one key and a vector of keys get different bits";
      if (!law) continue;
      char words[240];
      std::snprintf(words, sizeof words,
                    "%s: query %td, key %g, dot %.9g, head %td, layer %td give %.9g alone and %.9g in lane %td", law,
                    at.query, static_cast<double>(keys[lane]), static_cast<double>(dots[lane]), at.head, at.layer,
                    static_cast<double>(one), static_cast<double>(many[lane]), lane);
      return words;
    }
  }
  return "";
}

}  // namespace weft::testing
