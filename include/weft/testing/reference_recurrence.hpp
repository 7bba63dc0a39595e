#pragma once
#include <weft/head/pooled.hpp>
#include <weft/head/pooled_rows.hpp>
#include <weft/head/two_layers.hpp>
#include <weft/layout/mixer_alone.hpp>
#include <weft/layout/projection.hpp>
#include <weft/mixer/bilstm.hpp>
#include <weft/testing/reference_activation.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// Rows through time, one layer after the other (reference: torch.nn.LSTM). Rows that are not visible are zeros.
template <index_t Units, index_t Layers>
struct reference_of<bilstm<Units, Layers>> {
  template <mixer_shape S>
  static table forward(const weights<raw, typename bilstm<Units, Layers>::template bind<S>>& p,
                       const reference_streams& x, const place& at) {
    const table visible = xt::view(x.value, xt::range(0, at.keys()), xt::all());
    table y = xt::zeros<double>({at.length(), 2 * Units});
    xt::view(y, xt::range(0, at.keys()), xt::all()) = layer(p.all, visible);
    return y;
  }

 private:
  static table layer(const auto& p, const table& x) {
    const auto count = static_cast<index_t>(x.shape()[0]);
    table y = xt::zeros<double>({count, 2 * Units});
    direction(p.here.forward, x, y, 0, [](index_t step) { return step; });
    direction(p.here.backward, x, y, Units, [&](index_t step) { return count - 1 - step; });
    if constexpr (requires { p.behind.here; })
      return layer(p.behind, y);
    else
      return y;
  }
  static void direction(const auto& p, const table& x, table& y, index_t first, const auto& row_of) {
    const table to_gates = xt::cast<double>(as_xtensor(p.input)), of_state = xt::cast<double>(as_xtensor(p.state));
    table state = xt::zeros<double>({index_t{1}, Units}), cell = state;
    for (index_t step = 0; step < static_cast<index_t>(x.shape()[0]); ++step) {
      const auto t = row_of(step);
      const table row = xt::view(x, xt::range(t, t + 1), xt::all());
      const table gates = product_transposed(row, to_gates) + product_transposed(state, of_state) +
                          xt::view(as_xtensor(p.input_bias), xt::newaxis(), xt::all()) +
                          xt::view(as_xtensor(p.state_bias), xt::newaxis(), xt::all());
      const auto gate = [&](index_t which) -> table {
        return xt::view(gates, xt::all(), xt::range(which * Units, (which + 1) * Units));
      };
      const auto logistic = [&](index_t which) -> table { return 1 / (1 + xt::exp(-gate(which))); };
      const table candidate = xt::tanh(gate(2));
      cell = logistic(1) * cell + logistic(0) * candidate;
      state = logistic(3) * xt::tanh(cell);
      xt::view(y, xt::range(t, t + 1), xt::range(first, first + Units)) = state;
    }
  }
};

/// The mixer and nothing else.
template <index_t Reads>
struct reference_of<mixer_alone<Reads>> {
  template <class Spec>
  static table forward(const weights<raw, typename mixer_alone<Reads>::template bind<Spec>>& p, const table& x,
                       const place& at) {
    return reference_of<typename Spec::mixer>::template forward<mixer_alone<Reads>::template bind<Spec>::shape>(
        p.mix, reference_streams{x, x, x}, at);
  }
};

/// One linear.
template <index_t Reads>
struct reference_of<projection<Reads>> {
  template <class Spec>
  static table forward(const weights<raw, typename projection<Reads>::template bind<Spec>>& p, const table& x,
                       const place&) {
    return reference_linear(p.project, x);
  }
};

/// Heads that make one row of all visible rows of a sequence: `of_sequence`.
template <pooling Mode>
struct reference_of<pooled<Mode>> {
  static_assert(Mode == pooling::mean || Mode == pooling::maximum, "weft: the other ways of pooling have no reference");
  template <class Spec>
  static table of_sequence(const nothing&, const table& x) {
    table y = xt::zeros<double>({index_t{1}, Spec::shape.width});
    for (index_t c = 0; x.shape()[0] > 0 && c < Spec::shape.width; ++c) {
      const xt::xtensor<double, 1> column = xt::col(x, c);
      y(0, c) = Mode == pooling::mean ? xt::sum(column)() / static_cast<double>(column.size()) : xt::amax(column)();
    }
    return y;
  }
};
template <>
struct reference_of<both_ends> {
  template <class Spec>
  static table of_sequence(const nothing&, const table& x) {
    constexpr index_t half = Spec::shape.width / 2;
    table y = xt::zeros<double>({index_t{1}, Spec::shape.width});
    for (index_t c = 0; x.shape()[0] > 0 && c < Spec::shape.width; ++c)
      y(0, c) = x(c < half ? static_cast<index_t>(x.shape()[0]) - 1 : 0, c);
    return y;
  }
};
template <index_t Hidden>
struct reference_of<attention_pooled<Hidden>> {
  template <class Spec>
  static table of_sequence(const weights<raw, typename attention_pooled<Hidden>::template bind<Spec>>& p,
                           const table& x) {
    table y = xt::zeros<double>({index_t{1}, Spec::shape.width});
    const table hidden = xt::tanh(reference_linear(p.dense, x));
    double sum = 0;
    for (index_t t = 0; t < static_cast<index_t>(x.shape()[0]); ++t) {
      double score = 0;
      for (index_t c = 0; c < Hidden; ++c) score += double{p.query[c]} * hidden(t, c);
      sum += std::exp(score);
      xt::row(y, 0) += std::exp(score) * xt::row(x, t);
    }
    if (sum > 0) y /= sum;
    return y;
  }
};
template <class Pooler, index_t Hidden, class Activation>
struct reference_of<two_layer_classification<Pooler, Hidden, Activation>> {
  template <class Spec>
  static table of_sequence(
      const weights<raw, typename two_layer_classification<Pooler, Hidden, Activation>::template bind<Spec>>& p,
      const table& x) {
    const table pooled = reference_of<Pooler>::template of_sequence<Spec>(p.pooled, x);
    return reference_linear(p.out, reference_of<Activation>::forward(reference_linear(p.dense, pooled)));
  }
};

}  // namespace weft::testing
