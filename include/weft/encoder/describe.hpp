#pragma once
// What a composition is made of, as a table: the names and shapes of its parameters.
#include <set>
#include <vector>
#include <weft/base/unit_containers.hpp>
#include <weft/encoder/encoder.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A shape with its run-time sizes filled in.
inline unit_vector<index_t> resolved(list<const index_t> shape, const sizes& s) {
  unit_vector<index_t> all;
  for (const auto entry : shape) all.push_back(resolve(entry, s));
  return all;
}

/// One parameter as a checkpoint stores it.
struct parameter {
  unit_string name;
  unit_vector<index_t> shape;
  index_t values = 0;  ///< of a table of whole numbers below this one; 0: floats
};

/// Every parameter of a record of form `raw`, in order, its shape made by `shape_of(list of entries)`. `prefix` is what
/// its names begin with. Names are those of the parts: see `spelt` for families that spell them otherwise.
template <class Record>
std::vector<parameter> describe_record(Record& r, std::string_view prefix, const sizes& s, const auto& shape_of) {
  std::vector<parameter> all;
  set_layers(r, s.stored_layers());
  walk(
      unit_string(prefix),
      [&](const unit_string& name, const auto& leaf) {
        const auto shape = shape_of(list<const index_t>(leaf.shape));
        all.push_back({name, {shape.begin(), shape.end()}});
        if constexpr (requires { leaf.values; }) all.back().values = leaf.values;
      },
      0, r);
  return all;
}

namespace detail {
// Under the names that are stored, each once: layers may share a tensor.
inline std::vector<parameter> as_stored(std::vector<parameter> all, std::span<const renamed> names) {
  std::vector<parameter> once;
  std::set<unit_string> known;
  for (auto& p : all) {
    p.name = spelt(std::move(p.name), names);
    if (known.insert(p.name).second) once.push_back(std::move(p));
  }
  return once;
}
}  // namespace detail

/// Every parameter of a model or encoder of these sizes, as its checkpoints spell them.
template <class Model>
std::vector<parameter> describe(const sizes& s) {
  typename Model::template params<raw> r{};
  return detail::as_stored(
      describe_record(r, Model::starting_name(), s, [&](list<const index_t> shape) { return resolved(shape, s); }),
      detail::names_of<typename Model::spec>());
}

}  // namespace weft
