#pragma once
// Seeing what happens inside a forward pass. An observer is a template argument of `forward`; without one the code is
// the same as if observers did not exist.
#include <algorithm>
#include <array>
#include <map>
#include <ranges>
#include <utility>
#include <weft/base/unit_containers.hpp>
#include <weft/concept/observer.hpp>
#include <weft/memory/rows.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// No observer.
struct unobserved {};

/// hidden(level, rows): level 0 is the embedding's output, level l the output of layer l - 1. Called on the caller's
/// thread, between layers; the rows are valid during the call.
template <class O, index_t Width>
concept hidden_observer = requires(O& o, index_t level, rows<const float, Width> x) {
  o.hidden(level, x);
};

/// An observer made of a function: `observe_hidden([&](weft::index_t level, auto rows) { ... })`.
template <class F>
struct observe_hidden {
  F f;
  explicit observe_hidden(F function) : f(std::move(function)) {}
  void hidden(index_t level, auto x) const { f(level, x); }
};

namespace detail {
// Copies the rows of one level, and lets another observer see what it would.
template <class Observer, index_t Width>
struct keep_level {
  Observer& inner;
  index_t kept;
  rows<float, Width> to;
  void hidden(index_t level, auto x) {
    if constexpr (decltype(x)::width == Width)
      for (index_t i = 0; level == kept && i < x.count; ++i) std::copy_n(x.row(i), Width, to.row(i));
    if constexpr (hidden_observer<Observer, decltype(x)::width>) inner.hidden(level, x);
  }
  float* probabilities(index_t layer, index_t sequence, index_t head,
                       index_t length) requires(attention_observer<Observer>) {
    return inner.probabilities(layer, sequence, head, length);
  }
};
}  // namespace detail

/// Keeps the attention probabilities of chosen layers and heads, of every sequence of the batch. Observing a mixer
/// without attention, or heads that a model does not have, keeps nothing. ConvBERT's attention heads count from 0; its
/// convolution heads have no probabilities.
class observe_attention {
 public:
  /// No layers means all of them, no heads likewise. Any ranges of numbers, or numbers in braces.
  template <std::ranges::input_range Layers = unit_vector<index_t>,
            std::ranges::input_range Heads = unit_vector<index_t>>
  explicit observe_attention(const Layers& layers = {}, const Heads& heads = {})
      : layers_(layers.begin(), layers.end()), heads_(heads.begin(), heads.end()) {
    std::sort(layers_.begin(), layers_.end());
    std::sort(heads_.begin(), heads_.end());
  }

  /// [length, length], a row for each query and a column for each key; a row sums to 1, or to 0 where the query sees
  /// no key. 0 rows where nothing was observed.
  matrix<const float> of(index_t layer, index_t sequence, index_t head) const {
    const auto found = kept_.find({layer, sequence, head});
    if (found == kept_.end()) return {};
    return {found->second.values.data(), found->second.length, found->second.length};
  }

  float* probabilities(index_t layer, index_t sequence, index_t head, index_t length) {
    const auto chosen = [](const unit_vector<index_t>& among, index_t one) {
      return among.empty() || std::binary_search(among.begin(), among.end(), one);
    };
    if (!chosen(layers_, layer) || !chosen(heads_, head)) return nullptr;
    auto& one = kept_[{layer, sequence, head}];
    one.length = length;
    one.values.assign(static_cast<std::size_t>(length * length), 0.0f);
    return one.values.data();
  }

 private:
  struct square {
    index_t length = 0;
    unit_vector<float> values;
  };
  unit_vector<index_t> layers_, heads_;
  std::map<std::array<index_t, 3>, square> kept_;
};

}  // namespace weft
