#pragma once
#include <weft/ffn/dense.hpp>
#include <weft/ffn/gated.hpp>
#include <weft/ffn/grouped.hpp>
#include <weft/testing/reference_activation.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// Up, activation, down ("Attention Is All You Need", section 3.3).
template <class Activation>
struct reference_of<dense<Activation>> {
  template <row_shape S>
  static table forward(const weights<raw, typename dense<Activation>::template bind<S>>& p, const table& x,
                       const place&) {
    return reference_linear(p.down, reference_of<Activation>::forward(reference_linear(p.up, x)));
  }
};

/// Down(activation(gate) * value) (Shazeer 2020, "GLU Variants Improve Transformer", section 2).
template <class Activation, gate_stored Stored, bool Bias, bool OutputBias>
struct reference_of<gated<Activation, Stored, Bias, OutputBias>> {
  template <row_shape S>
  static table forward(const weights<raw, typename gated<Activation, Stored, Bias, OutputBias>::template bind<S>>& p,
                       const table& x, const place&) {
    const auto into = [&](index_t which) -> table {
      if constexpr (Stored == gate_stored::apart)
        return which == 0 ? reference_linear(p.in.gate, x) : reference_linear(p.in.value, x);
      else
        return reference_fused<S.hidden, Bias>(p.in.both, Stored == gate_stored::as_one ? which : 1 - which, x);
    };
    return reference_linear(p.down, reference_of<Activation>::forward(into(0)) * into(1));
  }
};

/// The same on Groups slices of the columns that never mix (reference: GroupedLinearLayer in modeling_convbert.py).
template <index_t Groups, class Activation>
struct reference_of<grouped<Groups, Activation>> {
  template <row_shape S>
  static table forward(const weights<raw, typename grouped<Groups, Activation>::template bind<S>>& p, const table& x,
                       const place&) {
    return one(p.down, reference_of<Activation>::forward(one(p.up, x)));
  }

 private:
  static table one(const auto& p, const table& x) {
    const auto weight = as_xtensor(p.weight);  // [groups, inputs, outputs]
    const auto bias = as_xtensor(p.bias);
    const auto in = static_cast<index_t>(weight.shape()[1]), out = static_cast<index_t>(weight.shape()[2]);
    table y = xt::zeros<double>({static_cast<index_t>(x.shape()[0]), Groups * out});
    for (index_t g = 0; g < Groups; ++g) {
      const table slice = xt::view(x, xt::all(), xt::range(g * in, (g + 1) * in));
      const table matrix = xt::cast<double>(xt::view(weight, g, xt::all(), xt::all()));
      xt::view(y, xt::all(), xt::range(g * out, (g + 1) * out)) =
          product(slice, matrix) + xt::view(bias, xt::newaxis(), xt::range(g * out, (g + 1) * out));
    }
    return y;
  }
};

}  // namespace weft::testing
