#pragma once
// Attention of one head as a stream over keys: softmax(score(q k')) v with a running maximum and sum (Milakov and
// Gimelshein 2018; Dao et al. 2022). Scores live in a buffer of a few queries by 256 keys, never in an n x n matrix.
#include <weft/concept/pattern.hpp>
#include <weft/concept/score.hpp>
#include <weft/kernel/running_softmax.hpp>
#include <weft/simd/transpose.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Keys of a packed panel: those of whole chains (simd::chains), so that every tile of keys begins with chain 0.
template <class Arch>
inline constexpr index_t key_columns = std::max(2 * simd::lanes<Arch>, simd::chains);

/// The most that key_columns is on any architecture, for sizing scratch before the architecture is known.
inline constexpr index_t widest_key_columns = 32;

/// Packs keys [first, last) of a sequence of `length` keys for one head: [panel][HeadWidth][key_columns]. Key j begins
/// at keys + j * stride; `first` is a multiple of key_columns. Panels take ceil_div(length, key_columns) * HeadWidth *
/// key_columns floats; the columns beyond the last key become zeros. `last` is a multiple of key_columns or `length`.
template <class Arch, index_t HeadWidth>
void pack_keys(const float* keys, index_t stride, index_t first, index_t last, index_t length, float* panels) {
  constexpr index_t columns = key_columns<Arch>;
  for (index_t j = first; j < last; j += columns) {
    const index_t count = std::min(columns, length - j);
    float* const panel = panels + j * HeadWidth;
    if (count < columns) std::fill_n(panel, HeadWidth * columns, 0.0f);
    index_t c = 0;
    for (; c + 4 <= count; c += 4)
      simd::transpose_four_rows<Arch>(keys + (j + c) * stride, stride, HeadWidth, panel + c, columns);
    for (; c < count; ++c)
      for (index_t d = 0; d < HeadWidth; ++d) panel[d * columns + c] = keys[(j + c) * stride + d];
  }
}

namespace detail {

/// The product of `work` with `columns` packed keys from `panels` on, a multiple of key_columns: work.y is where those
/// of the first key go, work.start, unless it is null, what they begin with. `b` and `ldb` are set here.
template <class Arch>
[[gnu::always_inline]] inline void multiply_keys(index_t rows, const float* panels, index_t columns, product work) {
  constexpr index_t in_panel = key_columns<Arch>, step = 2 * simd::lanes<Arch>;
  work.ldb = in_panel;
  for (index_t panel = 0; panel < columns; panel += in_panel)
    for (index_t c = 0; c < in_panel; c += step) {
      work.b = panels + panel * work.steps + c;
      multiply_rows<Arch, 2>(rows, work);
      work.y += step;
      if (work.start) work.start += step;
    }
}

/// Where a call of attend() finds its rows.
struct attend_operands {
  const float *q, *key_panels, *v;
  index_t ldq, ldv, visible_keys;
};

/// A few queries on their way over the keys: what a pattern's visit() sees as `spans`.
template <class Arch, index_t HeadWidth, class Pattern, class Score>
class query_stream {
 public:
  using softmax = running_softmax<Arch, HeadWidth>;
  static constexpr index_t most_rows = softmax::most_rows;

  query_stream(const Pattern& pattern, const Score& score, const query_block& block, const score_site& site,
               const attend_operands& from, index_t first_row, index_t rows)
      : pattern_(pattern),
        score_(score),
        block_(block),
        site_(site),
        from_(from),
        first_row_(first_row),
        rows_(rows),
        softmax_(rows) {}

  void full(key_span span, index_t times = 1) { walk(span, times, false); }
  void masked(key_span span) { walk(span, 1, true); }

  /// Writes the rows; a row that saw no key becomes 0, one that saw keys without any weight NaN.
  void finish(float* out, index_t ldo) const { softmax_.finish(out, ldo); }

 private:
  static constexpr index_t lanes = simd::lanes<Arch>, columns = key_columns<Arch>;
  static constexpr index_t key_tile = softmax::key_tile, ld = softmax::score_stride;
  static_assert(columns <= widest_key_columns && key_tile % columns == 0);

  // Key tiles count from the sequence's start, and so do lanes: a row's sums run in one order, whichever queries share
  // its tile.
  void walk(key_span span, index_t times, bool masked) {
    const index_t last = std::min(span.last, from_.visible_keys);
    if (times <= 0) return;
    for (index_t first = span.first; first < last;) {
      const index_t stop = std::min(last, (first / key_tile + 1) * key_tile);
      take(first, stop, times, masked);
      first = stop;
    }
  }

