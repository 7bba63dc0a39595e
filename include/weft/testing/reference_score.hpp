#pragma once
#include <cmath>
#include <weft/concept/score.hpp>
#include <weft/score/alibi.hpp>
#include <weft/score/relative_bias.hpp>
#include <weft/score/scaled.hpp>
#include <weft/score/soft_cap.hpp>
#include <weft/score/unscaled.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// The score of one key for the reference encoder. Any score policy works as it stands, in float, as its contract says;
/// specialise this to give its formula in double. One that begins needs it: begin(score, site, key, query row, key
/// row), rows of doubles, is what the dot product begins with.
template <class Score>
struct reference_score {
  static double value(const Score& score, const score_site& at, index_t key, double dot, index_t /*head_width*/) {
    return score(at, static_cast<float>(key), static_cast<float>(dot));
  }
};

template <>
struct reference_score<scaled> {
  static double value(const scaled&, const score_site&, index_t, double dot, index_t head_width) {
    return dot / std::sqrt(static_cast<double>(head_width));
  }
};

template <>
struct reference_score<unscaled> {
  static double value(const unscaled&, const score_site&, index_t, double dot, index_t) { return dot; }
};

/// Scaled, less slope * distance (Press et al. 2022, section 3).
template <>
struct reference_score<alibi> {
  static double value(const alibi&, const score_site& at, index_t key, double dot, index_t head_width) {
    index_t whole = 1;
    while (2 * whole <= at.heads) whole *= 2;
    const bool extra = at.head >= whole;  // the heads beyond a power of two: every other slope of twice as many
    const double exponent = extra
                                ? -8.0 * static_cast<double>(2 * (at.head - whole) + 1) / static_cast<double>(2 * whole)
                                : -8.0 * static_cast<double>(at.head + 1) / static_cast<double>(whole);
    const auto distance = std::abs(static_cast<double>(key - at.query));
    return dot / std::sqrt(static_cast<double>(head_width)) - std::pow(2.0, exponent) * distance;
  }
};

/// cap * tanh(score / cap) (Gemma Team 2024, section 2).
template <index_t Cap, class Of>
struct reference_score<soft_cap<Cap, Of>> {
  static double value(const soft_cap<Cap, Of>& score, const score_site& at, index_t key, double dot,
                      index_t head_width) {
    const auto cap = static_cast<double>(Cap);
    return cap * std::tanh(reference_score<Of>::value(score.of, at, key, dot, head_width) / cap);
  }
};

/// A score and the table's entry for the head and the bucket of the distance (reference: T5Attention.compute_bias).
template <index_t Buckets, index_t MaxDistance, sides Sides, class Of, class Table>
struct reference_score<relative_bias<Buckets, MaxDistance, Sides, Of, Table>> {
  using score_type = relative_bias<Buckets, MaxDistance, Sides, Of, Table>;
  static double value(const score_type& score, const score_site& at, index_t key, double dot, index_t head_width) {
    const double plain = reference_score<Of>::value(score.of, at, key, dot, head_width);
    return plain + double{score.table[score_type::bucket(key - at.query) * at.heads + at.head]};
  }
};

}  // namespace weft::testing
