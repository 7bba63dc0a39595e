#pragma once
// The promised order, plainly: BERT with any pattern, before or after its norms, one float at a time with std::fma. No
// vector, no panel, no tile but those of 256 keys that the promise names. What weft computes has to equal this to the
// bit.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>
#include <weft/concept/pattern.hpp>
#include <weft/encoder/encoder.hpp>
#include <weft/memory/walk.hpp>

namespace weft_test::twin {

using weft::index_t;
using floats = std::vector<float>;

/// x, as a float: no product becomes half of a multiply-add that is not written.
inline float rounded(float x) {
  volatile float kept = x;
  return kept;
}
inline std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

/// The sum of sixteen chains: the halves are added until one is left.
inline float halved(std::array<float, 16> chain) {
  for (std::size_t half = 8; half > 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) chain[i] = chain[i] + chain[i + half];
  return chain[0];
}

/// A sum over a row: term(i, sum so far). Four times sixteen chains take turns as long as all have a term; what is left
/// goes to the first sixteen.
inline float row_sum(index_t width, const auto& term) {
  std::array<float, 16> chain[4] = {};
  const index_t turns = width / 64 * 64;
  for (index_t i = 0; i < width; ++i) {
    float& sum = chain[i < turns ? i / 16 % 4 : 0][at(i % 16)];
    sum = term(i, sum);
  }
  for (std::size_t c = 0; c < 16; ++c) chain[0][c] = (chain[0][c] + chain[1][c]) + (chain[2][c] + chain[3][c]);
  return halved(chain[0]);
}

/// 2^n times p: n is the integer in the lowest bits of a float to which 1.5 * 2^23 was added.
inline float times_power(float p, float shifted) {
  return rounded(p * std::bit_cast<float>((std::bit_cast<std::uint32_t>(shifted) + 127u) << 23));
}
inline float exp_of_nonpositive(float x) {
  const float bounded = std::max(-88.0f, x);
  const float shifted = rounded(std::fma(bounded, 1.44269504f, 12582912.0f));
  const float r = std::fma(rounded(shifted - 12582912.0f), -0.693147182f, bounded);
  float p = std::fma(8.3125010e-3f, r, 4.1890331e-2f);
  for (const float c : {0.16667116f, 0.49999231f, 1.0f, 1.0f}) p = std::fma(p, r, c);
  return times_power(p, shifted);
}
inline float erf(float x) {
  const float b = std::max(-3.92f, std::min(3.92f, x)), z = rounded(b * b);
  float p = std::fma(z, 2.05009042e-06f, 2.84881244e-04f), q = std::fma(z, 3.80916717e-05f, 1.16252283e-03f);
  for (const float c : {3.76556706e-03f, 5.27485641e-02f, 1.90405357e-01f, 1.12837915e+00f}) p = std::fma(p, z, c);
  for (const float c : {1.49691155e-02f, 1.14108642e-01f, 5.02075095e-01f, 1.0f}) q = std::fma(q, z, c);
  return rounded(rounded(b * p) / q);
}
inline float gelu(float x) {
  const float half = rounded(x * 0.5f);
  return std::fma(half, erf(rounded(x * 0.70710678f)), half);
}

/// One chain an output, over the inputs in order from the bias on. w is [out, in].
inline floats linear(const floats& x, index_t rows, index_t in, const float* w, const float* bias, index_t out) {
  floats y;
  for (index_t r = 0; r < rows; ++r)
    for (index_t o = 0; o < out; ++o) {
      float sum = bias[o];
      for (index_t i = 0; i < in; ++i) sum = std::fma(x[at(r * in + i)], w[o * in + i], sum);
      y.push_back(sum);
    }
  return y;
}

inline void layer_norm(float* x, index_t width, const float* gain, const float* bias, float epsilon) {
  const auto n = static_cast<float>(width);
  const float mean = row_sum(width, [&](index_t i, float sum) { return sum + x[i]; }) / n;
  const float squares = row_sum(width, [&](index_t i, float sum) {
    const float d = rounded(x[i] - mean);
    return std::fma(d, d, sum);
  });
  const float factor = 1.0f / std::sqrt(rounded(squares / n) + epsilon);
  for (index_t i = 0; i < width; ++i) x[i] = std::fma(rounded(rounded(x[i] - mean) * factor), gain[i], bias[i]);
}

/// One query of one head: a softmax whose maximum and sums run along over the spans that the pattern visits, cut where
/// a tile of 256 keys begins. Rows of keys and values lie `width` floats apart.
template <class Pattern>
class one_query {
 public:
  one_query(const Pattern& pattern, const weft::query_block& block, index_t query, index_t head_width, index_t width,
            const float* q, const float* keys, const float* values)
      : pattern_(pattern),
        block_(block),
        query_(query),
        head_width_(head_width),
        width_(width),
        q_(q),
        keys_(keys),
        values_(values),
        mixed_(at(head_width)) {}

  void full(weft::key_span span, index_t times = 1) { walk(span, times, false); }
  void masked(weft::key_span span) { walk(span, 1, true); }

  void finish(float* out) const {
    const float sum = halved(total_);
    for (index_t d = 0; d < head_width_; ++d) out[d] = sum == 0 ? 0.0f : rounded(mixed_[at(d)] * rounded(1.0f / sum));
  }

 private:
  static constexpr float unseen = -std::numeric_limits<float>::infinity();

