#pragma once
// Adam, as transformers' and BERT's trainers have it, over blocks of weights that learn (train/records.hpp).
#include <algorithm>
#include <cmath>
#include <string_view>
#include <weft/kernel/row_norm.hpp>
#include <weft/memory/executor.hpp>
#include <weft/train/records.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which Adam (Kingma and Ba 2015), with weight decay apart from the gradient (Loshchilov and Hutter 2019).
struct adam_options {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double decay = 0.01;   ///< of weights, times the rate; none of biases and norms
  bool corrects = true;  ///< moments are divided by 1 - beta^t (torch's AdamW); not in BERT's AdamWeightDecay

  /// BERT's, ELECTRA's and ConvBERT's: no correction of moments (Devlin et al. 2019, released code).
  static adam_options weight_decay() { return {.epsilon = 1e-6, .corrects = false}; }
};

/// Whether a tensor of that name shrinks: not the biases and the norms, as all trainers of these families have it.
inline bool decays(std::string_view name) {
  for (const std::string_view part : {"LayerNorm", "layer_norm"})
    if (name.find(part) != name.npos) return false;
  return !name.ends_with("bias");
}

namespace detail {
inline constexpr index_t floats_of_task = 8192;
}

/// The Euclidean length of a block, a sum of sums of so many floats in order, all in double: workers change no bit.
/// `partial` has room for a double for each task: ceil_div(values.size(), 8192).
inline double length_of(list<const float> values, list<double> partial, executor run = {}) {
  constexpr index_t step = detail::floats_of_task;
  run.for_each(ceil_div(values.size(), step), [&](index_t i, index_t) {
    double sums[8] = {};
    const float *at = values.data() + i * step, *end = values.data() + std::min(values.size(), (i + 1) * step);
    for (; at + 8 <= end; at += 8)
      for (int k = 0; k < 8; ++k) sums[k] += double{at[k]} * double{at[k]};  // the product is exact
    for (int k = 0; at < end; ++at, ++k) sums[k] += double{*at} * double{*at};
    partial[i] = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
  });
  double sum = 0;
  for (index_t i = 0; i < ceil_div(values.size(), step); ++i) sum += partial[i];
  return std::sqrt(sum);
}

/// Both moments of every weight, and steps that use them.
template <class Arch = simd::native>
class adam {
 public:
  /// For a block with tensors at these places.
  adam(const unit_vector<tensor_place>& places, index_t floats, const adam_options& how) : how_(how) {
    first_ = store_.take<float>(floats), second_ = store_.take<float>(floats);
    for (const auto& p : places)
      for (index_t at = 0; at < p.size; at += detail::floats_of_task)
        pieces_.push_back({p.first + at, std::min(detail::floats_of_task, p.size - at), weft::decays(p.name)});
  }

  /// One step: `weights` change by `gradients` times `scale`, which may be less than 1 where gradients are clipped.
  void step(list<float> weights, list<const float> gradients, double rate, double scale, executor run = {}) {
    ++steps_, power1_ *= how_.beta1, power2_ *= how_.beta2;
    const double correction = how_.corrects ? 1 / (1 - power1_) : 1, root = how_.corrects ? std::sqrt(1 - power2_) : 1;
    const numbers n{static_cast<float>(scale),
                    static_cast<float>(how_.beta1),
                    static_cast<float>(1 - how_.beta1),
                    static_cast<float>(how_.beta2),
                    static_cast<float>(1 - how_.beta2),
                    static_cast<float>(1 / root),
                    static_cast<float>(how_.epsilon),
                    static_cast<float>(-rate * correction),
                    static_cast<float>(-rate * how_.decay)};
    run.for_each(static_cast<index_t>(pieces_.size()), [&](index_t i, index_t) {
      const auto& p = pieces_[static_cast<std::size_t>(i)];
      change(weights.data() + p.first, gradients.data() + p.first, first_.data() + p.first, second_.data() + p.first,
             p.size, p.decays ? n : n.without_decay());
    });
  }
  index_t steps() const { return steps_; }
  list<float> first() const { return first_; }
  list<float> second() const { return second_; }
  /// Goes on where other moments were, after so many steps.
  void restore(list<const float> first, list<const float> second, index_t steps) {
    std::copy(first.begin(), first.end(), first_.begin());
    std::copy(second.begin(), second.end(), second_.begin());
    steps_ = 0, power1_ = power2_ = 1;
    while (steps_ < steps) ++steps_, power1_ *= how_.beta1, power2_ *= how_.beta2;  // rounded as in steps
  }

 private:
  struct numbers {
    float scale, beta1, rest1, beta2, rest2, inverse_root, epsilon, rate, decay;
    numbers without_decay() const {
      auto n = *this;
      n.decay = 0;
      return n;
    }
  };
  struct piece {
    index_t first, size;
    bool decays;
  };

  static void change(float* w, const float* g, float* m, float* v, index_t n, const numbers& by) {
    using std::sqrt;
    const auto all = [](float x) { return simd::set<Arch>(x); };
    detail::each_vector<Arch>(n, [&](index_t i, auto whole) {
      const auto read = [&](const float* from) { return detail::part<Arch>(from, i, n, whole); };
      const auto gradient = simd::rounded<Arch>(read(g) * all(by.scale));
      const auto first = simd::fma<Arch>(gradient, all(by.rest1), simd::rounded<Arch>(read(m) * all(by.beta1)));
      const auto square = simd::rounded<Arch>(gradient * gradient);
      const auto second = simd::fma<Arch>(square, all(by.rest2), simd::rounded<Arch>(read(v) * all(by.beta2)));
      const auto below = simd::fma<Arch>(sqrt(second), all(by.inverse_root), all(by.epsilon));
      const auto old = read(w);
      const auto shrunk = simd::fma<Arch>(old, all(by.decay), old);
      detail::put<Arch>(m, i, n, first, whole), detail::put<Arch>(v, i, n, second, whole);
      detail::put<Arch>(w, i, n, simd::fma<Arch>(simd::divide<Arch>(first, below), all(by.rate), shrunk), whole);
    });
  }

  adam_options how_;
  arena store_;
  list<float> first_, second_;
  unit_vector<piece> pieces_;
  index_t steps_ = 0;
  double power1_ = 1, power2_ = 1;
};

}  // namespace weft
