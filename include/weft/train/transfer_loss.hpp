#pragma once
// What a student's layers are compared with a teacher's by (Sun et al. 2020, sections 3.4 and 3.5, as the released code
// has it). Each gives its loss, and adds `weight` times its gradient to the student's.
#include <algorithm>
#include <cmath>
#include <weft/base/elementary.hpp>
#include <weft/base/index.hpp>
#include <weft/memory/rows.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
struct row_moments {
  double mean = 0, variance = 0;
  row_moments(const float* x, index_t width) {
    for (index_t c = 0; c < width; ++c) mean += double{x[c]};
    mean /= static_cast<double>(width);
    for (index_t c = 0; c < width; ++c) variance += (double{x[c]} - mean) * (double{x[c]} - mean);
    variance /= static_cast<double>(width);
  }
};
}  // namespace detail

/// The mean squared difference of rows that are normalised, (x - mean) / sqrt(variance + 1e-12).
inline double feature_map_transfer(matrix<const float> teacher, matrix<const float> student, matrix<float> d,
                                   double weight = 1) {
  const auto width = static_cast<double>(student.width);
  const double scale = 1 / (static_cast<double>(student.count) * width);
  double sum = 0;
  for (index_t i = 0; i < student.count; ++i) {
    const float *t = teacher.row(i), *s = student.row(i);
    const detail::row_moments of_t(t, student.width), of_s(s, student.width);
    const double inverse_t = 1 / std::sqrt(of_t.variance + 1e-12), inverse_s = 1 / std::sqrt(of_s.variance + 1e-12);
    const auto normal = [&](index_t c) { return (double{s[c]} - of_s.mean) * inverse_s; };
    const auto off = [&](index_t c) { return normal(c) - (double{t[c]} - of_t.mean) * inverse_t; };
    double mean = 0, along = 0;  // of the gradient of what is normalised, and of it times what is normalised
    for (index_t c = 0; c < student.width; ++c)
      sum += off(c) * off(c), mean += 2 * off(c) / width, along += 2 * off(c) * normal(c) / width;
    for (index_t c = 0; c < student.width; ++c)
      d.row(i)[c] += static_cast<float>(weight * scale * inverse_s * (2 * off(c) - mean - normal(c) * along));
  }
  return sum * scale;
}

/// The mean squared difference of the rows' means.
inline double mean_transfer(matrix<const float> teacher, matrix<const float> student, matrix<float> d,
                            double weight = 1) {
  const auto rows = static_cast<double>(student.count), width = static_cast<double>(student.width);
  double sum = 0;
  for (index_t i = 0; i < student.count; ++i) {
    const double off = detail::row_moments(student.row(i), student.width).mean -
                       detail::row_moments(teacher.row(i), student.width).mean;
    sum += off * off;
    for (index_t c = 0; c < student.width; ++c) d.row(i)[c] += static_cast<float>(weight * 2 * off / (rows * width));
  }
  return sum / rows;
}

/// The mean absolute difference of the rows' variances.
inline double variance_transfer(matrix<const float> teacher, matrix<const float> student, matrix<float> d,
                                double weight = 1) {
  const auto rows = static_cast<double>(student.count), width = static_cast<double>(student.width);
  double sum = 0;
  for (index_t i = 0; i < student.count; ++i) {
    const detail::row_moments of(student.row(i), student.width);
    const double off = of.variance - detail::row_moments(teacher.row(i), student.width).variance;
    const double sign = off > 0 ? 1 : off < 0 ? -1 : 0;
    sum += std::abs(off);
    for (index_t c = 0; c < student.width; ++c)
      d.row(i)[c] += static_cast<float>(weight * sign * 2 * (double{student.row(i)[c]} - of.mean) / (rows * width));
  }
  return sum / rows;
}

/// The mean cross-entropy of softmax(student) with softmax(teacher), rows of scores of attention.
inline double attention_transfer(matrix<const float> teacher, matrix<const float> student, matrix<float> d,
                                 double weight = 1) {
  const auto rows = static_cast<double>(student.count);
  const auto log_total = [&](const float* z) {
    const double top = double{*std::max_element(z, z + student.width)};
    double total = 0;
    for (index_t c = 0; c < student.width; ++c) total += exp_of(double{z[c]} - top);
    return log_of(total) + top;
  };
  double sum = 0;
  for (index_t i = 0; i < student.count; ++i) {
    const float *t = teacher.row(i), *s = student.row(i);
    const double of_t = log_total(t), of_s = log_total(s);
    for (index_t c = 0; c < student.width; ++c) {
      const double q = exp_of(double{t[c]} - of_t), log_p = double{s[c]} - of_s;
      sum -= q * log_p;
      d.row(i)[c] += static_cast<float>(weight * (exp_of(log_p) - q) / rows);
    }
  }
  return sum / rows;
}

}  // namespace weft
