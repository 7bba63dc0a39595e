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
  bool trusts = false;   ///< a tensor's step is scaled to its length (LAMB, You et al. 2020), but of biases and norms

  /// BERT's, ELECTRA's and ConvBERT's: no correction of moments (Devlin et al. 2019, released code).
  static adam_options weight_decay() { return {.epsilon = 1e-6, .corrects = false}; }
  /// LAMB without correction of moments, as MobileBERT is trained (Sun et al. 2020, released code).
  static adam_options lamb() { return {.epsilon = 1e-6, .corrects = false, .trusts = true}; }
};

/// Whether a tensor of that name shrinks: not the biases and the norms, as all trainers of these families have it.
inline bool decays(std::string_view name) {
  for (const std::string_view part : {"LayerNorm", "layer_norm"})
    if (name.find(part) != name.npos) return false;
  return !name.ends_with("bias");
}

/// Whether a tensor's name begins with one of these.
inline bool is_frozen(std::string_view name, const unit_vector<unit_string>& frozen) {
  return std::any_of(frozen.begin(), frozen.end(),
                     [&](const auto& f) { return name.starts_with(std::string_view(f)); });
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
  /// For a block with tensors at these places. Those whose names begin with one of `frozen` stay what they are.
  adam(const unit_vector<tensor_place>& places, index_t floats, const adam_options& how,
       const unit_vector<unit_string>& frozen = {})
      : how_(how) {
    first_ = store_.take<float>(floats), second_ = store_.take<float>(floats);
    for (const auto& p : places) {
      if (is_frozen(p.name, frozen)) continue;
      tensors_.push_back({static_cast<index_t>(pieces_.size()), how.trusts && weft::decays(p.name), 1});
      for (index_t at = 0; at < p.size; at += detail::floats_of_task)
        pieces_.push_back({p.first + at, std::min(detail::floats_of_task, p.size - at), weft::decays(p.name),
                           static_cast<index_t>(tensors_.size()) - 1});
    }
    lengths_.resize(how.trusts ? pieces_.size() : 0);
  }

  /// One step: `weights` change by `gradients` times `scale`, which may be less than 1 where gradients are clipped.
  void step(list<float> weights, list<const float> gradients, double rate, double scale, executor run = {}) {
    ++steps_, power1_ *= how_.beta1, power2_ *= how_.beta2;
    const double correction = how_.corrects ? 1 / (1 - power1_) : 1, root = how_.corrects ? std::sqrt(1 - power2_) : 1;
    const auto numbers_at = [&](double at) {
      return numbers{
          static_cast<float>(scale),        static_cast<float>(how_.beta1),       static_cast<float>(1 - how_.beta1),
          static_cast<float>(how_.beta2),   static_cast<float>(1 - how_.beta2),   static_cast<float>(1 / root),
          static_cast<float>(how_.epsilon), static_cast<float>(-at * correction), static_cast<float>(-at * how_.decay)};
    };
    if (how_.trusts) measure(weights, gradients, scale, correction, 1 / root, run);
    run.for_each(static_cast<index_t>(pieces_.size()), [&](index_t i, index_t) {
      const auto& p = pieces_[static_cast<std::size_t>(i)];
      const auto n = numbers_at(rate * tensors_[static_cast<std::size_t>(p.tensor)].trust);
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
    index_t tensor;
  };
  struct tensor {
    index_t first_piece;
    bool trusts;
    double trust;  // what its rate is multiplied by
  };
  struct squares {
    double weight, change;
  };

  // The trust of every tensor: the length of its weights over that of its step, where both are above 0. The step is
  // made in double from the moments as they will be, and sums are those of pieces in order.
  void measure(list<const float> weights, list<const float> gradients, double scale, double correction, double inverse,
               executor run) {
    run.for_each(static_cast<index_t>(pieces_.size()), [&](index_t i, index_t) {
      const auto& p = pieces_[static_cast<std::size_t>(i)];
      squares sum{};
      for (index_t at = p.first; at < p.first + p.size && tensors_[static_cast<std::size_t>(p.tensor)].trusts; ++at) {
        const double g = double{gradients[at]} * scale, w = double{weights[at]};
        const double first = how_.beta1 * double{first_[at]} + (1 - how_.beta1) * g;
        const double second = how_.beta2 * double{second_[at]} + (1 - how_.beta2) * (g * g);
        const double change = first * correction / (std::sqrt(second) * inverse + how_.epsilon) + how_.decay * w;
        sum.weight += w * w, sum.change += change * change;
      }
      lengths_[static_cast<std::size_t>(i)] = sum;
    });
    for (std::size_t t = 0; t < tensors_.size(); ++t) {
      if (!tensors_[t].trusts) continue;
      squares sum{};
      const auto end = t + 1 < tensors_.size() ? tensors_[t + 1].first_piece : static_cast<index_t>(pieces_.size());
      for (index_t i = tensors_[t].first_piece; i < end; ++i) {
        const auto& one = lengths_[static_cast<std::size_t>(i)];
        sum.weight += one.weight, sum.change += one.change;
      }
      tensors_[t].trust = sum.weight > 0 && sum.change > 0 ? std::sqrt(sum.weight / sum.change) : 1;
    }
  }

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
  unit_vector<tensor> tensors_;
  unit_vector<squares> lengths_;
  index_t steps_ = 0;
  double power1_ = 1, power2_ = 1;
};

}  // namespace weft
