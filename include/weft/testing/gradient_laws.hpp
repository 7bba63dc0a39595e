#pragma once
// Does a model learn what it should? The answer is a sentence.
#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <vector>
#include <weft/testing/mixer_laws.hpp>
#include <weft/testing/reference_encoder.hpp>
#include <weft/train/all.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// How a model's gradients are judged.
struct gradient_trial {
  sizes model{.layers = 2, .vocabulary = 12, .positions = 40, .labels = 3};
  std::vector<index_t> lengths{11, 1, 0, 19, 5, 33};  ///< of the sequences of the batch
  std::vector<index_t> visible{};                     ///< optional: batch::visible
  spread weights{.weights = 0.3, .biases = 0.2, .gains = 0.2};
  double tolerance = 1e-4;             ///< of a gradient, by the largest one of its tensor
  index_t (*allocations)() = nullptr;  ///< how many allocations the program has made; null leaves that law out
};

namespace detail {
template <class Spec, class Head>
class gradient_judge {
 public:
  explicit gradient_judge(const gradient_trial& trial)
      : trial_(trial),
        drawn_(random_weights<model_type>(trial.model, 1, trial.weights)),
        model_(drawn_.record, trial.model),
        outputs_(model_.output_width()) {
    offsets_.push_back(0);
    for (const auto length : trial.lengths) offsets_.push_back(offsets_.back() + length);
    random_source random(2);
    for (index_t i = 0; i < offsets_.back(); ++i) {
      ids_.push_back(static_cast<std::int32_t>(random.below(trial.model.vocabulary)));
      segments_.push_back(static_cast<std::int32_t>(random.below(trial.model.segments)));
    }
    const auto in = whole();
    by_.resize(static_cast<std::size_t>(model_.output_rows(in) * outputs_));
    for (auto& b : by_) b = static_cast<float>(random.normal());
  }

  std::string judge() {
    const auto wanted = run(1, {}, {});
    if (!wanted.broken.empty()) return wanted.broken;
    if (auto law = forward_bits(); !law.empty()) return law;
    for (const bool dropping : {false, true}) {
      const dropout drop = dropping ? dropout{0.1f, 0.2f, 0.1f, 3, 4} : dropout{};
      const auto first = dropping ? run(1, drop, {}) : wanted;
      for (const index_t workers : {1, 2, 5})
        if (run(workers, drop, {}).bits != first.bits)
          return "the number of workers changes the gradients (" + std::to_string(workers) + ", tasks backwards)";
      for (const index_t texts : {1, 2, 3})
        if (run(1, drop, texts).bits != first.bits)
          return "a cut of the batch changes the gradients (" + std::to_string(texts) + " texts at a time)";
    }
    if (auto law = refreshed(wanted); !law.empty()) return law;
    run(1, {}, {});
    return differences();
  }

 private:
  using model_type = model<Spec, Head>;
  struct outcome {
    std::vector<float> bits;
    std::string broken;
  };

  batch whole() const { return {ids_, segments_, offsets_, trial_.visible}; }

  // Gradients of sum(outputs * by), of pieces of so many texts behind one another.
  outcome run(index_t workers, dropout drop, index_t texts) {
    scrambled_pool pool(workers);
    model_.clear_gradients();
    const auto all = whole();
    outcome result;
    if (texts == 0) texts = all.sequences();
    index_t out_row = 0;
    for (index_t s = 0; s < all.sequences(); s += texts) {
      const index_t last = std::min(all.sequences(), s + texts), begin = all.first(s), end = all.offsets[last];
      std::vector<index_t> offsets;
      for (index_t i = s; i <= last; ++i) offsets.push_back(all.offsets[i] - begin);
      std::vector<index_t> visible;
      if (!trial_.visible.empty()) visible.assign(trial_.visible.begin() + s, trial_.visible.begin() + last);
      const batch piece{{ids_.data() + begin, end - begin}, {segments_.data() + begin, end - begin}, offsets, visible};
      const auto bytes = model_.workspace_bytes(piece.size(), workers);
      workspace work(bytes);
      std::memset(work.at(0), 0xff, static_cast<std::size_t>(bytes));
      drop.first_text = s;
      const auto before = trial_.allocations ? trial_.allocations() : 0;
      model_.pass(
          piece,
          [&](matrix<const float> out, matrix<float> d_out) {
            std::copy_n(by_.data() + out_row * outputs_, out.count * outputs_, d_out.data);
            out_row += out.count;
          },
          work, workers == 1 && texts == all.sequences() ? executor{} : executor(pool), drop);
      const auto allocated = (trial_.allocations ? trial_.allocations() : 0) - before;
      if (allocated != 0) result.broken = "a pass allocates (" + std::to_string(allocated) + " times)";
      if (work.peak() != bytes && piece.tokens() > 0)
        result.broken =
            "workspace_bytes() states " + std::to_string(bytes) + " bytes, a pass took " + std::to_string(work.peak());
    }
    model_.gather_gradients(pool);
    const auto values = model_.gradients().values();
    result.bits.assign(values.begin(), values.end());
    for (const auto value : values)
      if (!is_finite(value)) result.broken = "a gradient is not a finite number";
    return result;
  }

