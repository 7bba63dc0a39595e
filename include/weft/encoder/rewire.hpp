#pragma once
// Weights reordered by importance, so that a part of a slimmable model keeps the most important ones.
#include <algorithm>
#include <numeric>
#include <weft/base/finite.hpp>
#include <weft/encoder/encoder.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// What layers can be rewired: attention with projections of its own, and dense feed-forwards.
template <class Layer>
concept rewirable = requires(Layer& l) {
  l.mix.query.weight.data, l.mix.key.weight.data, l.mix.value.weight.data, l.mix.output.weight.data;
  l.feed.up.weight.data, l.feed.down.weight.data;
};

// 0 ... count - 1, the most important first, among equals the first.
inline unit_vector<index_t> by_importance(list<const float> importance) {
  unit_vector<index_t> order(static_cast<std::size_t>(importance.size()));
  std::iota(order.begin(), order.end(), index_t{0});
  std::stable_sort(order.begin(), order.end(), [&](index_t a, index_t b) { return importance[a] > importance[b]; });
  return order;
}

// A matrix of rows or columns in blocks of `block`, in another order: to(o, i) = from(of(o), i), or from(o, of(i)).
inline const float* reordered(const float* from, index_t rows, index_t columns, const unit_vector<index_t>& order,
                              index_t block, bool by_rows, arena& store) {
  const auto to = store.take<float>(rows * columns);
  const auto of = [&](index_t i) { return order[static_cast<std::size_t>(i / block)] * block + i % block; };
  for (index_t o = 0; o < rows; ++o)
    for (index_t i = 0; i < columns; ++i)
      to[o * columns + i] = by_rows ? from[of(o) * columns + i] : from[o * columns + of(i)];
  return to.data();
}
template <index_t In, index_t Out, bool Bias>
void reorder_outputs(stored_linear<raw, In, Out, Bias>& p, const unit_vector<index_t>& order, index_t block,
                     arena& store) {
  p.weight.data = reordered(p.weight.data, Out, In, order, block, true, store);
  if constexpr (Bias) p.bias.data = reordered(p.bias.data, Out, 1, order, block, true, store);
}
template <index_t In, index_t Out, bool Bias>
void reorder_inputs(stored_linear<raw, In, Out, Bias>& p, const unit_vector<index_t>& order, index_t block,
                    arena& store) {
  p.weight.data = reordered(p.weight.data, Out, In, order, block, false, store);
}
}  // namespace detail

/// Reorders the heads and the hidden columns of every layer, the most important first (Hou et al. 2020, "DynaBERT",
/// section 2.1, "network rewiring"): what the whole model computes stays the same but for the order of its sums.
/// `stored` is an encoder's record of form raw, for so many layers; it then points at copies in `store`. Importances
/// are [layers, heads] and [layers, hidden]; equal ones keep their order. Measuring them needs gradients.
/// Fails where there are not as many importances as that, or one is NaN, before anything is reordered.
template <class Spec>
void rewire(typename encoder<Spec>::template params<raw>& stored, list<const float> head_importance,
            list<const float> neuron_importance, arena& store) {
  constexpr index_t heads = Spec::shape.heads, hidden = Spec::shape.hidden, head_width = Spec::shape.width / heads;
  using layer = std::remove_cvref_t<decltype(stored.layers[0])>;
  static_assert(detail::rewirable<layer>,
                "weft::rewire: wants layers of attention<> whose projections are stored apart, and of dense<>");
  const auto layers = static_cast<index_t>(stored.layers.size());
  const auto check = [&](const char* what, list<const float> importance, index_t each) {
    if (importance.size() != layers * each)
      fail({.subject = unit_string("the importance of ") + what,
            .found = decimal(importance.size()) + " values",
            .wanted = decimal(layers) + " x " + decimal(each) + ", one for each in every layer"});
    for (index_t i = 0; i < importance.size(); ++i)
      if (is_nan(importance[i]))
        fail({.subject = unit_string("the importance of ") + what,
              .found = "NaN as value " + decimal(i + 1),
              .wanted = "numbers that can be compared"});
  };
  check("heads", head_importance, heads);
  check("neurons", neuron_importance, hidden);
  for (index_t l = 0; l < layers; ++l) {
    auto& one = stored.layers[static_cast<std::size_t>(l)];
    const auto order = detail::by_importance(head_importance.part(l * heads, (l + 1) * heads));
    detail::reorder_outputs(one.mix.query, order, head_width, store);
    detail::reorder_outputs(one.mix.key, order, head_width, store);
    detail::reorder_outputs(one.mix.value, order, head_width, store);
    detail::reorder_inputs(one.mix.output, order, head_width, store);
    const auto neurons = detail::by_importance(neuron_importance.part(l * hidden, (l + 1) * hidden));
    detail::reorder_outputs(one.feed.up, neurons, 1, store);
    detail::reorder_inputs(one.feed.down, neurons, 1, store);
  }
}

}  // namespace weft
