#pragma once
// Attention of one head whose scores begin with a learnt term of how query and key are related (Shaw et al. 2018), over
// keys that may lie in several places but share one softmax: ETC's attention (Ainslie et al. 2020, section 3.2).
#include <weft/kernel/attend.hpp>

namespace weft {

/// What a key that a query does not see scores.
inline constexpr float unseen = -std::numeric_limits<float>::infinity();

/// Keys of one place for one head: the panels that pack_keys made of them, and their values, rows ldv floats apart.
struct key_rows {
  const float *panels, *values;
  index ldv;
};

/// The relations of one head: vectors packed by pack_keys as if they were keys, and a number for each, padded alike.
struct relation_panels {
  const float *vectors, *numbers;
};

/// Floats of the packed vectors and of the padded numbers of a head's relations.
template <class Arch>
constexpr index padded_relations(index relations) {
  return round_up(relations, key_columns<Arch>);
}

/// A few queries of one head on their way over keys. score(query i, key j) = scale (start(i, j) + q_i k_j), where start
/// is written by the caller: relate(i, terms, first, last, start) gets the terms of query i, one for each relation r:
/// terms[r] = q_i vector_r + number_r, and writes start[j - first] for the keys [first, last): one of the terms, or
/// `unseen`. A key may be visited once. Keys count from the start of their place, tiles and lanes with them, and an
/// unseen key adds zeros only: a query's bits depend neither on the queries beside it nor on unseen keys around it.
template <class Arch, index HeadWidth, index Relations>
class related_queries {
 public:
  static constexpr index most_rows = tile_rows<Arch, 2>;

  /// `rows` queries, 1 to most_rows, ldq floats apart.
  related_queries(const float* q, index ldq, index rows, float scale, const relation_panels& relations)
      : q_(q), ldq_(ldq), rows_(rows), scale_(simd::set<Arch>(scale)) {
    for (index i = 0; i < rows; ++i) top_[i] = unseen, total_[i] = simd::set<Arch>(0.0f);
    std::fill(mixed_, mixed_ + rows * padded, 0.0f);
    for (index c = 0; c < ld_terms; c += columns)
      multiply_rows<Arch, 2>(rows, {.a = q,
                                    .b = relations.vectors + c * HeadWidth,
                                    .start = relations.numbers + c,
                                    .y = terms_ + c,
                                    .lda = ldq,
                                    .ldb = columns,
                                    .ld_start = 0,
                                    .ldy = ld_terms,
                                    .steps = HeadWidth});
  }

  /// Keys [first, last) of one place.
  template <class Relate>
  void over(const key_rows& keys, index first, index last, const Relate& relate) {
    while (first < last) {
      const index stop = std::min(last, (first / key_tile + 1) * key_tile);
      take(keys, first, stop, relate);
      first = stop;
    }
  }

  /// Divides by the sums of weights and writes the rows. Every query must have seen a key.
  void finish(float* out, index ldo) const {
    for (index i = 0; i < rows_; ++i) {
      const auto inverse = simd::set<Arch>(1.0f / simd::reduce_add<Arch>(total_[i]));
      for (index c = 0; c < HeadWidth; c += lanes) {
        const simd::vector<Arch> value = simd::load<Arch>(mixed_ + i * padded + c) * inverse;
        if (c + lanes <= HeadWidth)
          simd::store(out + i * ldo + c, value);
        else
          simd::store_partial(out + i * ldo + c, value, HeadWidth - c);
      }
    }
  }

 private:
  static constexpr index lanes = simd::lanes<Arch>, columns = key_columns<Arch>, padded = round_up(HeadWidth, lanes);
  static constexpr index key_tile = 128, ld = key_tile + lanes, ld_terms = padded_relations<Arch>(Relations);
  static constexpr bool whole_vectors = HeadWidth % lanes == 0;
  static_assert(key_tile % columns == 0);