  // Without dropout a training pass has forward's bits.
  std::string forward_bits() {
    const auto in = whole();
    const model_type ordinary(model_.stored(), trial_.model);
    std::vector<float> wanted(by_.size());
    workspace work(std::max(model_.workspace_bytes(in.size()), ordinary.workspace_bytes(in.size())));
    ordinary.forward(in, matrix<float>(wanted.data(), model_.output_rows(in), outputs_), work);
    bool same = true;
    model_.forward(
        in,
        [&](matrix<const float> out) {
          same = std::memcmp(out.data, wanted.data(), wanted.size() * sizeof(float)) == 0;
        },
        work);
    return same ? "" : "without dropout a training pass has other bits than forward";
  }

  // Weights that are packed again in place give the same gradients, and changed ones those of a new model.
  std::string refreshed(const outcome& before) {
    model_.refresh();
    if (run(1, {}, {}).bits != before.bits) return "packing the weights again in place changes the gradients";
    return "";
  }

  double loss() const {
    const auto in = whole();
    const auto hidden = reference_hidden<Spec>(model_.stored().body, trial_.model, in);
    const table out = reference_head<Spec, Head>(std::get<0>(model_.stored().tops), in, hidden.back());
    double sum = 0;
    for (std::size_t r = 0; r < out.shape()[0]; ++r)
      for (std::size_t c = 0; c < out.shape()[1]; ++c) sum += out(r, c) * by_[r * out.shape()[1] + c];
    return sum;
  }

  // Central differences of the reference encoder, which computes in double, at a few values of every tensor.
  std::string differences() {
    std::string broken;
    const auto values = model_.learnt().values(), gradients = model_.gradients().values();
    double before = 0;  // the largest gradient of the tensor before
    for (const auto& place : model_.learnt().places()) {
      double own = 1e-3;
      for (index_t i = 0; i < place.size; ++i) own = std::max(own, std::abs(double{gradients[place.first + i]}));
      // A bias may be without effect, as that of keys: then it is compared with its weight.
      const double largest = std::string_view(place.name).ends_with("bias") ? std::max(own, before / 10) : own;
      before = own;
      for (const index_t i : {index_t{0}, place.size / 3, place.size - 1}) {
        float& value = values[place.first + i];
        const float keep = value, up = keep + 0x1p-10f, down = keep - 0x1p-10f;
        value = up;
        const double high = loss();
        value = down;
        const double low = loss();
        value = keep;
        const double wanted = (high - low) / (double{up} - double{down}), found = double{gradients[place.first + i]};
        const double off = std::abs(found - wanted) / largest;
        worst_ = std::max(worst_, off);
        if (off > trial_.tolerance && broken.empty())
          broken = "the gradient of " + std::string(place.name) + " is off: " + std::to_string(found) + " at value " +
                   std::to_string(i) + ", differences give " + std::to_string(wanted);
      }
    }
    return broken;
  }

 public:
  double worst() const { return worst_; }

 private:
  const gradient_trial& trial_;
  random_record<weights<raw, model_type>> drawn_;
  learning_model<Spec, Head> model_;
  index_t outputs_;
  std::vector<index_t> offsets_;
  std::vector<std::int32_t> ids_, segments_;
  std::vector<float> by_;
  double worst_ = 0;
};
}  // namespace detail

/// Empty, or the first law that the training of a composition breaks, in words. Random weights, a ragged batch:
///   without dropout a training pass has forward's bits
///   gradients are those of central differences of the reference encoder, which computes in double
///   the number of workers, their order and a cut of the batch change no bit, with dropout and without
///   weights that are packed again in place change no bit
///   a pass takes the memory that is stated, to the byte, and allocates none
/// `worst`, if given, receives the largest distance from a difference, by the largest gradient of its tensor.
template <encoder_spec Spec, class Head>
std::string broken_gradient_law(const gradient_trial& trial = {}, double* worst = nullptr) {
  detail::gradient_judge<Spec, Head> judge(trial);
  auto law = judge.judge();
  if (worst) *worst = judge.worst();
  return law;
}

}  // namespace weft::testing
