#pragma once
// Attention of one head as a stream over keys: softmax(score(q k')) v with a running maximum and sum (Milakov and
// Gimelshein 2018; Dao et al. 2022). Scores live in a buffer of a few queries by 256 keys, never in an n x n matrix.
#include <weft/concept/pattern.hpp>
#include <weft/concept/score.hpp>
#include <weft/kernel/key_panels.hpp>
#include <weft/kernel/running_softmax.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Keys of one place for one head: the panels that pack_keys made of them, the value of key 0, values ldv floats apart,
/// and the span of keys that exist.
struct key_rows {
  const float *panels, *values;
  index_t ldv;
  key_span visible;
};

/// A few queries of one head on their way over keys, which may lie in several places but share one softmax. A row's
/// bits depend on the spans that patterns visit, not on the other queries: keys count from the start of their place,
/// tiles and lanes with them.
template <class Arch, index_t HeadWidth>
class query_stream {
  using softmax = running_softmax<Arch, HeadWidth>;
  static constexpr index_t lanes = simd::lanes<Arch>, columns = key_columns<Arch>;
  static constexpr index_t key_tile = softmax::key_tile, ld = softmax::score_stride;
  static_assert(columns <= widest_key_columns && key_tile % columns == 0);

 public:
  static constexpr index_t most_rows = softmax::most_rows;

  /// 1 to most_rows queries.
  explicit query_stream(const query_rows& queries) : queries_(queries), softmax_(queries.count) {}

  /// The keys of one place that `pattern` shows to the block, with what `score` makes of their products. `start` is
  /// what begin_score() made of these queries. The site's query is set here.
  template <class Pattern, class Score, class Start>
  void over(const key_rows& keys, const Pattern& pattern, const query_block& block, const Score& score,
            const score_site& site, const Start& start) {
    walk<Pattern, Score, Start> spans{*this, keys, pattern, block, score, site, start};
    pattern.visit(block, spans);
  }

  /// Writes the rows; a row that saw no key becomes 0, one that saw keys without any weight NaN.
  void finish(float* out, index_t ldo) const { softmax_.finish(out, ldo); }

 private:
  // What a pattern's visit() sees as `spans`.
  template <class Pattern, class Score, class Start>
  struct walk {
    static constexpr bool starts = !std::is_same_v<Start, no_start>;
    query_stream& s;
    const key_rows& from;
    const Pattern& pattern;
    const query_block& block;
    const Score& scored;
    const score_site& site;
    const Start& start;

    void full(key_span span, index_t times = 1) { go(span, times, false); }
    void masked(key_span span) { go(span, 1, true); }

    // Key tiles count from the sequence's start, and so do lanes: a row's sums run in one order, whichever queries
    // share its tile.
    void go(key_span span, index_t times, bool masked) {
      const index_t last = std::min(span.last, from.visible.last);
      if (times <= 0) return;
      for (index_t first = std::max(span.first, from.visible.first); first < last;) {
        const index_t stop = std::min(last, (first / key_tile + 1) * key_tile);
        take(first, stop, times, masked);
        first = stop;
      }
    }

    // Keys [first, last), all of one key tile.
    void take(index_t first, index_t last, index_t times, bool masked) {
      const index_t origin = first / columns * columns, width = round_up(last - origin, columns);
      const auto* const panels = from.panels + origin * HeadWidth;
      if constexpr (starts)
        start_rows(start, s.queries_.count, key_step{panels, origin, width, first, last}, s.scores_, ld);
      detail::multiply_keys<Arch>(s.queries_.count, panels, width,
                                  {.a = s.queries_.data,
                                   .b = nullptr,
                                   .start = starts ? s.scores_ : nullptr,
                                   .y = s.scores_,
                                   .lda = s.queries_.stride,
                                   .ldb = 0,
                                   .ld_start = starts ? ld : 0,
                                   .ldy = ld,
                                   .steps = HeadWidth});
      if (!masked)
        for (index_t i = 0; i < s.queries_.count; ++i) s.softmax_.see(i);
      const bool counted = masked || times != 1;
      if (counted) count(first, last, origin, width, times, masked);
      for (index_t i = 0; i < s.queries_.count; ++i) s.high_[i] = score(i, first, last, origin, width, masked);
      if (counted)
        s.softmax_.weigh(s.high_, s.scores_, width,
                         [this](index_t i) { return s.weighted_[i] ? s.counts_ + i * key_tile : nullptr; });
      else
        s.softmax_.weigh(s.high_, s.scores_, width);
      s.softmax_.add_values(s.scores_ + (first - origin), from.values + first * from.ldv, from.ldv, last - first);
    }