  // Keys [first, last), all of one key tile: the sums of their scores begin with what `relate` says.
  template <class Relate>
  void take(const key_rows& keys, index first, index last, const Relate& relate) {
    const index origin = first / columns * columns, width = round_up(last - origin, columns);
    for (index i = 0; i < rows_; ++i) {
      float* const start = scores_ + i * ld;
      std::fill(start, start + (first - origin), unseen);
      relate(i, terms_ + i * ld_terms, first, last, start + (first - origin));
      std::fill(start + (last - origin), start + width, unseen);
    }
    for (index c = 0; c < width; c += columns)
      multiply_rows<Arch, 2>(rows_, {.a = q_,
                                     .b = keys.panels + (origin + c) * HeadWidth,
                                     .start = scores_ + c,
                                     .y = scores_ + c,
                                     .lda = ldq_,
                                     .ldb = columns,
                                     .ld_start = ld,
                                     .ldy = ld,
                                     .steps = HeadWidth});
    for (index i = 0; i < rows_; ++i) weigh(i, width);
    add_values(keys, first, last, scores_ + (first - origin));
  }

  // Turns a row of scores into weights exp(score - maximum), and brings earlier sums to the new maximum.
  void weigh(index i, index width) {
    float* const s = scores_ + i * ld;
    auto high = simd::set<Arch>(unseen);
    for (index c = 0; c < width; c += lanes) {
      const auto value = simd::rounded<Arch>(simd::load<Arch>(s + c) * scale_);
      simd::store(s + c, value);
      high = simd::max(high, value);
    }
    const float before = top_[i], now = std::max(before, simd::reduce_max<Arch>(high));
    const auto shift = simd::set<Arch>(now == unseen ? 0.0f : now);
    auto sum = simd::set<Arch>(0.0f);
    for (index c = 0; c < width; c += lanes) {
      const auto weight = simd::exp<Arch>(simd::load<Arch>(s + c) - shift);
      simd::store(s + c, weight);
      sum = sum + weight;
    }
    if (before != now && before != unseen) {
      const auto fade = simd::exp<Arch>(simd::set<Arch>(before - now));
      total_[i] = simd::rounded<Arch>(total_[i] * fade);
      for (index c = 0; c < padded; c += lanes) {
        float* const m = mixed_ + i * padded + c;
        simd::store(m, simd::rounded<Arch>(simd::load<Arch>(m) * fade));
      }
    }
    total_[i] = total_[i] + sum;
    top_[i] = now;
  }

  // mixed += weights * values of keys [first, last).
  void add_values(const key_rows& keys, index first, index last, const float* weights) {
    const float* v = keys.values + first * keys.ldv;
    index ldv = keys.ldv;
    if constexpr (!whole_vectors) {  // reading whole vectors would read past the last row's end
      for (index k = 0; k < last - first; ++k) std::copy(v + k * ldv, v + k * ldv + HeadWidth, values_ + k * padded);
      v = values_, ldv = padded;
    }
    product work{.a = weights,
                 .b = v,
                 .start = mixed_,
                 .y = mixed_,
                 .lda = ld,
                 .ldb = ldv,
                 .ld_start = padded,
                 .ldy = padded,
                 .steps = last - first};
    for (index c = 0; c + 2 * lanes <= padded; c += 2 * lanes) {
      multiply_rows<Arch, 2>(rows_, work);
      work.b += 2 * lanes, work.start += 2 * lanes, work.y += 2 * lanes;
    }
    if constexpr (padded % (2 * lanes) != 0) multiply_rows<Arch, 1, most_rows>(rows_, work);
  }

  const float* q_;
  index ldq_, rows_;
  simd::vector<Arch> scale_;
  simd::vector<Arch> total_[most_rows];  // sums of weights, one for each lane
  float top_[most_rows];                 // the largest score so far
  float mixed_[most_rows * padded];      // sums of weighted values
  float terms_[most_rows * ld_terms];    // of every relation
  float scores_[most_rows * ld];         // of one key tile; then its weights
  float values_[whole_vectors ? 1 : key_tile * padded] = {};
};

}  // namespace weft
