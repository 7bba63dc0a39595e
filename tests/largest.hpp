#pragma once
// The largest of many errors, with NaN for the largest of all: std::max and a plain comparison lose one.
#include <cmath>

namespace weft_test {

/// Raises `largest` to `error`. NaN counts as infinite.
inline void raise(double& largest, double error) {
  if (!(error <= largest)) largest = std::isnan(error) ? HUGE_VAL : error;
}

}  // namespace weft_test