  // Keys [first, last), all of one key tile.
  void take(index_t first, index_t last, index_t times, bool masked) {
    const index_t origin = first / columns * columns, width = round_up(last - origin, columns);
    multiply_keys<Arch>(rows_, from_.key_panels + origin * HeadWidth, width,
                        {.a = from_.q,
                         .b = nullptr,
                         .start = nullptr,
                         .y = scores_,
                         .lda = from_.ldq,
                         .ldb = 0,
                         .ld_start = 0,
                         .ldy = ld,
                         .steps = HeadWidth});
    if (!masked)
      for (index_t i = 0; i < rows_; ++i) softmax_.see(i);
    const bool counted = masked || times != 1;
    if (counted) count(first, last, origin, width, times, masked);
    for (index_t i = 0; i < rows_; ++i) high_[i] = score(i, first, last, origin, width, masked);
    if (counted)
      softmax_.weigh(high_, scores_, width,
                     [this](index_t i) { return weighted_[i] ? counts_ + i * key_tile : nullptr; });
    else
      softmax_.weigh(high_, scores_, width);
    softmax_.add_values(scores_ + (first - origin), from_.v + first * from_.ldv, from_.ldv, last - first);
  }

  // Turns row i's dot products, of the keys from `origin` on, into scores, and returns the largest, lane by lane. What
  // is not seen is left out lane by lane, in registers: a vector that is read where single floats were just written
  // waits for them.
  simd::vector<Arch> score(index_t i, index_t first, index_t last, index_t origin, index_t width, bool masked) {
    float* const s = scores_ + i * ld;
    auto site = site_;
    site.query = first_row_ + i;
    const bool whole = origin == first && origin + width == last;
    const auto begin = simd::set<Arch>(static_cast<float>(first)), end = simd::set<Arch>(static_cast<float>(last));
    const auto nothing = simd::minus_infinity<Arch>();
    auto key = simd::lane_numbers<Arch>() + simd::set<Arch>(static_cast<float>(origin));
    auto high = nothing;
    for (index_t c = 0; c < width; c += lanes) {
      auto value = simd::rounded<Arch>(score_(site, key, simd::load<Arch>(s + c)));
      if (masked)
        value =
            simd::select<Arch>(simd::load<Arch>(counts_ + i * key_tile + c) > simd::set<Arch>(0.0f), value, nothing);
      else if (!whole)
        value = simd::select<Arch>(begin <= key && key < end, value, nothing);
      simd::store(s + c, value);
      high = simd::max(high, value);
      key = key + simd::set<Arch>(static_cast<float>(lanes));
    }
    return high;
  }

  // Writes how often each key counts, which the pattern says where it masks.
  void count(index_t first, index_t last, index_t origin, index_t width, index_t times, bool masked) {
    for (index_t i = 0; i < rows_; ++i) {
      float* const counts = counts_ + i * key_tile;
      weighted_[i] = !masked;
      std::fill_n(counts, width, masked ? 0.0f : static_cast<float>(times));
      for (index_t key = first; masked && key < last; ++key) {
        const index_t seen = pattern_.sees(block_, first_row_ + i, key);
        counts[key - origin] = static_cast<float>(seen);
        weighted_[i] = weighted_[i] || seen > 1;
        if (seen > 0) softmax_.see(i);
      }
    }
  }

  const Pattern& pattern_;
  const Score& score_;
  const query_block& block_;
  const score_site& site_;
  const attend_operands& from_;
  index_t first_row_, rows_;
  softmax softmax_;
  // Of one key tile:
  float scores_[on_stack<float, most_rows * ld>];        // then weights
  float counts_[on_stack<float, most_rows * key_tile>];  // where some keys do not count once
  bool weighted_[array_size(most_rows)];                 // whether one counts more than once
  simd::vector<Arch> high_[array_size(most_rows)];
};

}  // namespace detail

/// Attention of one head for queries [block.first, block.last) of one sequence:
/// out = sum over the keys of count * exp(score) * value / sum of count * exp(score), with the keys and counts that
/// `pattern` names, of which only the first `visible_keys` exist. q and out point at the row of query block.first, rows
/// ldq and ldo floats apart; v points at the value of the sequence's key 0, rows ldv apart; key_panels is what
/// pack_keys made of all its keys. `site` is the score's site; its query is set here. A query that sees no key gets
/// zeros, as does one that is no visible key where the pattern silences those. A row's bits depend on the spans that
/// the pattern visits for its block, not on the other queries.
template <class Arch, index_t HeadWidth, class Pattern, class Score>
void attend(const Pattern& pattern, const Score& score, const query_block& block, const score_site& site,
            index_t visible_keys, const float* q, index_t ldq, const float* key_panels, const float* v, index_t ldv,
            float* out, index_t ldo) {
  using stream = detail::query_stream<Arch, HeadWidth, Pattern, Score>;
  index_t count = block.last - block.first;
  if (silences(pattern, block)) {
    const index_t heard = std::clamp(visible_keys - block.first, index_t{0}, count);
    for (index_t i = heard; i < count; ++i) std::fill_n(out + i * ldo, HeadWidth, 0.0f);
    count = heard;
  }
  each_row_tile<stream::most_rows>(count, [&](index_t first, index_t last) {
    const detail::attend_operands from{q + first * ldq, key_panels, v, ldq, ldv, visible_keys};
    stream rows(pattern, score, block, site, from, block.first + first, last - first);
    pattern.visit(block, rows);
    rows.finish(out + first * ldo, ldo);
  });
}

}  // namespace weft
