#pragma once
// Plain-loop twins of the kernels: what each of them means. No vectors, no packing, no tiles; sums in double, so that
// they are the more exact side of a comparison. Too slow for models; right for tests and for reading.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>
#include <weft/concept/pattern.hpp>
#include <weft/concept/score.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::reference {

/// y[i, o] = sum over k of x[i, k] w[o, k] + b[o]; w is [out, in] as checkpoints store it, bias may be null.
inline void linear(const float* x, index_t ldx, index_t rows, index_t in, const float* weight, const float* bias,
                   float* y, index_t ldy, index_t out) {
  for (index_t i = 0; i < rows; ++i)
    for (index_t o = 0; o < out; ++o) {
      double sum = bias ? bias[o] : 0.0;
      for (index_t k = 0; k < in; ++k) sum += double{x[i * ldx + k]} * double{weight[o * in + k]};
      y[i * ldy + o] = static_cast<float>(sum);
    }
}

/// Attention of one head; keys are rows here, and the pattern is asked by sees() alone.
template <class Pattern, class Score>
void attend(const Pattern& pattern, const Score& score, const query_block& block, score_site site, index_t head_width,
            index_t visible_keys, const float* q, index_t ldq, const float* keys, index_t ldk, const float* v,
            index_t ldv, float* out, index_t ldo) {
  std::vector<double> scores(static_cast<std::size_t>(block.length)), counts(scores.size()), mixed;
  for (index_t query = block.first; query < block.last; ++query, q += ldq, out += ldo) {
    site.query = query;
    if (silences(pattern, block) && query >= visible_keys) {
      std::fill_n(out, head_width, 0.0f);
      continue;
    }
    double top = -std::numeric_limits<double>::infinity(), total = 0;
    for (index_t k = 0; k < block.length; ++k) {
      const auto at = static_cast<std::size_t>(k);
      counts[at] = k < visible_keys ? static_cast<double>(index_t{pattern.sees(block, query, k)}) : 0.0;
      if (detail::same_number(counts[at], 0)) continue;
      double dot = 0;
      for (index_t d = 0; d < head_width; ++d) dot += double{q[d]} * double{keys[k * ldk + d]};
      scores[at] = double{score(site, static_cast<float>(k), static_cast<float>(dot))};
      top = std::max(top, scores[at]);
    }
    mixed.assign(static_cast<std::size_t>(head_width), 0.0);
    for (index_t k = 0; k < block.length; ++k) {
      const auto at = static_cast<std::size_t>(k);
      if (detail::same_number(counts[at], 0)) continue;
      const double weight = counts[at] * std::exp(scores[at] - top);
      total += weight;
      for (index_t d = 0; d < head_width; ++d) mixed[static_cast<std::size_t>(d)] += weight * double{v[k * ldv + d]};
    }
    for (index_t d = 0; d < head_width; ++d)
      out[d] = detail::same_number(total, 0) ? 0.0f : static_cast<float>(mixed[static_cast<std::size_t>(d)] / total);
  }
}

/// Attention of one query whose scores begin with a term of its relation to the key. `relation(j)` numbers the relation
/// of key j, j in [0, count), or is negative for a key that is not seen. Some key must be seen.
inline void attend_related(const float* q, index_t head_width, float scale, const float* keys, const float* values,
                           index_t count, const float* vectors, const float* numbers, const auto& relation,
                           float* out) {
  std::vector<double> scores(static_cast<std::size_t>(count)), mixed(static_cast<std::size_t>(head_width));
  double top = -std::numeric_limits<double>::infinity(), total = 0;
  for (index_t j = 0; j < count; ++j) {
    const index_t r = relation(j);
    if (r < 0) continue;
    double sum = double{numbers[r]};
    for (index_t d = 0; d < head_width; ++d)
      sum += double{q[d]} * (double{keys[j * head_width + d]} + double{vectors[r * head_width + d]});
    scores[static_cast<std::size_t>(j)] = sum * double{scale};
    top = std::max(top, sum * double{scale});
  }
  for (index_t j = 0; j < count; ++j) {
    if (relation(j) < 0) continue;
    const double weight = std::exp(scores[static_cast<std::size_t>(j)] - top);
    total += weight;
    for (index_t d = 0; d < head_width; ++d)
      mixed[static_cast<std::size_t>(d)] += weight * double{values[j * head_width + d]};
  }
  for (index_t d = 0; d < head_width; ++d) out[d] = static_cast<float>(mixed[static_cast<std::size_t>(d)] / total);
}

