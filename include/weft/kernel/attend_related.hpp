#pragma once
// Attention of one head whose scores begin with a learnt term of how query and key are related (Shaw et al. 2018), over
// keys that may lie in several places but share one softmax: ETC's attention (Ainslie et al. 2020, section 3.2).
#include <weft/kernel/attend.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Keys of one place for one head: the panels that pack_keys made of them, and their values, rows ldv floats apart.
struct key_rows {
  const float *panels, *values;
  index_t ldv;
};

/// The relations of one head: vectors packed by pack_keys as if they were keys, and a number for each, padded alike.
struct relation_panels {
  const float *vectors, *numbers;
};

/// Floats of the packed vectors and of the padded numbers of a head's relations.
template <class Arch>
constexpr index_t padded_relations(index_t relations) {
  return round_up(relations, key_columns<Arch>);
}

/// A few queries of one head on their way over keys. score(query i, key j) = scale (start(i, j) + q_i k_j), where start
/// is written by the caller: relate(i, terms, first, last, start) gets the terms of query i, one for each relation r:
/// terms[r] = q_i vector_r + number_r, and writes start[j - first] for the keys [first, last): one of the terms, or
/// `unseen`. A key may be visited once. Keys count from the start of their place, tiles and lanes with them, and an
/// unseen key adds zeros only: a query's bits depend neither on the queries beside it nor on unseen keys around it.
template <class Arch, index_t HeadWidth, index_t Relations>
class related_queries {
 public:
  using softmax = running_softmax<Arch, HeadWidth>;
  static constexpr index_t most_rows = rows_on_stack<float, padded_relations<Arch>(Relations)>(softmax::most_rows);

  /// `rows` queries, 1 to most_rows, ldq floats apart.
  related_queries(const float* q, index_t ldq, index_t rows, float scale, const relation_panels& relations)
      : q_(q), ldq_(ldq), rows_(rows), scale_(simd::set<Arch>(scale)), softmax_(rows) {
    detail::multiply_keys<Arch>(rows, relations.vectors, ld_terms,
                                {.a = q,
                                 .b = nullptr,
                                 .start = relations.numbers,
                                 .y = terms_,
                                 .lda = ldq,
                                 .ldb = 0,
                                 .ld_start = 0,
                                 .ldy = ld_terms,
                                 .steps = HeadWidth});
  }

  /// Keys [first, last) of one place.
  template <class Relate>
  void over(const key_rows& keys, index_t first, index_t last, const Relate& relate) {
    while (first < last) {
      const index_t stop = std::min(last, (first / key_tile + 1) * key_tile);
      take(keys, first, stop, relate);
      first = stop;
    }
  }

  /// Writes the rows. Every query must have seen a key.
  void finish(float* out, index_t ldo) const { softmax_.finish(out, ldo); }

 private:
  static constexpr index_t lanes = simd::lanes<Arch>, columns = key_columns<Arch>;
  static constexpr index_t key_tile = softmax::key_tile, ld = softmax::score_stride;
  static constexpr index_t ld_terms = padded_relations<Arch>(Relations);
  static_assert(key_tile % columns == 0);

  // Keys [first, last), all of one key tile: the sums of their scores begin with what `relate` says.
  template <class Relate>
  void take(const key_rows& keys, index_t first, index_t last, const Relate& relate) {
    const index_t origin = first / columns * columns, width = round_up(last - origin, columns);
    for (index_t i = 0; i < rows_; ++i) {
      float* const start = scores_ + i * ld;
      std::fill(start, start + (first - origin), unseen);
      relate(i, terms_ + i * ld_terms, first, last, start + (first - origin));
      std::fill(start + (last - origin), start + width, unseen);
    }
    detail::multiply_keys<Arch>(rows_, keys.panels + origin * HeadWidth, width,
                                {.a = q_,
                                 .b = nullptr,
                                 .start = scores_,
                                 .y = scores_,
                                 .lda = ldq_,
                                 .ldb = 0,
                                 .ld_start = ld,
                                 .ldy = ld,
                                 .steps = HeadWidth});
    for (index_t i = 0; i < rows_; ++i) high_[i] = scale(i, width), softmax_.see(i);
    softmax_.weigh(high_, scores_, width);
    softmax_.add_values(scores_ + (first - origin), keys.values + first * keys.ldv, keys.ldv, last - first);
  }

  // Scales a row of scores and returns the largest, lane by lane.
  simd::vector<Arch> scale(index_t i, index_t width) {
    float* const s = scores_ + i * ld;
    auto high = simd::minus_infinity<Arch>();
    for (index_t c = 0; c < width; c += lanes) {
      const auto value = simd::rounded<Arch>(simd::load<Arch>(s + c) * scale_);
      simd::store(s + c, value);
      high = simd::max(high, value);
    }
    return high;
  }

  const float* q_;
  index_t ldq_, rows_;
  simd::vector<Arch> scale_;
  softmax softmax_;
  float terms_[on_stack<float, most_rows * ld_terms>];  // of every relation
  float scores_[on_stack<float, most_rows * ld>];       // of one key tile; then its weights
  simd::vector<Arch> high_[array_size(most_rows)];
};

}  // namespace weft
