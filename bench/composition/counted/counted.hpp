#pragma once
// Both halves of a pair, their instructions counted by callgrind (scripts/count_instructions.py). Comes with pair.hpp.
#include <valgrind/callgrind.h>

#include <functional>

#include "../pair.hpp"

namespace composition {

/// What main() runs.
inline std::vector<std::function<void()>>& the_pairs() {
  static std::vector<std::function<void()>> made;
  return made;
}

inline void count(const std::string& name, const auto& pass) {
  pass();  // once before, so that nothing is done for the first time
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  CALLGRIND_TOGGLE_COLLECT;
  pass();
  CALLGRIND_TOGGLE_COLLECT;
  CALLGRIND_DUMP_STATS_AT(name.c_str());
  CALLGRIND_STOP_INSTRUMENTATION;
}

/// Keeps a family's pair for main(): one text, one worker.
template <class Spec, class Weights>
bool add(const char* name, const by_hand_encoder<Spec, Weights>& by_hand, const std::vector<std::int64_t>& = {},
         std::int64_t tokens = 128) {
  the_pairs().push_back([=] {
    const auto& encoder = model<Spec>();
    const Weights weights = by_hand.weights_of(encoder);
    const auto ids = weft::bench::texts_of({{}, {tokens}}, encoder.limits().vocabulary);
    const weft::batch in = ids;
    weft::workspace work(encoder.workspace_bytes(in.size()));
    weft::row_buffer<Spec::shape.width> out(in.tokens());
    const auto called = std::string(name) + ", " + std::to_string(tokens) + " tokens";
    count(called + ", by hand", [&] { by_hand.forward(weights, in, out.data(), work, {}); });
    count(called + ", composed", [&] { encoder.forward(in, out, work); });
  });
  return true;
}

}  // namespace composition
