#pragma once
// Weights that learn, their gradients and what an optimiser remembers of them: records of one shape, in the names of
// the checkpoint, each in one block of memory.
#include <algorithm>
#include <utility>
#include <weft/base/unit_containers.hpp>
#include <weft/memory/walk.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A tensor in a block.
struct tensor_place {
  unit_string name;
  index_t first, size;
  unit_vector<index_t> shape;
};

/// A record of form `gradient` of a model, an encoder or a bound part, and its block: every tensor begins on a cache
/// line, what lies between is 0. Blocks of the same type and sizes have the same places.
template <class Part>
class learning_record {
 public:
  using record_type = weights<gradient, Part>;

  explicit learning_record(const sizes& s) : layers_(s.stored_layers()) {
    set_layers(record_, layers_);
    index_t floats = 0;
    const auto place = [&](const unit_string& name, auto& leaf) {
      using tensor = std::remove_reference_t<decltype(leaf)>;
      if constexpr (!tensor::known) leaf.count = resolve(tensor::shape[tensor::counted_at], s);
      tensor_place at{name, floats, leaf.size(), {}};
      for (const auto entry : tensor::shape) at.shape.push_back(resolve(entry, s));
      places_.push_back(std::move(at));
      floats += round_up(leaf.size(), cache_line / index_t{sizeof(float)});
    };
    walk(starting_name(), place, 0, record_);
    values_ = store_.template take<float>(floats);
    std::size_t number = 0;
    walk(
        "", [&](const unit_string&, auto& leaf) { leaf.data = values_.data() + places_[number++].first; }, 0, record_);
  }
  learning_record(learning_record&&) noexcept = default;
  learning_record& operator=(learning_record&&) noexcept = default;

  const record_type& record() const { return record_; }
  /// All values, one behind the other, with the zeros between tensors.
  list<float> values() const { return values_; }
  /// Where its tensors lie, in the order of the record.
  const unit_vector<tensor_place>& places() const { return places_; }
  void clear() const { std::fill(values_.begin(), values_.end(), 0.0f); }

  /// Copies the values of a record of form raw.
  void copy(const weights<raw, Part>& from) const {
    walk(
        "",
        [](const unit_string&, const auto& to, const auto& source) {
          std::copy_n(source.data, source.size(), to.data);
        },
        0, record_, from);
  }
  /// A record of form raw that points at these values.
  weights<raw, Part> stored() const {
    weights<raw, Part> out;
    set_layers(out, layers_);
    walk(
        "",
        [](const unit_string&, auto& to, const auto& from) {
          to.data = from.data;
          if constexpr (!std::remove_reference_t<decltype(to)>::known) to.count = from.count;
        },
        0, out, record_);
    return out;
  }

 private:
  static unit_string starting_name() {
    if constexpr (requires { std::string_view(Part::starting_name()); })
      return unit_string(Part::starting_name());
    else
      return {};
  }
  index_t layers_;
  record_type record_{};
  arena store_;
  list<float> values_;
  unit_vector<tensor_place> places_;
};

}  // namespace weft
