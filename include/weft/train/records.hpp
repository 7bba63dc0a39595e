#pragma once
// Weights that learn, their gradients and what an optimiser remembers of them: records of one shape, in the names of
// the checkpoint, each in one block of memory.
#include <algorithm>
#include <map>
#include <span>
#include <utility>
#include <weft/base/unit_containers.hpp>
#include <weft/concept/head.hpp>
#include <weft/memory/executor.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/memory/walk.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A tensor in a block.
struct tensor_place {
  unit_string name;
  index_t first, size;
  unit_vector<index_t> shape;
};

/// Two tensors that are tied have one memory under both names; or a memory each, for what they learn, until gather()
/// adds it up: then the order in which a pass comes to them, and so a cut of the batch, changes no bit.
enum class tied_tensors { share_memory, learn_apart };

namespace detail {
/// to[i] += from[i], and from[i] = 0.
inline void move_up(list<float> to, list<float> from, executor run) {
  constexpr index_t step = 8192;
  run.for_each(ceil_div(to.size(), step), [&](index_t task, index_t) {
    for (index_t i = task * step, end = std::min(to.size(), i + step); i < end; ++i) to[i] += from[i], from[i] = 0;
  });
}
}  // namespace detail

/// A record of form `gradient` of a model, an encoder or a bound part, and its block: every tensor begins on a cache
/// line, what lies between is 0. Blocks of the same type and sizes have the same places. Tied tensors, and those that a
/// checkpoint stores once, as a table that all layers share, have one place, under the name that checkpoints store as a
/// rule.
template <class Part>
class learning_record {
 public:
  using record_type = weights<gradient, Part>;

  /// `prefix` stands before the names that others are tied to; `names` is how the family spells them.
  explicit learning_record(const sizes& s, list<const tied_name> ties = {}, std::string_view prefix = "",
                           tied_tensors how = tied_tensors::share_memory, std::span<const renamed> names = {})
      : layers_(s.stored_layers()) {
    set_layers(record_, layers_);
    const auto numbers = make_places(s, ties, prefix, names);
    unit_vector<char> seen(places_.size());
    index_t beside = 0;
    for (const auto at : numbers) {
      const auto& place = places_[at];
      if (seen[at] && how == tied_tensors::learn_apart)
        apart_.push_back({place.first, beside, place.size}), beside += on_lines(place.size);
      seen[at] = 1;
    }
    values_ = store_.template take<float>(floats_);
    beside_ = store_.template take<float>(beside);
    std::fill(seen.begin(), seen.end(), 0);
    std::size_t number = 0, apart = 0;
    walk(
        "",
        [&](const unit_string&, auto& leaf) {
          const auto at = numbers[number++];
          const bool again = seen[at] && how == tied_tensors::learn_apart;
          leaf.data = again ? beside_.data() + apart_[apart++].from : values_.data() + places_[at].first;
          seen[at] = 1;
        },
        0, record_);
  }
  learning_record(learning_record&&) noexcept = default;
  learning_record& operator=(learning_record&&) noexcept = default;

  const record_type& record() const { return record_; }
  /// All values, one behind the other, with the zeros between tensors.
  list<float> values() const { return values_; }
  /// Where its tensors lie, in the order of the record.
  const unit_vector<tensor_place>& places() const { return places_; }
  void clear() const {
    std::fill(values_.begin(), values_.end(), 0.0f);
    std::fill(beside_.begin(), beside_.end(), 0.0f);
  }
  /// Adds what tied tensors learnt apart to values().
  void gather(executor run = {}) const {
    for (const auto& one : apart_)
      detail::move_up(values_.part(one.to, one.to + one.size), beside_.part(one.from, one.from + one.size), run);
  }

  /// Copies the values of a record of form raw. Of tied tensors the first in the record counts.
  void copy(const weights<raw, Part>& from) const {
    unit_vector<const float*> seen;
    walk(
        "",
        [&](const unit_string&, const auto& to, const auto& source) {
          if (std::find(seen.begin(), seen.end(), to.data) != seen.end()) return;
          seen.push_back(to.data);
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
  struct added {
    index_t to, from, size;
  };
  static index_t on_lines(index_t floats) { return round_up(floats, cache_line / index_t{sizeof(float)}); }

  // Fills places_; for each leaf of the record, in its order, the number of its place.
  unit_vector<std::size_t> make_places(const sizes& s, list<const tied_name> ties, std::string_view prefix,
                                       std::span<const renamed> names) {
    unit_vector<std::size_t> numbers;
    std::map<unit_string, std::size_t> known;
    const auto place = [&](unit_string name, auto& leaf) {
      using tensor = std::remove_reference_t<decltype(leaf)>;
      if constexpr (!tensor::known) leaf.count = resolve(tensor::shape[tensor::counted_at], s);
      for (const auto& tie : ties)
        if (name == tie.name) name = detail::join(unit_string(prefix), tie.same_as);
      const auto [at, is_new] = known.emplace(spelt(name, names), places_.size());
      numbers.push_back(at->second);
      if (!is_new) return;
      tensor_place made{name, floats_, leaf.size(), {}};
      for (const auto entry : tensor::shape) made.shape.push_back(resolve(entry, s));
      places_.push_back(std::move(made));
      floats_ += on_lines(leaf.size());
    };
    walk(starting_name(), place, 0, record_);
    return numbers;
  }
  static unit_string starting_name() {
    if constexpr (requires { std::string_view(Part::starting_name()); })
      return unit_string(Part::starting_name());
    else
      return {};
  }
  index_t layers_, floats_ = 0;
  record_type record_{};
  arena store_;
  list<float> values_, beside_;
  unit_vector<tensor_place> places_;
  unit_vector<added> apart_;
};

}  // namespace weft
