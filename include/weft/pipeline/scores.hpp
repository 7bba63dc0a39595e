#pragma once
// From logits to probabilities, and the best of them. A few values a text: plain loops, in double.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>
#include <weft/base/elementary.hpp>
#include <weft/base/list.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// exp(x) / the sum of all exp(x): positive, 1 in all.
inline std::vector<float> softmax_of(list<const float> logits) {
  std::vector<float> p(logits.begin(), logits.end());
  double most = -std::numeric_limits<double>::infinity(), sum = 0;
  for (const float x : p) most = std::max(most, double{x});
  for (const float x : p) sum += exp_of(x - most);
  for (float& x : p) x = static_cast<float>(exp_of(x - most) / sum);
  return p;
}

/// 1 / (1 + exp(-x)) of each.
inline std::vector<float> sigmoid_of(list<const float> logits) {
  std::vector<float> p(logits.begin(), logits.end());
  for (float& x : p) x = static_cast<float>(1 / (1 + exp_of(-double{x})));
  return p;
}

/// The places of the k largest values, the largest first; of equal ones the earlier first.
inline std::vector<index> best_of(list<const float> values, index k) {
  std::vector<index> places(static_cast<std::size_t>(values.size()));
  std::iota(places.begin(), places.end(), index{0});
  const auto end = places.begin() + std::clamp<index>(k, 0, values.size());
  std::partial_sort(places.begin(), end, places.end(),
                    [&](index a, index b) { return values[a] != values[b] ? values[a] > values[b] : a < b; });
  places.erase(end, places.end());
  return places;
}

}  // namespace weft::detail
