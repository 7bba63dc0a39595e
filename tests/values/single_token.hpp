#pragma once
// Formulas on one row, in double, with weights by rule. A text of one token attends to itself alone, so that what
// attention gives is the value; that makes whole models short enough to write once more.
#include <cmath>
#include <string>
#include <vector>

#include "by_rule.hpp"
#include "rule_weights.hpp"

namespace weft_test {
using row = std::vector<double>;

inline double weight(const std::string& name, std::size_t i) {
  return double{rule_value(name, static_cast<std::uint32_t>(i))};
}

inline row table_row(const std::string& name, std::size_t i, std::size_t width) {
  row y(width);
  for (std::size_t c = 0; c < width; ++c) y[c] = weight(name + ".weight", i * width + c);
  return y;
}

inline row sum(row x, const row& y) {
  for (std::size_t c = 0; c < x.size(); ++c) x[c] += y[c];
  return x;
}

inline row linear(const row& x, const std::string& name, std::size_t outputs) {
  row y(outputs);
  for (std::size_t o = 0; o < outputs; ++o) {
    y[o] = weight(name + ".bias", o);
    for (std::size_t i = 0; i < x.size(); ++i) y[o] += x[i] * weight(name + ".weight", o * x.size() + i);
  }
  return y;
}

/// What NoNorm does.
inline row scale(row x, const std::string& name) {
  for (std::size_t c = 0; c < x.size(); ++c)
    x[c] = x[c] * weight(name + ".LayerNorm.weight", c) + weight(name + ".LayerNorm.bias", c);
  return x;
}

inline row normalise(row x, const std::string& name) {
  double mean = 0, variance = 0;
  const auto width = static_cast<double>(x.size());
  for (const auto v : x) mean += v / width;
  for (const auto v : x) variance += (v - mean) * (v - mean) / width;
  for (auto& v : x) v = (v - mean) / std::sqrt(variance + 1e-12);
  return scale(std::move(x), name);
}

inline row gelu(row x) {
  for (auto& v : x) v = v / 2 * (1 + std::erf(v / std::sqrt(2.0)));
  return x;
}

inline row relu(row x) {
  for (auto& v : x) v = std::max(v, 0.0);
  return x;
}

/// Word, segment 0 and position 0, normalised.
inline row summed_embedding(const std::string& at, std::size_t id, std::size_t width) {
  const auto words = table_row(at + ".word_embeddings", id, width),
             segments = table_row(at + ".token_type_embeddings", 0, width),
             positions = table_row(at + ".position_embeddings", 0, width);
  return normalise(sum(sum(words, segments), positions), at);
}

/// What follows the mixer in a layer of BERT's kind.
inline row post_norm_layer(const row& x, const row& mixed, const std::string& at, std::size_t hidden) {
  const auto a = normalise(sum(linear(mixed, at + ".attention.output.dense", x.size()), x), at + ".attention.output");
  const auto f = gelu(linear(a, at + ".intermediate.dense", hidden));
  return normalise(sum(linear(f, at + ".output.dense", x.size()), a), at + ".output");
}

/// The id of the text of one token, and the text.
inline constexpr std::int32_t single_id = 71;
inline owned_batch single_token() { return {{single_id}, {}, {0, 1}, {}}; }

inline void check_row(const std::vector<float>& found, const row& wanted) {
  REQUIRE(found.size() == wanted.size());
  for (std::size_t c = 0; c < wanted.size(); ++c) check_number(double{found[c]}, wanted[c], 2e-5);
}

}  // namespace weft_test
