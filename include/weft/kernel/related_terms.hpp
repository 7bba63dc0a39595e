#pragma once
// Terms that scores begin with (concept/score.hpp): products of queries and of keys with learnt vectors, one vector for
// each relation that a query and a key may have (Shaw et al. 2018; He et al. 2021, "DeBERTa", section 3.1).
#include <weft/base/on_stack.hpp>
#include <weft/concept/score.hpp>
#include <weft/kernel/key_panels.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The relations of one head: vectors packed by pack_keys as if they were keys, and a number for each, padded alike;
/// null numbers are 0.
struct relation_panels {
  const float *vectors, *numbers;
};

/// Floats of the padded numbers of a head's relations; its packed vectors take HeadWidth times as many.
template <class Arch>
constexpr index_t padded_relations(index_t relations) {
  return round_up(relations, key_columns<Arch>);
}

/// The terms of a few queries, one for each relation r: q vector_r + number_r. They live on the stack, at most 32 KiB.
/// Of some relations [first, last) alone, those in the same panels are computed as well.
template <class Arch, index_t HeadWidth, index_t Relations>
class query_terms {
  static constexpr index_t padded = padded_relations<Arch>(Relations);

 public:
  static constexpr index_t most_rows = rows_on_stack<float, padded>(tile_rows<Arch, 2>);

  query_terms(const query_rows& queries, const relation_panels& relations, index_t first = 0,
              index_t last = Relations) {
    const auto from = first / key_columns<Arch> * key_columns<Arch>;
    detail::multiply_keys<Arch>(queries.count, relations.vectors + from * HeadWidth,
                                round_up(last - from, key_columns<Arch>),
                                {.a = queries.data,
                                 .b = nullptr,
                                 .start = relations.numbers ? relations.numbers + from : nullptr,
                                 .y = terms_ + from,
                                 .lda = queries.stride,
                                 .ldb = 0,
                                 .ld_start = 0,
                                 .ldy = padded,
                                 .steps = HeadWidth});
  }

  /// Those of row i, by relation.
  const float* row(index_t i) const { return terms_ + i * padded; }

 private:
  float terms_[on_stack<float, most_rows * padded>];
};

namespace detail {
// Two vectors of consecutive columns for each row: the first row's begin at `first`, each other's one column before the
// last's. Vectors as long as a line of the cache nearly all cross two of them, so that there they are made of three
// that are read.
template <class Arch, index_t Rows>
struct overlapping_columns {
  static constexpr index_t lanes = simd::lanes<Arch>;
  static constexpr bool joined = simd::joins_lanes<Arch> && Rows > 1 && Rows <= lanes;
  const float* first;
  simd::vector<Arch> read[joined ? 3 : 1];

  [[gnu::always_inline]] explicit overlapping_columns(const float* at) : first(at) {
    if constexpr (joined)
      simd::each<3>([&](auto v) __attribute__((always_inline)) {
        const float* const from = at - (Rows - 1) + v * lanes;
        read[v] = simd::load<Arch>(from);
      });
  }
  [[gnu::always_inline]] simd::vector<Arch> of(auto row, auto v) const {
    if constexpr (joined)
      return simd::join_lanes<Rows - 1 - row>(read[v], read[v + 1]);
    else
      return simd::load<Arch>(first - row + v * lanes);
  }
};

// Adds two vectors of keys times columns that begin at `vectors` for the first row and one before the last's for each
// other: a key that is read serves all rows, and so does a line of the cache.
template <class Arch, index_t Rows>
void add_key_tile(const float* keys, const float* vectors, index_t ld, index_t steps, float* to, index_t ld_to) {
  using simd::each, simd::lanes;
  simd::vector<Arch> sum[array_size(Rows)][2];
  each<Rows>([&](auto i) __attribute__((always_inline)) {
    each<2>([&](auto v)
                __attribute__((always_inline)) { sum[i][v] = simd::load<Arch>(to + i * ld_to + v * lanes<Arch>); });
  });
#pragma GCC unroll 1
  for (index_t d = 0; d < steps; ++d, keys += key_columns<Arch>, vectors += ld) {
    simd::vector<Arch> key[2];
    each<2>([&](auto v) __attribute__((always_inline)) { key[v] = simd::load<Arch>(keys + v * lanes<Arch>); });
    const overlapping_columns<Arch, Rows> column(vectors);
    each<Rows>([&](auto i) __attribute__((always_inline)) {
      each<2>([&](auto v) __attribute__((always_inline)) {
        const auto columns = column.of(i, v);
        sum[i][v] = simd::fma(key[v], columns, sum[i][v]);
      });
    });
  }
  each<Rows>([&](auto i) __attribute__((always_inline)) {
    each<2>([&](auto v) __attribute__((always_inline)) { simd::store(to + i * ld_to + v * lanes<Arch>, sum[i][v]); });
  });
}

// The same for a number of rows known at run time, 1 <= rows <= Most.
template <class Arch, index_t Most = tile_rows<Arch, 2>>
void add_key_rows(index_t rows, const float* keys, const float* vectors, index_t ld, index_t steps, float* to,
                  index_t ld_to) {
  if constexpr (Most > 1)
    if (rows < Most) return add_key_rows<Arch, Most - 1>(rows, keys, vectors, ld, steps, to, ld_to);
  add_key_tile<Arch, Most>(keys, vectors, ld, steps, to, ld_to);
}
}  // namespace detail

/// The most consecutive queries that add_key_terms() takes at once.
template <class Arch>
inline constexpr index_t key_term_rows = tile_rows<Arch, 2>;

/// Columns of vectors that it reads from the first of a panel of keys on.
template <class Arch>
inline constexpr index_t key_term_columns = key_columns<Arch> + (simd::joins_lanes<Arch> ? simd::lanes<Arch> : 0);

/// Adds to[i * ld_to + j - keys.origin] += key j times the column of `vectors` that belongs to it and to query i, for
/// all keys of the step and `rows` consecutive queries, 1 to key_term_rows. Vectors lie by the distance of key and
/// query: consecutive keys have consecutive columns, and those of the next query begin one before. For the first query
/// the columns of a panel of keys, `c` behind origin, begin at `column_of(c)`; component d of column i is
/// vectors[d * ld + i]. Of each panel, `key_term_columns` columns from its first on and rows - 1 before are read. The
/// sum runs over d in order, from what `to` holds.
template <class Arch, index_t HeadWidth>
void add_key_terms(index_t rows, const key_step& keys, const float* vectors, index_t ld, float* to, index_t ld_to,
                   const auto& column_of) {
  constexpr index_t columns = key_columns<Arch>, step = 2 * simd::lanes<Arch>;
  for (index_t panel = 0; panel < keys.width; panel += columns) {
    const float* const first = vectors + column_of(panel);
    for (index_t c = 0; c < columns; c += step)
      detail::add_key_rows<Arch>(rows, keys.panels + panel * HeadWidth + c, first + c, ld, HeadWidth, to + panel + c,
                                 ld_to);
  }
}

}  // namespace weft