inline void layer_norm_row(const float* x, const float* gain, const float* bias, float epsilon, index_t width,
                           float* y) {
  double mean = 0, variance = 0;
  for (index_t c = 0; c < width; ++c) mean += double{x[c]} / static_cast<double>(width);
  for (index_t c = 0; c < width; ++c)
    variance += (double{x[c]} - mean) * (double{x[c]} - mean) / static_cast<double>(width);
  const double inverse = 1 / std::sqrt(variance + double{epsilon});
  for (index_t c = 0; c < width; ++c)
    y[c] = static_cast<float>((double{x[c]} - mean) * inverse * double{gain[c]} + double{bias[c]});
}

inline void affine_row(const float* x, const float* gain, const float* bias, index_t width, float* y) {
  for (index_t c = 0; c < width; ++c) y[c] = static_cast<float>(double{x[c]} * double{gain[c]} + double{bias[c]});
}

inline void add_row(const float* x, const float* residual, index_t width, float* y) {
  for (index_t c = 0; c < width; ++c) y[c] = x[c] + residual[c];
}

inline void add_affine_row(const float* x, const float* residual, const float* gain, const float* bias, index_t width,
                           float* y) {
  add_row(x, residual, width, y);
  affine_row(y, gain, bias, width, y);
}

inline void sum_rows(const float* a, const float* b, const float* c, index_t width, float* y) {
  for (index_t i = 0; i < width; ++i) y[i] = (a[i] + b[i]) + c[i];
}

// y[c] = sum over taps of x[position + tap - taps / 2][c] * weight(tap, c), zeros beyond the sequence's ends.
inline void convolve_row(const float* x, index_t stride, index_t position, index_t length, index_t taps, index_t width,
                         float* y, auto&& weight) {
  for (index_t c = 0; c < width; ++c) {
    double sum = 0;
    for (index_t tap = 0; tap < taps; ++tap)
      if (const auto other = position + tap - taps / 2; other >= 0 && other < length)
        sum += double{x[other * stride + c]} * double{weight(tap, c)};
    y[c] = static_cast<float>(sum);
  }
}
inline void depthwise_row(const float* x, index_t stride, index_t position, index_t length, const float* weights,
                          index_t ld, index_t taps, index_t width, float* y) {
  convolve_row(x, stride, position, length, taps, width, y,
               [&](index_t tap, index_t c) { return weights[tap * ld + c]; });
}
inline void mix_taps(const float* values, index_t stride, index_t position, index_t length, const float* weights,
                     index_t taps, index_t width, float* y) {
  convolve_row(values, stride, position, length, taps, width, y, [&](index_t tap, index_t) { return weights[tap]; });
}

inline void softmax_row(float* x, index_t width) {
  double top = -std::numeric_limits<double>::infinity(), sum = 0;
  for (index_t c = 0; c < width; ++c) top = std::max(top, double{x[c]});
  for (index_t c = 0; c < width; ++c) sum += std::exp(double{x[c]} - top);
  for (index_t c = 0; c < width; ++c) x[c] = static_cast<float>(std::exp(double{x[c]} - top) / sum);
}

