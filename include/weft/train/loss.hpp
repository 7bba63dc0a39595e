#pragma once
// What training makes small. A loss is a sum over the rows of a batch divided by how many of them count in the whole
// batch, so that pieces of a batch add up to the same. It is summed in double, row by row.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <weft/base/elementary.hpp>
#include <weft/base/list.hpp>
#include <weft/memory/rows.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Rows with such a label, or any below 0, do not count.
inline constexpr std::int32_t ignored_label = -100;

/// -log softmax(logits)[label], averaged over the rows whose label counts (reference: torch's cross_entropy). With
/// `smoothing` e a row's target is 1 - e + e / classes at its label and e / classes elsewhere. No row that counts: the
/// loss is 0, and so are gradients.
class cross_entropy {
 public:
  /// A label for each row of the whole batch.
  explicit cross_entropy(list<const std::int32_t> labels, double smoothing = 0)
      : labels_(labels), smoothing_(smoothing) {
    for (const auto label : labels) counted_ += label >= 0;
  }

  /// Rows from `first` on of the whole batch: d = the gradient of the loss. Labels lie below the logits' width.
  void operator()(matrix<const float> logits, matrix<float> d, index_t first) {
    for (index_t i = 0; i < logits.count; ++i) {
      const index_t label = labels_[first + i];
      if (label < 0)
        std::fill_n(d.row(i), d.width, 0.0f);
      else
        row(logits.row(i), d.row(i), logits.width, label);
    }
  }
  double loss() const { return counted_ == 0 ? 0 : sum_ / static_cast<double>(counted_); }
  index_t counted() const { return counted_; }
  /// Rows whose largest logit is the label's; of equals the first.
  index_t right() const { return right_; }

 private:
  void row(const float* z, float* d, index_t width, index_t label) {
    const index_t best = std::max_element(z, z + width) - z;
    right_ += best == label;
    const double top = double{z[best]};
    double total = 0, mean = 0;
    for (index_t c = 0; c < width; ++c) total += exp_of(double{z[c]} - top), mean += double{z[c]};
    mean /= static_cast<double>(width);
    const double log_total = log_of(total) + top, kept = 1 - smoothing_;
    sum_ += log_total - kept * double{z[label]} - smoothing_ * mean;
    const double share = smoothing_ / static_cast<double>(width), scale = 1 / static_cast<double>(counted_);
    for (index_t c = 0; c < width; ++c) {
      const double p = exp_of(double{z[c]} - log_total);
      d[c] = static_cast<float>((p - share - (c == label ? kept : 0)) * scale);
    }
  }
  list<const std::int32_t> labels_;
  double smoothing_, sum_ = 0;
  index_t counted_ = 0, right_ = 0;
};

/// (z - y)^2, averaged over all values of the batch.
class mean_squared_error {
 public:
  /// Targets [rows of the whole batch, width].
  explicit mean_squared_error(list<const float> targets) : targets_(targets) {}

  void operator()(matrix<const float> z, matrix<float> d, index_t first) {
    const auto scale = 2 / static_cast<double>(targets_.size());
    for (index_t i = 0; i < z.count; ++i)
      for (index_t c = 0; c < z.width; ++c) {
        const double off = double{z.row(i)[c]} - double{targets_[(first + i) * z.width + c]};
        sum_ += off * off;
        d.row(i)[c] = static_cast<float>(off * scale);
      }
  }
  double loss() const { return targets_.empty() ? 0 : sum_ / static_cast<double>(targets_.size()); }

 private:
  list<const float> targets_;
  double sum_ = 0;
};

/// -y log s - (1 - y) log(1 - s) of the logits' sigmoids s, averaged over the values whose target counts: those of at
/// least 0 (reference: torch's binary_cross_entropy_with_logits).
class binary_cross_entropy {
 public:
  /// Targets [rows of the whole batch, width], in [0, 1], or below 0 where they do not count.
  explicit binary_cross_entropy(list<const float> targets) : targets_(targets) {
    for (const auto y : targets) counted_ += y >= 0;
  }

  void operator()(matrix<const float> logits, matrix<float> d, index_t first) {
    for (index_t i = 0; i < logits.count; ++i)
      for (index_t c = 0; c < logits.width; ++c) {
        const double z = double{logits.row(i)[c]}, y = double{targets_[(first + i) * logits.width + c]};
        float& to = d.row(i)[c];
        to = 0;
        if (y < 0) continue;
        const double power = exp_of(-std::abs(z)), sigmoid = z >= 0 ? 1 / (1 + power) : power / (1 + power);
        sum_ += std::max(z, 0.0) - z * y + log_of(1 + power);
        to = static_cast<float>((sigmoid - y) / static_cast<double>(counted_));
      }
  }
  double loss() const { return counted_ == 0 ? 0 : sum_ / static_cast<double>(counted_); }

 private:
  list<const float> targets_;
  double sum_ = 0;
  index_t counted_ = 0;
};

}  // namespace weft
