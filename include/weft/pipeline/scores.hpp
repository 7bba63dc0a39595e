#pragma once
// From logits to probabilities, and the best of them. A few values a text: plain loops, in double.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>
#include <weft/base/elementary.hpp>
#include <weft/base/error.hpp>
#include <weft/base/finite.hpp>
#include <weft/base/list.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// Refuses a result that is not finite; `what` is it of, as "text 3".
inline void require_finite(list<const float> result, std::string_view what) {
  if (all_finite(result)) return;
  index_t at = 0;
  while (is_finite(result[at])) ++at;
  fail({.subject = what,
        .found = is_nan(result[at]) ? "NaN" : "infinity",
        .wanted = "a result of finite numbers",
        .remedy = "allow_nonfinite, at the prompt --allow-nonfinite, gives it all the same"});
}

/// What messages call the text number i, from 0, of a call that had so many: nothing where it had one.
inline std::string text_number(index_t i, index_t texts) { return texts == 1 ? "" : "text " + std::to_string(i + 1); }

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

/// x to sort by: NaN, which no order has a place for, counts as the smallest.
inline float sortable(float x) { return is_nan(x) ? -std::numeric_limits<float>::infinity() : x; }

/// The places of the k largest values, the largest first; of equal ones the earlier first.
inline std::vector<index_t> best_of(list<const float> values, index_t k) {
  std::vector<index_t> places(static_cast<std::size_t>(values.size()));
  std::iota(places.begin(), places.end(), index_t{0});
  const auto end = places.begin() + std::clamp<index_t>(k, 0, values.size());
  std::partial_sort(places.begin(), end, places.end(), [&](index_t a, index_t b) {
    const float x = sortable(values[a]), y = sortable(values[b]);
    return x > y || (!(y > x) && a < b);
  });
  places.erase(end, places.end());
  return places;
}

}  // namespace weft::detail
