#pragma once
#include <cmath>
#include <weft/concept/score.hpp>
#include <weft/score/alibi.hpp>
#include <weft/score/disentangled.hpp>
#include <weft/score/relative_bias.hpp>
#include <weft/score/scaled.hpp>
#include <weft/score/soft_cap.hpp>
#include <weft/score/unscaled.hpp>
#include <weft/testing/reference_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// The score of one key for the reference encoder. Any score policy works as it stands, in double where its line takes
/// `auto`, else in float; specialise this to give its formula in other words. One that begins needs it: begin(score,
/// site, key, query row, key row), rows of doubles, is what the dot product begins with. Where tables(p) is there, it
/// gets once what a mixer holds of the score in form `raw`, and begin() what it returned instead of the score.
template <class Score>
struct reference_score {
  static double value(const Score& score, const score_site& at, index_t key, double dot, index_t /*head_width*/) {
    if constexpr (requires {
                    { score(at, dot, dot) } -> std::same_as<double>;
                  })
      return score(at, static_cast<double>(key), dot);
    else
      return double{score(at, static_cast<float>(key), static_cast<float>(dot))};
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

/// (q_i k_j + q_i pk_r + k_j pq_r) / sqrt(head width * (1 + counted)), r the row of the table that i - j means (He et
/// al. 2021, equation 4).
template <position_terms Terms, class Told, class Projections, class Norm>
struct reference_score<disentangled<Terms, Told, Projections, Norm>> {
  using score_type = disentangled<Terms, Told, Projections, Norm>;
  struct vectors {
    table keys, queries;  // [relations, width of all heads]
  };
  static vectors tables(const auto& p) {
    if constexpr (score_type::adds_terms) {
      table rows = xt::cast<double>(as_xtensor(p.table));
      if constexpr (!std::is_same_v<Norm, none>) {
        constexpr index_t width = std::remove_cvref_t<decltype(p.table)>::shape[1];
        rows = reference_of<Norm>::template forward<width>(p.table_norm, rows);
      }
      vectors all;
      if constexpr (score_type::reads_queries) all.keys = reference_linear(p.key, rows);
      if constexpr (score_type::reads_keys) all.queries = reference_linear(p.query, rows);
      return all;
    } else {
      return {};
    }
  }
  static double begin(const vectors& of, const score_site& at, index_t key, const double* q, const double* k) {
    const auto row = std::clamp(Told::bucket(at.query - key) + Told::relations / 2, index_t{0}, Told::relations - 1);
    const auto product = [&](const table& rows, const double* x) {
      const auto width = static_cast<index_t>(rows.shape()[1]) / at.heads;
      double sum = 0;
      for (index_t d = 0; d < width; ++d) sum += x[d] * rows(row, at.head * width + d);
      return sum;
    };
    double sum = 0;
    if constexpr (score_type::reads_queries) sum += product(of.keys, q);
    if constexpr (score_type::reads_keys) sum += product(of.queries, k);
    return sum;
  }
  static double value(const score_type&, const score_site&, index_t, double dot, index_t head_width) {
    return dot / std::sqrt(static_cast<double>(head_width * (1 + Terms.counted)));
  }
};

}  // namespace weft::testing
