#pragma once
// Experts against the recorded weights of the dense feed-forward that they were split from.
#include <cmath>
#include <string>
#include <vector>
#include <weft/encoder/encoder.hpp>
#include <weft/io/configuration.hpp>
#include <weft/verify/recorded_results.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

// `begin` + "intermediate.dense.weight" and its like are the dense weights of `Hidden` neurons, `neurons` those that
// experts of `Own` copy, [experts, Own]. Where several experts copy a value, the copy that is farthest off is compared;
// what none copies is not.
template <index_t Width, index_t Own>
void compare_copies(verification& recorded, const std::string& begin, index_t hidden, list<const index_t> neurons,
                    const auto& experts) {
  const auto compare = [&](const std::string& name, index_t count, const auto& copies) {
    if (!recorded.has(name)) return;
    const auto dense = recorded.floats(name);
    std::vector<float> values(dense.begin(), dense.end());
    if (dense.size() == count)  // otherwise compare() says so
      for (std::size_t e = 0; e < experts.size(); ++e) {
        const auto first = static_cast<index_t>(e) * Own;
        copies(experts[e], neurons.part(first, first + Own), [&](index_t at, float copy) {
          auto& farthest = values[static_cast<std::size_t>(at)];
          if (!(std::abs(copy - dense[at]) <= std::abs(farthest - dense[at]))) farthest = copy;
        });
      }
    recorded.compare(name, values.data(), count);
  };
  compare(begin + "intermediate.dense.weight", hidden * Width, [](const auto& expert, auto which, const auto& take) {
    for (index_t k = 0; k < Own; ++k)
      for (index_t i = 0; i < Width; ++i) take(which[k] * Width + i, expert.feed.up.weight[k * Width + i]);
  });
  compare(begin + "intermediate.dense.bias", hidden, [](const auto& expert, auto which, const auto& take) {
    for (index_t k = 0; k < Own; ++k) take(which[k], expert.feed.up.bias[k]);
  });
  compare(begin + "output.dense.weight", hidden * Width, [=](const auto& expert, auto which, const auto& take) {
    for (index_t k = 0; k < Own; ++k)
      for (index_t o = 0; o < Width; ++o) take(o * hidden + which[k], expert.feed.down.weight[o * Own + k]);
  });
  compare(begin + "output.dense.bias", Width, [](const auto& expert, auto, const auto& take) {
    for (index_t o = 0; o < Width; ++o) take(o, expert.feed.down.bias[o]);
  });
  compare(begin + "output.LayerNorm.weight", Width, [](const auto& expert, auto, const auto& take) {
    for (index_t o = 0; o < Width; ++o) take(o, expert.norm.weight[o]);
  });
  compare(begin + "output.LayerNorm.bias", Width, [](const auto& expert, auto, const auto& take) {
    for (index_t o = 0; o < Width; ++o) take(o, expert.norm.bias[o]);
  });
}

// The neurons that experts copy, by the recorded importance of each layer, and their copies.
template <class Spec>
void compare_split(verification& recorded, const configuration& c, const auto& record) {
  for (index_t l = 0; l < c.num_hidden_layers; ++l) {
    const auto number = std::to_string(l);
    if (!recorded.has("importance." + number) || !recorded.has("indices." + number)) continue;
    const auto importance = recorded.floats("importance." + number);
    const auto neurons = Spec::split(c.keys(), importance);
    recorded.compare_integers("indices." + number, std::vector<std::int32_t>(neurons.begin(), neurons.end()));
    const auto begin = "dense." + std::string(encoder<Spec>::starting_name()) + ".encoder.layer." + number + ".";
    if constexpr (requires { record.layers[0].feed.expert[0].feed.up.bias; })
      compare_copies<Spec::shape.width, Spec::shape.hidden>(recorded, begin, importance.size(), neurons,
                                                            record.layers[static_cast<std::size_t>(l)].feed.expert);
  }
}

}  // namespace weft::detail
