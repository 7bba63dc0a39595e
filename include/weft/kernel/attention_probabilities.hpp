#pragma once
// The probabilities that attend() never forms, for those who want to look at them. Plain loops: looking is not timed.
#include <algorithm>
#include <cmath>
#include <weft/base/elementary.hpp>
#include <weft/concept/pattern.hpp>
#include <weft/concept/score.hpp>
#include <weft/kernel/key_panels.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// What the sums of one query begin with, key by key in order.
template <class Arch, index_t HeadWidth, class Start>
class start_of_keys {
  static constexpr index_t columns = key_columns<Arch>;

 public:
  start_of_keys(const Start& start, const float* keys, index_t stride, index_t count)
      : start_(start), keys_(keys), stride_(stride), count_(count) {}
  double of(index_t key) {
    if constexpr (std::is_same_v<Start, no_start>) {
      return 0;
    } else {
      if (key % columns == 0) {
        const index_t last = std::min(count_, key + columns);
        pack_keys<Arch, HeadWidth>(keys_ + key * stride_, stride_, 0, last - key, last - key, panel_);
        start_.start(0, key_step{panel_, key, columns, key, last}, starts_);
      }
      return double{starts_[key % columns]};
    }
  }

 private:
  static constexpr index_t floats = std::is_same_v<Start, no_start> ? 1 : columns * HeadWidth;
  const Start& start_;
  const float* keys_;
  index_t stride_, count_;
  float panel_[on_stack<float, floats>], starts_[array_size(columns)];
};
}  // namespace detail

/// out[j] = count * exp(score) / sum over the keys of count * exp(score) for one query row, j in [0, block.length):
/// how much the query takes from every key, a key that counts several times with all its counts. Keys from
/// `visible_keys` on get 0, and so do all keys where none is seen. q is the query's row, `keys` the row of the
/// sequence's key 0, rows `stride` floats apart; site.query is the query's position.
template <class Arch, index_t HeadWidth, class Pattern, class Score>
void attention_probabilities(const Pattern& pattern, const Score& score, const query_block& block,
                             const score_site& site, index_t visible_keys, const float* q, const float* keys,
                             index_t stride, float* out) {
  float top = -HUGE_VALF;
  bool sees = false;
  const auto count_of = [&](index_t j) { return static_cast<index_t>(pattern.sees(block, site.query, j)); };
  const auto start = begin_score<Arch, HeadWidth>(score, site, {q, HeadWidth, site.query, 1});
  detail::start_of_keys<Arch, HeadWidth, std::remove_const_t<decltype(start)>> starts(start, keys, stride,
                                                                                      visible_keys);
  for (index_t j = 0; j < visible_keys; ++j) {
    double dot = starts.of(j);
    if (count_of(j) == 0) continue;
    sees = true;
    for (index_t c = 0; c < HeadWidth; ++c) dot += double{q[c]} * double{keys[j * stride + c]};
    out[j] = score(site, static_cast<float>(j), static_cast<float>(dot));
    top = std::max(top, out[j]);
  }
  double sum = 0;
  for (index_t j = 0; j < block.length; ++j) {
    const auto count = j < visible_keys ? count_of(j) : 0;
    out[j] = count == 0 ? 0.0f : static_cast<float>(static_cast<double>(count) * exp_of(double{out[j]} - double{top}));
    sum += double{out[j]};
  }
  for (index_t j = 0; j < block.length && sees; ++j) out[j] = static_cast<float>(double{out[j]} / sum);
}

}  // namespace weft
