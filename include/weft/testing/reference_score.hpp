#pragma once
#include <cmath>
#include <weft/concept/score.hpp>
#include <weft/score/scaled.hpp>

namespace weft::testing {

/// The score of one key for the reference encoder. Any score policy works as it stands, in float, as its contract says;
/// specialise this to give its formula in double.
template <class Score>
struct reference_score {
  static double value(const Score& score, const score_site& at, index key, double dot, index /*head_width*/) {
    return score(at, static_cast<float>(key), static_cast<float>(dot));
  }
};

template <>
struct reference_score<scaled> {
  static double value(const scaled&, const score_site&, index, double dot, index head_width) {
    return dot / std::sqrt(static_cast<double>(head_width));
  }
};

}  // namespace weft::testing
