#pragma once
// One encoder twice: the composed type, and the same forward pass written by hand. Both read the same packed weights
// and have to give the same bits. They are timed in turns within one process (timed.hpp), or, where
// WEFT_COMPOSITION_COUNTED is defined, their instructions are counted (counted.hpp).
#include <cstdint>
#include <string>
#include <vector>
#include <weft/bench/workload.hpp>
#include <weft/encoder/encoder.hpp>
#include <weft/testing/random_weights.hpp>

namespace composition {

using weft::index_t;

/// Two layers are enough: depth is a loop.
template <class Spec>
const weft::encoder<Spec>& model() {
  static const auto made = [] {
    const weft::sizes s{.layers = 2, .vocabulary = 1000, .positions = 4096};
    auto [record, store] = weft::testing::random_weights<weft::encoder<Spec>>(s, 1);
    return weft::encoder<Spec>(record, s, std::move(store));
  }();
  return made;
}

/// A forward pass by hand: it is given the weights that `weights_of` takes from the composed encoder, and otherwise
/// what encoder.forward is given.
template <class Spec, class Weights>
struct by_hand_encoder {
  Weights (*weights_of)(const weft::encoder<Spec>& composed);
  void (*forward)(const Weights& w, const weft::batch& in, float* out, weft::workspace& work, weft::executor run);
};

}  // namespace composition

#ifdef WEFT_COMPOSITION_COUNTED
#include "counted/counted.hpp"
#else
#include "timed.hpp"
#endif