    // Turns row i's dot products, of the keys from `origin` on, into scores, and returns the largest, lane by lane.
    // What is not seen is left out lane by lane, in registers: a vector that is read where single floats were just
    // written waits for them.
    simd::vector<Arch> score(index_t i, index_t first, index_t last, index_t origin, index_t width, bool masked) {
      float* const scores = s.scores_ + i * ld;
      auto at = site;
      at.query = s.queries_.first + i;
      const bool whole = origin == first && origin + width == last;
      const auto begin = simd::set<Arch>(static_cast<float>(first)), end = simd::set<Arch>(static_cast<float>(last));
      const auto nothing = simd::minus_infinity<Arch>();
      auto key = simd::lane_numbers<Arch>() + simd::set<Arch>(static_cast<float>(origin));
      auto high = nothing;
      for (index_t c = 0; c < width; c += lanes) {
        auto value = simd::rounded<Arch>(scored(at, key, simd::load<Arch>(scores + c)));
        if (masked)
          value = simd::select<Arch>(simd::load<Arch>(s.counts_ + i * key_tile + c) > simd::set<Arch>(0.0f), value,
                                     nothing);
        else if (!whole)
          value = simd::select<Arch>(begin <= key && key < end, value, nothing);
        simd::store(scores + c, value);
        high = simd::max(high, value);
        key = key + simd::set<Arch>(static_cast<float>(lanes));
      }
      return high;
    }

    // Writes how often each key counts, which the pattern says where it masks.
    void count(index_t first, index_t last, index_t origin, index_t width, index_t times, bool masked) {
      for (index_t i = 0; i < s.queries_.count; ++i) {
        float* const counts = s.counts_ + i * key_tile;
        s.weighted_[i] = !masked;
        std::fill_n(counts, width, masked ? 0.0f : static_cast<float>(times));
        for (index_t key = first; masked && key < last; ++key) {
          const index_t seen = pattern.sees(block, s.queries_.first + i, key);
          counts[key - origin] = static_cast<float>(seen);
          s.weighted_[i] = s.weighted_[i] || seen > 1;
          if (seen > 0) s.softmax_.see(i);
        }
      }
    }
  };

  query_rows queries_;
  softmax softmax_;
  // Of one key tile:
  float scores_[on_stack<float, most_rows * ld>];        // then weights
  float counts_[on_stack<float, most_rows * key_tile>];  // where some keys do not count once
  bool weighted_[array_size(most_rows)];                 // whether one counts more than once
  simd::vector<Arch> high_[array_size(most_rows)];
};

/// Attention of one head for queries [block.first, block.last) of one sequence:
/// out = sum over the keys of count * exp(score) * value / sum of count * exp(score), with the keys and counts that
/// `pattern` names, of which only the first `visible_keys` exist. q and out point at the row of query block.first, rows
/// ldq and ldo floats apart; v points at the value of the sequence's key 0, rows ldv apart; key_panels is what
/// pack_keys made of all its keys. `site` is the score's site; its query is set here. A score may begin
/// (concept/score.hpp). A query that sees no key gets zeros, as does one that is no visible key where the pattern
/// silences those. A row's bits depend on the spans that the pattern visits for its block, not on the other queries.
template <class Arch, index_t HeadWidth, class Pattern, class Score>
void attend(const Pattern& pattern, const Score& score, const query_block& block, const score_site& site,
            index_t visible_keys, const float* q, index_t ldq, const float* key_panels, const float* v, index_t ldv,
            float* out, index_t ldo) {
  using stream = query_stream<Arch, HeadWidth>;
  using start = decltype(begin_score<Arch, HeadWidth>(score, site, {}));
  index_t count = block.last - block.first;
  if (silences(pattern, block)) {
    const index_t heard = std::clamp(visible_keys - block.first, index_t{0}, count);
    for (index_t i = heard; i < count; ++i) std::fill_n(out + i * ldo, HeadWidth, 0.0f);
    count = heard;
  }
  const key_rows keys{key_panels, v, ldv, {0, visible_keys}};
  each_row_tile<rows_of_start<start>(stream::most_rows)>(count, [&](index_t first, index_t last) {
    const query_rows queries{q + first * ldq, ldq, block.first + first, last - first};
    const auto begun = begin_score<Arch, HeadWidth>(score, site, queries);
    stream rows(queries);
    rows.over(keys, pattern, block, score, site, begun);
    rows.finish(out + first * ldo, ldo);
  });
}

}  // namespace weft
