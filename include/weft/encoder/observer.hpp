#pragma once
// Seeing what happens inside a forward pass. An observer is a template argument of `forward`; without one the code is
// the same as if observers did not exist.
#include <weft/memory/rows.hpp>

namespace weft {

/// No observer.
struct unobserved {};

/// hidden(level, rows): level 0 is the embedding's output, level l the output of layer l - 1. Called on the caller's
/// thread, between layers; the rows are valid during the call.
template <class O, index Width>
concept hidden_observer = requires(O& o, index level, rows<const float, Width> x) {
  o.hidden(level, x);
};

/// An observer made of a function: `observe_hidden([&](weft::index level, auto rows) { ... })`.
template <class F>
struct observe_hidden {
  F f;
  void hidden(index level, auto x) const { f(level, x); }
};
template <class F>
observe_hidden(F) -> observe_hidden<F>;

}  // namespace weft
