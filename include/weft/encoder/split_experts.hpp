#pragma once
// A dense feed-forward split into experts by the importance of its neurons.
#include <weft/encoder/rewire.hpp>
#include <weft/ffn/dense.hpp>
#include <weft/ffn/mixture_of_experts.hpp>
#include <weft/ffn/residual_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which neurons each of `experts` experts of `width` copies (Zuo et al. 2022, "MoEBERT", section 3.2): the `shared`
/// most important ones, then of the others, from the most important on, every experts-th, the first expert from the
/// first of them on. [experts, width] numbers of neurons. Equal importances keep their order. Fails for fewer than 2
/// experts, more shared neurons than an expert has, fewer neurons than that takes, and NaN.
inline unit_vector<index_t> expert_neurons(list<const float> importance, index_t experts, index_t width,
                                           index_t shared) {
  const auto refuse = [](const char* what, index_t found, const unit_string& wanted) {
    fail({.subject = unit_string("splitting a feed-forward: ") + what, .found = decimal(found), .wanted = wanted});
  };
  if (experts < 2) refuse("experts", experts, "2 or more");
  if (width < 1) refuse("the width of an expert", width, "1 or more");
  if (shared < 0 || shared > width) refuse("shared neurons", shared, "0 to " + decimal(width) + ", an expert's width");
  if (importance.size() < shared || (importance.size() - shared) / experts < width - shared)
    refuse("neurons", importance.size(),
           "at least " + decimal(shared + experts * (width - shared)) + ", so many shared ones and each expert's own");
  for (index_t i = 0; i < importance.size(); ++i)
    if (is_nan(importance[i])) refuse("the first importance that is NaN", i, "numbers that can be compared");
  const auto order = detail::by_importance(importance);
  unit_vector<index_t> all;
  for (index_t e = 0; e < experts; ++e)
    for (index_t i = 0; i < width; ++i)
      all.push_back(order[static_cast<std::size_t>(i < shared ? i : shared + (i - shared) * experts + e)]);
  return all;
}

/// Copies the neurons of each expert ([experts, width] numbers, as expert_neurons has them) from a dense feed-forward
/// and its norm: `from` and `norm` are records of form raw, `to` that of a mixture_of_experts of residual_norm<dense>,
/// whose experts then point at copies in `store`. Its router's parameters are left alone.
/// Fails for neurons that the feed-forward does not have.
template <index_t Width, index_t Hidden>
void split_experts(const stored_linear<raw, Width, Hidden, true>& up,
                   const stored_linear<raw, Hidden, Width, true>& down, const auto& norm, list<const index_t> neurons,
                   auto& to, arena& store) {
  constexpr index_t expert_hidden = std::remove_cvref_t<decltype(to.expert[0].feed.up.bias)>::shape[0];
  const auto experts = static_cast<index_t>(to.expert.size());
  if (neurons.size() != experts * expert_hidden)
    fail({.subject = "splitting a feed-forward",
          .found = decimal(neurons.size()) + " neurons",
          .wanted = decimal(experts) + " x " + decimal(expert_hidden)});
  for (const auto neuron : neurons)
    if (neuron < 0 || neuron >= Hidden)
      fail({.subject = "splitting a feed-forward",
            .found = "neuron " + decimal(neuron),
            .wanted = "0 to " + decimal(Hidden - 1)});
  for (index_t e = 0; e < experts; ++e) {
    auto& one = to.expert[static_cast<std::size_t>(e)];
    const auto own = neurons.part(e * expert_hidden, (e + 1) * expert_hidden);
    const auto up_weight = store.take<float>(expert_hidden * Width), up_bias = store.take<float>(expert_hidden);
    const auto down_weight = store.take<float>(Width * expert_hidden);
    for (index_t k = 0; k < expert_hidden; ++k) {
      std::copy_n(up.weight.data + own[k] * Width, Width, &up_weight[k * Width]);
      up_bias[k] = up.bias[own[k]];
      for (index_t o = 0; o < Width; ++o) down_weight[o * expert_hidden + k] = down.weight[o * Hidden + own[k]];
    }
    one.feed.up.weight.data = up_weight.data(), one.feed.up.bias.data = up_bias.data();
    one.feed.down.weight.data = down_weight.data(), one.feed.down.bias.data = down.bias.data;
    one.norm = norm;
  }
}

}  // namespace weft
