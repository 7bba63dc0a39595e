#pragma once
// What is done to one vector behind its pooling, as sentence_modules say it.
#include <algorithm>
#include <weft/base/elementary.hpp>
#include <weft/io/sentence_modules.hpp>
#include <weft/kernel/activation.hpp>
#include <weft/kernel/pooling.hpp>
#include <weft/kernel/row_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// The values of a vector behind all steps, of `width` before them. Throws weft::error for a step that reads another
/// number, and where more values are kept than there are; the first of them is module `first`.
inline index_t finished_width(const sentence_modules& m, index_t width, std::size_t first = 2) {
  const auto file = m.model.string();
  for (std::size_t i = 0; i < m.steps.size(); ++i) {
    const auto& step = m.steps[i];
    if (step.in != 0 && step.in != width)
      fail({.file = file,
            .subject = "the width that module " + std::to_string(i + first) + " expects",
            .found = std::to_string(step.in),
            .wanted = std::to_string(width) + ", what the modules before it give"});
    if (step.out != 0) width = step.out;
  }
  if (m.truncate < 0 || m.truncate > width)
    fail({.file = file,
          .subject = "truncate_dim",
          .found = std::to_string(m.truncate),
          .wanted = "1 to " + std::to_string(width) + ", the values of a vector"});
  return m.truncate > 0 ? m.truncate : width;
}

template <class Arch>
void activate(dense_activation how, float* y, index_t n) {
  switch (how) {
    case dense_activation::identity:
      return;
    case dense_activation::tanh:
      return apply<Arch>(hyperbolic_tangent{}, y, n);
    case dense_activation::relu:
      return apply<Arch>(relu{}, y, n);
    case dense_activation::gelu:
      return apply<Arch>(gelu{}, y, n);
    case dense_activation::sigmoid:
      for (index_t i = 0; i < n; ++i) y[i] = static_cast<float>(1 / (1 + exp_of(-double{y[i]})));
  }
}

/// x after one step; what is no longer read lies in `other`.
template <class Arch>
void take_step(const sentence_step& step, std::vector<float>& x, std::vector<float>& other) {
  const auto n = static_cast<index_t>(x.size());
  if (step.does == sentence_step::kind::normalize) return normalize_length<Arch>(x.data(), n);
  if (step.does == sentence_step::kind::layer_norm)
    return layer_norm_row<Arch>(x.data(), step.weight.data(), step.bias.data(), 1e-5f, n, x.data());
  other.resize(static_cast<std::size_t>(step.out));
  for (index_t i = 0; i < step.out; ++i) {
    const auto at = static_cast<std::size_t>(i);
    other[at] = dot<Arch>(step.weight.data() + i * n, x.data(), n) + (step.bias.empty() ? 0.0f : step.bias[at]);
  }
  activate<Arch>(step.activation, other.data(), step.out);
  x.swap(other);
}

/// A text's vector of what pooling made of it. x and y may be the same where nothing but its length changes.
template <class Arch>
void finish_vector(const sentence_modules& m, list<const float> x, list<float> y) {
  if (m.steps.empty() && m.truncate == 0) {
    if (x.data() != y.data()) std::copy(x.begin(), x.end(), y.begin());
    if (m.normalize) normalize_length<Arch>(y.data(), y.size());
    return;
  }
  std::vector<float> now(x.begin(), x.end()), other;
  for (const auto& step : m.steps) take_step<Arch>(step, now, other);
  if (m.normalize) normalize_length<Arch>(now.data(), static_cast<index_t>(now.size()));
  std::copy_n(now.begin(), y.size(), y.begin());
  if (m.normalize_truncated) normalize_length<Arch>(y.data(), y.size());
}

}  // namespace weft::detail
