#pragma once
// Where an answer begins and where it ends, among the tokens of its text.
#include <algorithm>
#include <cstdint>
#include <weft/base/elementary.hpp>
#include <weft/base/list.hpp>
#include <weft/memory/rows.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The mean of two cross-entropies, of the token that a span begins with and of the one that it ends with, each over
/// the tokens of a text (reference: BertForQuestionAnswering). A place outside of its text does not count.
class span_cross_entropy {
 public:
  /// A pair of places in its text for each text of the whole batch, and where texts begin: offsets of the batch.
  span_cross_entropy(list<const std::int32_t> spans, list<const index_t> offsets) : spans_(spans), offsets_(offsets) {
    for (index_t s = 0; s < texts(); ++s)
      for (index_t side = 0; side < 2; ++side) counted_[side] += counts(s, side);
  }

  /// Logits [tokens, 2] of whole texts, from row `first` of the whole batch on.
  void operator()(matrix<const float> logits, matrix<float> d, index_t first) {
    while (next_ < texts() && offsets_[next_] < first) ++next_;
    for (; next_ < texts() && offsets_[next_ + 1] <= first + logits.count; ++next_) {
      const index_t begin = offsets_[next_] - first, length = offsets_[next_ + 1] - offsets_[next_];
      bool right = true;
      for (index_t side = 0; side < 2; ++side) right = learn(logits, d, begin, length, side) && right;
      right_ += right && counts(next_, 0) && counts(next_, 1);
    }
  }
  double loss() const {
    double sum = 0;
    for (index_t side = 0; side < 2; ++side)
      if (counted_[side] > 0) sum += sum_[side] / static_cast<double>(counted_[side]);
    return sum / 2;
  }
  /// Texts of which both places count; those of them where each place has the largest logit.
  index_t counted() const { return std::min(counted_[0], counted_[1]); }
  index_t right() const { return right_; }

 private:
  index_t texts() const { return offsets_.empty() ? 0 : offsets_.size() - 1; }
  bool counts(index_t text, index_t side) const {
    const index_t place = spans_[2 * text + side];
    return place >= 0 && place < offsets_[text + 1] - offsets_[text];
  }
  bool learn(matrix<const float> logits, matrix<float> d, index_t begin, index_t length, index_t side) {
    const auto z = [&](index_t t) { return double{logits.row(begin + t)[side]}; };
    const bool counted = counts(next_, side);
    const index_t place = spans_[2 * next_ + side];
    index_t best = 0;
    for (index_t t = 1; t < length; ++t)
      if (z(t) > z(best)) best = t;
    double total = 0;
    for (index_t t = 0; t < length; ++t) total += exp_of(z(t) - z(best));
    const double log_total = log_of(total) + z(best), scale = 0.5 / static_cast<double>(counted_[side]);
    if (counted) sum_[side] += log_total - z(place);
    for (index_t t = 0; t < length; ++t)
      d.row(begin + t)[side] =
          counted ? static_cast<float>((exp_of(z(t) - log_total) - (t == place ? 1 : 0)) * scale) : 0.0f;
    return best == place;
  }

  list<const std::int32_t> spans_;
  list<const index_t> offsets_;
  index_t counted_[2] = {}, right_ = 0, next_ = 0;
  double sum_[2] = {};
};

}  // namespace weft
