#pragma once
// Weights of what has not learnt anything yet.
#include <cstdint>
#include <string_view>
#include <weft/base/random_source.hpp>
#include <weft/memory/walk.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Fills a record of form `raw` with values that `store` keeps, as the reference initialises models: weights and tables
/// with mean 0 and this deviation, biases with 0, gains of norms (tensors of one dimension named `weight`) with 1. A
/// tensor's numbers depend on the seed and its full name, `at` included. They are sums of twelve even ones: the same on
/// every machine, never beyond six deviations.
template <class Record>
void fill_initial(Record& record, const sizes& s, std::uint64_t seed, arena& store, std::string_view at = "",
                  double deviation = 0.02) {
  set_layers(record, s.stored_layers());
  walk(
      unit_string(at),
      [&](const unit_string& name, auto& leaf) {
        using tensor = std::remove_reference_t<decltype(leaf)>;
        if constexpr (!tensor::known) leaf.count = resolve(tensor::shape[tensor::counted_at], s);
        const auto values = store.take<float>(leaf.size());
        leaf.data = values.data();
        if (std::string_view(name).ends_with("bias")) return;
        const bool gain = tensor::shape.size() == 1 && std::string_view(name).ends_with("weight");
        std::uint64_t state = seed ^ 0xcbf29ce484222325u;  // FNV-1a of the name
        for (const char c : name) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
        random_source random(state);
        for (auto& value : values) value = gain ? 1 : static_cast<float>(random.normal() * deviation);
      },
      0, record);
}

}  // namespace weft
