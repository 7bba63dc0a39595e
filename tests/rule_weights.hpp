#pragma once
// Weights by rule: every value follows from its tensor's name and its place, so that other programs can make the same.
#include <cstdint>
#include <string>
#include <string_view>
#include <weft/memory/walk.hpp>

namespace weft_test {

/// Value i, counted row by row, of the tensor of that name: FNV-1a of the name, a multiplicative step, an avalanche.
inline float rule_value(std::string_view name, std::uint32_t i) {
  std::uint32_t x = 2166136261u;
  for (const unsigned char c : name) x = (x ^ c) * 16777619u;
  x += i * 2654435761u;
  x = (x ^ (x >> 16)) * 2246822519u;
  x = (x ^ (x >> 13)) * 3266489917u;
  x ^= x >> 16;
  return static_cast<float>((x / 4294967296.0 - 0.5) * 0.4 + (name.ends_with("LayerNorm.weight") ? 1.0 : 0.0));
}

/// Fills a record of form `raw` by that rule; `store` keeps the values. Names begin with `at`.
template <class Record>
void fill_by_rule(Record& record, const weft::sizes& s, weft::arena& store, std::string_view at) {
  weft::set_layers(record, s.stored_layers());
  const auto fill = [&](const std::string& name, auto& leaf) {
    using tensor = std::remove_reference_t<decltype(leaf)>;
    if constexpr (!tensor::known) leaf.count = weft::resolve(tensor::shape[tensor::counted_at], s);
    const auto values = store.take<float>(leaf.size());
    for (weft::index_t i = 0; i < values.size(); ++i) values[i] = rule_value(name, static_cast<std::uint32_t>(i));
    leaf.data = values.data();
  };
  weft::walk(std::string(at), fill, 0, record);
}

}  // namespace weft_test
