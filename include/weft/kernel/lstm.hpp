#pragma once
// One step of a long short-term memory, for one sequence.
#include <weft/kernel/activation.hpp>
#include <weft/kernel/row_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The cell and the state after one more row (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al.
/// 2000; reference: torch.nn.LSTM). `from_input` and `from_state` are what the row and the state before give to the
/// gates, which are their sums: [4 units], input, forget, cell and output gate, in this order. `cell` [units] is
/// replaced; the state goes to `state` and to `y`, [units] each.
///   cell = sigmoid(forget) * cell + sigmoid(input) * tanh(gate);  state = sigmoid(output) * tanh(cell)
template <class Arch>
void lstm_row(const float* from_input, const float* from_state, index_t units, float* cell, float* state, float* y) {
  using vector = simd::vector<Arch>;
  detail::each_vector<Arch>(units, [&](index_t c, auto whole) {
    const auto gate = [&](index_t which) __attribute__((always_inline)) {
      return vector(detail::part<Arch>(from_input + which * units, c, units, whole) +
                    detail::part<Arch>(from_state + which * units, c, units, whole));
    };
    const vector written = simd::rounded<Arch>(sigmoid{}(gate(0)) * simd::tanh<Arch>(gate(2)));
    const vector after = simd::fma<Arch>(sigmoid{}(gate(1)), detail::part<Arch>(cell, c, units, whole), written);
    const vector shown = simd::rounded<Arch>(sigmoid{}(gate(3)) * simd::tanh<Arch>(after));
    detail::put<Arch>(cell, c, units, after, whole);
    detail::put<Arch>(state, c, units, shown, whole);
    detail::put<Arch>(y, c, units, shown, whole);
  });
}

}  // namespace weft
