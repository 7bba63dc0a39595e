#pragma once
#include <weft/ffn/dense.hpp>
#include <weft/testing/reference_activation.hpp>

namespace weft::testing {

/// Up, activation, down ("Attention Is All You Need", section 3.3).
template <class Activation>
struct reference_of<dense<Activation>> {
  template <row_shape S>
  static table forward(const weights<raw, typename dense<Activation>::template bind<S>>& p, const table& x,
                       const place&) {
    return reference_linear(p.down, reference_of<Activation>::forward(reference_linear(p.up, x)));
  }
};

}  // namespace weft::testing
