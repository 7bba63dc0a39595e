#pragma once
// What vectors of texts learn from each other: which belong together, and how alike they are.
#include <algorithm>
#include <cmath>
#include <weft/base/elementary.hpp>
#include <weft/base/list.hpp>
#include <weft/base/unit_containers.hpp>
#include <weft/memory/rows.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// Rows of length 1 in double, and the way back: dx = (dy - y (y dy)) / |x|. A row of zeros stays one.
class unit_rows {
  template <class Values>
  auto& at(Values& values, index_t i, index_t c) const {
    return values[static_cast<std::size_t>(i * width_ + c)];
  }

 public:
  explicit unit_rows(matrix<const float> x) : width_(x.width) {
    for (index_t i = 0; i < x.count; ++i) {
      double square = 0;
      for (index_t c = 0; c < width_; ++c) square += double{x.row(i)[c]} * double{x.row(i)[c]};
      inverse_.push_back(square > 0 ? 1 / std::sqrt(square) : 0);
      for (index_t c = 0; c < width_; ++c) values_.push_back(double{x.row(i)[c]} * inverse_.back());
    }
    changes_.resize(values_.size());
  }
  double cosine(index_t i, index_t j) const {
    double sum = 0;
    for (index_t c = 0; c < width_; ++c) sum += at(values_, i, c) * at(values_, j, c);
    return sum;
  }
  /// The gradient of a loss by the cosine of rows i and j.
  void learn(index_t i, index_t j, double by_cosine) {
    for (index_t c = 0; c < width_; ++c) {
      at(changes_, i, c) += by_cosine * at(values_, j, c);
      at(changes_, j, c) += by_cosine * at(values_, i, c);
    }
  }
  void write(matrix<float> d) const {
    for (index_t i = 0; i < d.count; ++i) {
      double along = 0;
      for (index_t c = 0; c < width_; ++c) along += at(changes_, i, c) * at(values_, i, c);
      for (index_t c = 0; c < width_; ++c)
        d.row(i)[c] = static_cast<float>((at(changes_, i, c) - at(values_, i, c) * along) *
                                         inverse_[static_cast<std::size_t>(i)]);
    }
  }

 private:
  index_t width_;
  unit_vector<double> values_, changes_, inverse_;
};
}  // namespace detail

/// Cross-entropy of the scaled cosines of each of n texts with all candidates, of which candidate i belongs to text i;
/// candidates beyond n are hard negatives of all (Henderson et al. 2017; reference: MultipleNegativesRankingLoss of
/// sentence-transformers). Vectors [n + candidates, width]: the texts first. It needs the whole batch in one piece.
inline double in_batch_negatives(matrix<const float> vectors, index_t n, matrix<float> d, double scale = 20) {
  detail::unit_rows unit(vectors);
  const index_t candidates = vectors.count - n;
  unit_vector<double> scores(static_cast<std::size_t>(candidates));
  double loss = 0;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < candidates; ++j) scores[static_cast<std::size_t>(j)] = scale * unit.cosine(i, n + j);
    const double top = *std::max_element(scores.begin(), scores.end());
    double total = 0;
    for (const double s : scores) total += exp_of(s - top);
    const double log_total = log_of(total) + top;
    loss += log_total - scores[static_cast<std::size_t>(i)];
    for (index_t j = 0; j < candidates; ++j) {
      const double p = exp_of(scores[static_cast<std::size_t>(j)] - log_total);
      unit.learn(i, n + j, (p - (i == j ? 1 : 0)) * scale / static_cast<double>(n));
    }
  }
  unit.write(d);
  return loss / static_cast<double>(n);
}

/// log(1 + the sum of exp(scale (cos of pair i - cos of pair j))) over the pairs i that are less alike than pairs j (Su
/// 2022; reference: CoSENTLoss of sentence-transformers). Vectors [2 pairs, width], the two of a pair one behind the
/// other; `alike` has a number for each pair. It needs the whole batch in one piece.
inline double cosent(matrix<const float> vectors, list<const float> alike, matrix<float> d, double scale = 20) {
  detail::unit_rows unit(vectors);
  const index_t pairs = alike.size();
  unit_vector<double> scores, changes(static_cast<std::size_t>(pairs));
  for (index_t i = 0; i < pairs; ++i) scores.push_back(scale * unit.cosine(2 * i, 2 * i + 1));
  const auto each = [&](const auto& f) {
    for (index_t i = 0; i < pairs; ++i)
      for (index_t j = 0; j < pairs; ++j)
        if (alike[i] < alike[j])
          f(static_cast<std::size_t>(i), static_cast<std::size_t>(j),
            scores[static_cast<std::size_t>(i)] - scores[static_cast<std::size_t>(j)]);
  };
  double top = 0;  // of the differences and of 0, which the 1 stands for
  each([&](std::size_t, std::size_t, double difference) { top = std::max(top, difference); });
  double total = exp_of(-top);
  each([&](std::size_t, std::size_t, double difference) { total += exp_of(difference - top); });
  each([&](std::size_t i, std::size_t j, double difference) {
    const double share = exp_of(difference - top) / total;
    changes[i] += share, changes[j] -= share;
  });
  for (index_t i = 0; i < pairs; ++i) unit.learn(2 * i, 2 * i + 1, scale * changes[static_cast<std::size_t>(i)]);
  unit.write(d);
  return log_of(total) + top;
}

}  // namespace weft