inline void mean_rows(const float* rows, index_t stride, index_t count, index_t width, float* y) {
  for (index_t c = 0; c < width; ++c) {
    double sum = 0;
    for (index_t i = 0; i < count; ++i) sum += double{rows[i * stride + c]};
    y[c] = count == 0 ? 0.0f : static_cast<float>(sum / static_cast<double>(count));
  }
}

inline void square_root_mean_rows(const float* rows, index_t stride, index_t count, index_t width, float* y) {
  for (index_t c = 0; c < width; ++c) {
    double sum = 0;
    for (index_t i = 0; i < count; ++i) sum += double{rows[i * stride + c]};
    y[c] = count == 0 ? 0.0f : static_cast<float>(sum / std::sqrt(static_cast<double>(count)));
  }
}

inline void weighted_mean_rows(const float* rows, index_t stride, index_t count, index_t width, float* y) {
  for (index_t c = 0; c < width; ++c) {
    double sum = 0, weights = 0;
    for (index_t i = 0; i < count; ++i) {
      const auto weight = static_cast<double>(i + 1);
      sum += weight * double{rows[i * stride + c]}, weights += weight;
    }
    y[c] = count == 0 ? 0.0f : static_cast<float>(sum / weights);
  }
}

inline void maximum_rows(const float* rows, index_t stride, index_t count, index_t width, float* y) {
  for (index_t c = 0; c < width; ++c) {
    y[c] = count == 0 ? 0.0f : rows[c];
    for (index_t i = 1; i < count; ++i) y[c] = std::max(y[c], rows[i * stride + c]);
  }
}

inline void raise_to_rows(const float* rows, index_t stride, index_t count, index_t width, float* y) {
  for (index_t c = 0; c < width; ++c)
    for (index_t i = 0; i < count; ++i) y[c] = std::max(y[c], rows[i * stride + c]);
}

inline double dot(const float* a, const float* b, index_t width) {
  double sum = 0;
  for (index_t c = 0; c < width; ++c) sum += double{a[c]} * double{b[c]};
  return sum;
}

inline void normalize_length(float* x, index_t width) {
  const double norm = std::max(1e-12, std::sqrt(dot(x, x, width)));
  for (index_t c = 0; c < width; ++c) x[c] = static_cast<float>(double{x[c]} / norm);
}

// ---- activations --------------------------------------------------------------------------------------------------

inline void rotate_halves(float* row, index_t heads, index_t head_width, const float* cosines, const float* sines) {
  for (index_t head = 0; head < heads; ++head, row += head_width)
    for (index_t i = 0, half = head_width / 2; i < half; ++i) {
      const double a = row[i], b = row[half + i], c = cosines[i], s = sines[i];
      row[i] = static_cast<float>(a * c - b * s);
      row[half + i] = static_cast<float>(b * c + a * s);
    }
}

/// The same of neighbours, with a cosine and a sine for each pair.
inline void rotate_neighbours(float* row, index_t heads, index_t head_width, const float* cosines, const float* sines) {
  for (index_t head = 0; head < heads; ++head, row += head_width)
    for (index_t i = 0; i < head_width / 2; ++i) {
      const double a = row[2 * i], b = row[2 * i + 1], c = cosines[i], s = sines[i];
      row[2 * i] = static_cast<float>(a * c - b * s);
      row[2 * i + 1] = static_cast<float>(b * c + a * s);
    }
}

inline double gelu(double x) { return x * 0.5 * (1 + std::erf(x * 0.70710678118654752)); }
inline double gelu_tanh(double x) {
  return x * 0.5 * (1 + std::tanh(0.79788456080286536 * (x + 0.044715 * x * x * x)));
}
inline double relu(double x) { return x > 0 ? x : 0; }
inline double silu(double x) { return x / (1 + std::exp(-x)); }
inline double quick_gelu(double x) { return x / (1 + std::exp(-1.702 * x)); }
inline double mish(double x) { return x * std::tanh(std::log1p(std::exp(x))); }
inline double hyperbolic_tangent(double x) { return std::tanh(x); }

}  // namespace weft::reference
