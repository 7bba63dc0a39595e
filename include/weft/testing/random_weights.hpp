#pragma once
// Random weights for any record: the same numbers from the same seed, whatever the compiler and its library.
#include <cstdint>
#include <string_view>
#include <weft/base/random_source.hpp>
#include <weft/base/unit_containers.hpp>
#include <weft/memory/walk.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

using weft::random_source;

/// How random weights are spread.
struct spread {
  double weights = 0.02;  ///< standard deviation of weights and tables (the reference's initializer_range)
  double biases = 0.02;   ///< of biases; not zero, so that a forgotten bias shows
  double gains = 0.02;    ///< of norm gains, around 1
};

/// Fills a record of form `raw` for a model of these sizes with values that `store` keeps. A tensor's numbers depend on
/// the seed and its full name, `at` included, so that parts get the same numbers alone and inside a model.
/// One-dimensional tensors named `weight` are gains of norms and get numbers around 1.
template <class Record>
void fill_random(Record& record, const sizes& s, std::uint64_t seed, arena& store, const spread& by = {},
                 std::string_view at = "") {
  set_layers(record, s.stored_layers());
  const auto fill = [&](const unit_string& name, auto& leaf) {
    using tensor = std::remove_reference_t<decltype(leaf)>;
    if constexpr (!tensor::known) leaf.count = resolve(tensor::shape[tensor::counted_at], s);
    const auto named = [&](std::string_view last) { return std::string_view(name).ends_with(last); };
    const bool gain = tensor::shape.size() == 1 && named("weight");
    const auto deviation = gain ? by.gains : named("bias") ? by.biases : by.weights;
    auto stream = seed ^ 0xcbf29ce484222325u;  // FNV-1a of the name
    for (const char c : name) stream = (stream ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    random_source numbers(stream);
    if constexpr (requires { tensor::values; }) {
      const auto drawn = store.take<std::int32_t>(leaf.size());
      for (auto& value : drawn) value = static_cast<std::int32_t>(numbers.below(tensor::values));
      leaf.data = drawn.data();
      return;
    } else {
      const auto values = store.take<float>(leaf.size());
      for (auto& value : values) {
        value = static_cast<float>(numbers.normal() * deviation);
        if (gain) value += 1;
      }
      leaf.data = values.data();
    }
  };
  walk(unit_string(at), fill, 0, record);
}

/// A record of form `raw` and the memory that it points into.
template <class Record>
struct random_record {
  Record record{};
  arena store;
};

/// Random weights of a model, an encoder or a bound part: anything with `params<Form>`.
///   auto weights = weft::testing::random_weights<weft::encoder<weft::bert_base>>(sizes, 1);
///   const weft::encoder<weft::bert_base> encoder(weights.record, sizes);    // weights.store must outlive it
template <class Model>
random_record<weights<raw, Model>> random_weights(const sizes& s, std::uint64_t seed, const spread& by = {}) {
  random_record<weights<raw, Model>> all;
  if constexpr (requires { std::string_view(Model::starting_name()); })
    fill_random(all.record, s, seed, all.store, by, Model::starting_name());
  else
    fill_random(all.record, s, seed, all.store, by);
  return all;
}

}  // namespace weft::testing