  void walk(weft::key_span span, index_t times, bool masked) {
    for (index_t first = span.first, last; times > 0 && first < span.last; first = last) {
      last = std::min(span.last, (first / 256 + 1) * 256);
      take(first, last, times, masked);
    }
  }
  void take(index_t first, index_t last, index_t times, bool masked) {
    floats weight, count;
    const float scale = 1.0f / std::sqrt(static_cast<float>(head_width_));
    float top = top_;
    for (index_t k = first; k < last; ++k) {
      float dot = 0;
      for (index_t d = 0; d < head_width_; ++d) dot = std::fma(q_[d], keys_[k * width_ + d], dot);
      count.push_back(static_cast<float>(masked ? index_t{pattern_.sees(block_, query_, k)} : times));
      weight.push_back(count.back() > 0 ? rounded(dot * scale) : unseen);
      top = std::max(top, weight.back());
    }
    if (top != top_ && top_ != unseen) {
      const float fade = exp_of_nonpositive(rounded(top_ - top));
      for (float& x : total_) x = rounded(x * fade);
      for (float& x : mixed_) x = rounded(x * fade);
    }
    top_ = top;
    std::array<float, 16> chain{};
    for (index_t k = first; k < last; ++k) {
      float& w = weight[at(k - first)];
      w = exp_of_nonpositive(rounded(w - (top == unseen ? 0.0f : top)));
      w = rounded(w * count[at(k - first)]);
      chain[at(k % 16)] += w;
      for (index_t d = 0; d < head_width_; ++d) mixed_[at(d)] = std::fma(w, values_[k * width_ + d], mixed_[at(d)]);
    }
    for (std::size_t c = 0; c < 16; ++c) total_[c] += chain[c];
  }

  const Pattern& pattern_;
  const weft::query_block& block_;
  index_t query_, head_width_, width_;
  const float *q_, *keys_, *values_;
  float top_ = unseen;
  std::array<float, 16> total_{};
  floats mixed_;
};

/// The hidden states behind the last layer for one text, from the same weights.
template <class Spec>
floats hidden(const typename weft::encoder<Spec>::template params<weft::raw>& record, const auto& pattern,
              const std::vector<std::int32_t>& ids, const weft::sizes& s, bool norms_first) {
  constexpr index_t width = Spec::shape.width, heads = Spec::shape.heads, inner = Spec::shape.hidden;
  constexpr float epsilon = 1e-12f;
  std::map<std::string, const float*> tensor;
  weft::walk(
      weft::unit_string(), [&](const auto& name, const auto& leaf) { tensor[std::string(name)] = leaf.data; }, 0,
      record);
  const auto find = [&](const std::string& name) { return tensor.at(name); };
  const auto n = static_cast<index_t>(ids.size());

  floats x(at(n * width));
  const auto norm = [&](floats& rows, const std::string& name) {
    for (index_t i = 0; i < n; ++i)
      layer_norm(rows.data() + i * width, width, find(name + ".weight"), find(name + ".bias"), epsilon);
  };
  const auto add = [&](const floats& a, const floats& b) {
    floats sum;
    for (std::size_t i = 0; i < a.size(); ++i) sum.push_back(a[i] + b[i]);
    return sum;
  };
  for (index_t i = 0; i < n; ++i)
    for (index_t c = 0; c < width; ++c)
      x[at(i * width + c)] = rounded(find("embeddings.word_embeddings.weight")[ids[at(i)] * width + c] +
                                     find("embeddings.token_type_embeddings.weight")[c]) +
                             find("embeddings.position_embeddings.weight")[i * width + c];
  norm(x, "embeddings.LayerNorm");
  for (index_t layer = 0; layer < s.layers; ++layer) {
    const auto name = "encoder.layer." + std::to_string(layer) + ".";
    const auto through = [&](const floats& rows, index_t in, const std::string& part, index_t out) {
      return linear(rows, n, in, find(name + part + ".weight"), find(name + part + ".bias"), out);
    };
    floats from = x;
    if (norms_first) norm(from, name + "attention.LayerNorm");
    const auto q = through(from, width, "attention.self.query", width),
               k = through(from, width, "attention.self.key", width),
               v = through(from, width, "attention.self.value", width);
    floats mixed(x.size());
    constexpr index_t head_width = width / heads, step = std::remove_cvref_t<decltype(pattern)>::query_tile;
    for (index_t head = 0; head < heads; ++head)
      for (index_t query = 0; query < n; ++query) {
        const weft::query_block block{n, query / step * step, std::min(n, (query / step + 1) * step), head, layer};
        one_query one(pattern, block, query, head_width, width, q.data() + query * width + head * head_width,
                      k.data() + head * head_width, v.data() + head * head_width);
        pattern.visit(block, one);
        one.finish(mixed.data() + query * width + head * head_width);
      }
    x = add(through(mixed, width, "attention.output.dense", width), x);
    if (!norms_first) norm(x, name + "attention.output.LayerNorm");
    from = x;
    if (norms_first) norm(from, name + "intermediate.LayerNorm");
    auto between = through(from, width, "intermediate.dense", inner);
    for (float& value : between) value = gelu(value);
    x = add(through(between, inner, "output.dense", width), x);
    if (!norms_first) norm(x, name + "output.LayerNorm");
  }
  return x;
}

}  // namespace weft_test::twin
