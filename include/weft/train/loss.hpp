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
/// `smoothing` e a row's target is 1 - e + e / classes at its label and e / classes elsewhere. With weights of classes
/// every target is multiplied by its class's, and the mean is that of the labels' weights. No row that counts: the loss
/// is 0, and so are gradients.
class cross_entropy {
 public:
  /// A label for each row of the whole batch; a weight for each class, or none.
  explicit cross_entropy(list<const std::int32_t> labels, double smoothing = 0, list<const float> class_weights = {})
      : labels_(labels), class_weights_(class_weights), smoothing_(smoothing) {
    for (const auto label : labels)
      if (label >= 0) ++counted_, divisor_ += weight_of(label);
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
  double loss() const { return divisor_ > 0 ? sum_ / divisor_ : 0; }
  index_t counted() const { return counted_; }
  /// Rows whose largest logit is the label's; of equals the first.
  index_t right() const { return right_; }

 private:
  void row(const float* z, float* d, index_t width, index_t label) {
    const index_t best = std::max_element(z, z + width) - z;
    right_ += best == label;
    const double top = double{z[best]};
    double total = 0, sum = 0, targets = 0;  // of exponentials; of targets times logits; of targets
    const double share = smoothing_ / static_cast<double>(width);
    const auto target = [&](index_t c) { return (share + (c == label ? 1 - smoothing_ : 0)) * weight_of(c); };
    for (index_t c = 0; c < width; ++c) total += exp_of(double{z[c]} - top);
    if (smoothing_ > 0) {
      for (index_t c = 0; c < width; ++c) sum += target(c) * double{z[c]}, targets += target(c);
    } else {
      targets = weight_of(label), sum = targets * double{z[label]};
    }
    const double log_total = log_of(total) + top, scale = divisor_ > 0 ? 1 / divisor_ : 0;
    sum_ += targets * log_total - sum;
    for (index_t c = 0; c < width; ++c)
      d[c] = static_cast<float>((exp_of(double{z[c]} - log_total) * targets - target(c)) * scale);
  }
  double weight_of(index_t c) const { return class_weights_.empty() ? 1 : double{class_weights_[c]}; }

  list<const std::int32_t> labels_;
  list<const float> class_weights_;
  double smoothing_, sum_ = 0, divisor_ = 0;
  index_t counted_ = 0, right_ = 0;
};

/// What a loss takes the outputs of a model for.
enum class outputs_are {
  values,  ///< what is compared with the targets
  logits   ///< their sigmoids are
};

namespace detail {
inline double sigmoid_of(double z) {
  const double power = exp_of(-std::abs(z));
  return z >= 0 ? 1 / (1 + power) : power / (1 + power);
}
}  // namespace detail

/// (z - y)^2, averaged over all values of the batch; of sigmoids, (s - y)^2, whose
/// gradient is 2 (s - y) s (1 - s).
class mean_squared_error {
 public:
  /// Targets [rows of the whole batch, width].
  explicit mean_squared_error(list<const float> targets, outputs_are what = outputs_are::values)
      : targets_(targets), what_(what) {}

  void operator()(matrix<const float> z, matrix<float> d, index_t first) {
    const auto scale = 2 / static_cast<double>(targets_.size());
    for (index_t i = 0; i < z.count; ++i)
      for (index_t c = 0; c < z.width; ++c) {
        const double out = double{z.row(i)[c]}, value = what_ == outputs_are::logits ? detail::sigmoid_of(out) : out;
        const double off = value - double{targets_[(first + i) * z.width + c]};
        const double slope = what_ == outputs_are::logits ? value * (1 - value) : 1;
        sum_ += off * off;
        d.row(i)[c] = static_cast<float>(off * slope * scale);
      }
  }
  double loss() const { return targets_.empty() ? 0 : sum_ / static_cast<double>(targets_.size()); }

 private:
  list<const float> targets_;
  outputs_are what_;
  double sum_ = 0;
};

/// -y log s - (1 - y) log(1 - s), averaged over the values whose target counts: those of at least 0. s is the sigmoid
/// of a logit (reference: torch's binary_cross_entropy_with_logits), or the value itself, whose logarithms are at least
/// -100 (reference: torch's binary_cross_entropy).
class binary_cross_entropy {
 public:
  /// Targets [rows of the whole batch, width], in [0, 1], or below 0 where they do not count.
  explicit binary_cross_entropy(list<const float> targets, outputs_are what = outputs_are::logits)
      : targets_(targets), what_(what) {
    for (const auto y : targets) counted_ += y >= 0;
  }

  void operator()(matrix<const float> outputs, matrix<float> d, index_t first) {
    for (index_t i = 0; i < outputs.count; ++i)
      for (index_t c = 0; c < outputs.width; ++c) {
        const double z = double{outputs.row(i)[c]}, y = double{targets_[(first + i) * outputs.width + c]};
        d.row(i)[c] = y < 0 ? 0.0f : static_cast<float>(add(z, y) / static_cast<double>(counted_));
      }
  }
  double loss() const { return counted_ == 0 ? 0 : sum_ / static_cast<double>(counted_); }
  index_t counted() const { return counted_; }

 private:
  // Adds the loss of a value to the sum; its slope.
  double add(double z, double y) {
    if (what_ == outputs_are::logits) {
      sum_ += std::max(z, 0.0) - z * y + log_of(1 + exp_of(-std::abs(z)));
      return detail::sigmoid_of(z) - y;
    }
    const auto log = [](double x) { return x > 0 ? std::max(log_of(x), -100.0) : -100.0; };
    sum_ -= y * log(z) + (1 - y) * log(1 - z);
    return (z - y) / std::max(z * (1 - z), 1e-12);
  }
  list<const float> targets_;
  outputs_are what_;
  double sum_ = 0;
  index_t counted_ = 0;
};

}  // namespace weft
