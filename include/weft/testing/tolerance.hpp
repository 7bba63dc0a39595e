#pragma once
// Are two tables of numbers the same but for rounding? The answer is a sentence.
#include <cmath>
#include <cstdio>
#include <string>
#include <weft/base/finite.hpp>
#include <weft/testing/reference.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// How far a float may be from the number it stands for: `roundings` half units in the last place of
/// max(|wanted|, scale). One rounding of a number of that size is at most one of them (2^-24 of it).
struct tolerance {
  double roundings;
  double scale = 1;  ///< the size of the numbers that were added up to get there

  double of(double wanted) const { return roundings * std::max(std::abs(wanted), scale) / 16777216; }
};

/// The largest distance of `found` [n, m] from `wanted` [n, m], in roundings (see tolerance). NaN is infinitely far,
/// and so is everything from a wanted infinity.
inline double largest_error(const auto& found, const table& wanted, double scale = 1) {
  double largest = 0;
  for (std::size_t r = 0; r < wanted.shape()[0]; ++r)
    for (std::size_t c = 0; c < wanted.shape()[1]; ++c) {
      const auto error =
          std::abs(static_cast<double>(found(r, c)) - wanted(r, c)) / tolerance{1, scale}.of(wanted(r, c));
      if (!is_finite(error)) return HUGE_VAL;
      largest = std::max(largest, error);
    }
  return largest;
}

/// Empty if `found` [n, m] (rows, logits or an xtensor of floats) has the shape of `wanted` and lies within the
/// tolerance everywhere; otherwise where it is farthest off, and how many values are too far.
inline std::string difference(const auto& found, const table& wanted, const tolerance& allowed) {
  if constexpr (requires { as_xtensor(found); }) {
    return difference(as_xtensor(found), wanted, allowed);
  } else {
    const auto shape = [](const auto& x) {
      return "[" + std::to_string(x.shape()[0]) + ", " + std::to_string(x.shape()[1]) + "]";
    };
    if (shape(found) != shape(wanted)) return "found shape " + shape(found) + ", wanted " + shape(wanted);
    std::size_t row = 0, column = 0;
    index_t too_far = 0;
    double farthest = -1;
    for (std::size_t r = 0; r < wanted.shape()[0]; ++r)
      for (std::size_t c = 0; c < wanted.shape()[1]; ++c) {
        const double distance = std::abs(static_cast<double>(found(r, c)) - wanted(r, c));
        double ratio = distance / allowed.of(wanted(r, c));
        if (!is_finite(ratio)) ratio = HUGE_VAL;
        too_far += ratio > 1;
        if (ratio > farthest) farthest = ratio, row = r, column = c;
      }
    if (too_far == 0) return "";
    char text[240];
    std::snprintf(
        text, sizeof text,
        "row %zu, column %zu: found %.9g, wanted %.9g, %.3g roundings away where %.3g are allowed; %td of %zu "
        "values are too far",
        row, column, static_cast<double>(found(row, column)), wanted(row, column), farthest * allowed.roundings,
        allowed.roundings, too_far, wanted.size());
    return text;
  }
}

}  // namespace weft::testing
