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
// The terms of the keys of some panels, one behind the other, at once: one panel's sums alone would wait for each
// other.
template <class Arch, index_t HeadWidth, index_t Panels>
[[gnu::always_inline]] inline void add_key_panels(const float* panels, const float* vectors, index_t ld, float* to,
                                                  index_t first, const auto& column_of) {
  constexpr index_t columns = key_columns<Arch>, lanes = simd::lanes<Arch>, many = columns / lanes;
  simd::vector<Arch> sum[array_size(Panels * many)];
  const float* of_panel[array_size(Panels)];
  for (index_t p = 0; p < Panels; ++p) of_panel[p] = vectors + column_of(first + p * columns);
  simd::each<Panels * many>([&](auto v) __attribute__((always_inline)) { sum[v] = simd::load<Arch>(to + v * lanes); });
  for (index_t d = 0; d < HeadWidth; ++d)
    simd::each<Panels * many>([&](auto v) __attribute__((always_inline)) {
      constexpr index_t p = v / many, in_panel = v % many * lanes;
      sum[v] = simd::fma(simd::load<Arch>(panels + (p * HeadWidth + d) * columns + in_panel),
                         simd::load<Arch>(of_panel[p] + d * ld + in_panel), sum[v]);
    });
  simd::each<Panels * many>([&](auto v) __attribute__((always_inline)) { simd::store(to + v * lanes, sum[v]); });
}
}  // namespace detail

/// Adds to[j - keys.origin] += key j times the column of `vectors` that belongs to it, for all keys of the step:
/// of a panel of keys that begins `c` columns behind origin, the columns begin at `column_of(c)`, and component d of
/// column i is vectors[d * ld + i]. Where vectors lie by the distance of query and key, consecutive keys have
/// consecutive columns. The sum runs over d in order, from what `to` holds.
template <class Arch, index_t HeadWidth>
void add_key_terms(const key_step& keys, const float* vectors, index_t ld, float* to, const auto& column_of) {
  constexpr index_t columns = key_columns<Arch>, at_once = 4;
  index_t c = 0;
  for (; c + at_once * columns <= keys.width; c += at_once * columns)
    detail::add_key_panels<Arch, HeadWidth, at_once>(keys.panels + c * HeadWidth, vectors, ld, to + c, c, column_of);
  for (; c < keys.width; c += columns)
    detail::add_key_panels<Arch, HeadWidth, 1>(keys.panels + c * HeadWidth, vectors, ld, to + c, c, column_of);
}

/// The same where all columns are consecutive, those of the first key first.
template <class Arch, index_t HeadWidth>
void add_key_terms(const key_step& keys, const float* vectors, index_t ld, float* to) {
  add_key_terms<Arch, HeadWidth>(keys, vectors, ld, to, [](index_t c) { return c; });
}

}  // namespace weft
