#pragma once
// Learning from what another classifier says (Hinton et al. 2015).
#include <algorithm>
#include <weft/base/elementary.hpp>
#include <weft/base/list.hpp>
#include <weft/memory/rows.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// T^2 times the divergence of softmax(z / T) from the teacher's softmax(t / T), sum q (log q - log p), averaged over
/// the rows (reference: T^2 times torch's kl_div with reduction batchmean).
class soft_cross_entropy {
 public:
  /// The teacher's logits [rows of the whole batch, width].
  explicit soft_cross_entropy(list<const float> teacher, double temperature = 1)
      : teacher_(teacher), temperature_(temperature) {}

  void operator()(matrix<const float> logits, matrix<float> d, index_t first) {
    const double all = static_cast<double>(teacher_.size() / std::max<index_t>(logits.width, 1));
    rows_ = all;
    for (index_t i = 0; i < logits.count; ++i) {
      const float *z = logits.row(i), *t = teacher_.data() + (first + i) * logits.width;
      const double log_p = log_total(z, logits.width), log_q = log_total(t, logits.width);
      for (index_t c = 0; c < logits.width; ++c) {
        const double q = exp_of(double{t[c]} / temperature_ - log_q), p = exp_of(double{z[c]} / temperature_ - log_p);
        sum_ += q * ((double{t[c]} / temperature_ - log_q) - (double{z[c]} / temperature_ - log_p));
        d.row(i)[c] = static_cast<float>((p - q) * temperature_ / all);
      }
    }
  }
  double loss() const { return rows_ > 0 ? sum_ * temperature_ * temperature_ / rows_ : 0; }

 private:
  // The logarithm of the sum of exponentials of a row.
  double log_total(const float* z, index_t width) const {
    const double top = double{*std::max_element(z, z + width)} / temperature_;
    double total = 0;
    for (index_t c = 0; c < width; ++c) total += exp_of(double{z[c]} / temperature_ - top);
    return log_of(total) + top;
  }
  list<const float> teacher_;
  double temperature_, sum_ = 0, rows_ = 0;
};

}  // namespace weft
