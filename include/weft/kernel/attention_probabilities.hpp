#pragma once
// The probabilities that attend() never forms, for those who want to look at them. Plain loops: looking is not timed.
#include <algorithm>
#include <cmath>
#include <weft/base/elementary.hpp>
#include <weft/concept/pattern.hpp>
#include <weft/concept/score.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// out[j] = count * exp(score) / sum over the keys of count * exp(score) for one query row, j in [0, block.length):
/// how much the query takes from every key, a key that counts several times with all its counts. Keys from
/// `visible_keys` on get 0, and so do all keys where none is seen. q is the query's row, `keys` the row of the
/// sequence's key 0, rows `stride` floats apart; site.query is the query's position.
template <class Pattern, class Score>
void attention_probabilities(const Pattern& pattern, const Score& score, const query_block& block,
                             const score_site& site, index_t visible_keys, const float* q, const float* keys,
                             index_t stride, index_t head_width, float* out) {
  float top = -HUGE_VALF;
  bool sees = false;
  const auto count_of = [&](index_t j) { return static_cast<index_t>(pattern.sees(block, site.query, j)); };
  for (index_t j = 0; j < visible_keys; ++j) {
    if (count_of(j) == 0) continue;
    sees = true;
    double dot = 0;
    for (index_t c = 0; c < head_width; ++c) dot += double{q[c]} * double{keys[j * stride + c]};
    out[j] = score(site, static_cast<float>(j), static_cast<float>(dot));
    top = std::max(top, out[j]);
  }
  double sum = 0;
  for (index_t j = 0; j < block.length; ++j) {
    const auto count = j < visible_keys ? count_of(j) : 0;
    out[j] = count == 0 ? 0.0f : static_cast<float>(static_cast<double>(count) * exp_of(double{out[j]} - double{top}));
    sum += double{out[j]};
  }
  for (index_t j = 0; j < block.length && sees; ++j) out[j] = static_cast<float>(double{out[j]} / sum);
}

}  // namespace weft
