#pragma once
// What a checkpoint has to store for a type and its heads, as a table that needs no file.
#include <map>
#include <weft/base/unit_containers.hpp>
#include <weft/encoder/describe.hpp>
#include <weft/head/model.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
template <class Spec, class... Heads>
struct loaded_type {
  using type = model<Spec, Heads...>;
};
template <class Spec>
struct loaded_type<Spec> {
  using type = encoder<Spec>;
};

// Every tied name of some heads.
template <class Spec, class... Heads>
unit_vector<tied_name> ties_of() {
  unit_vector<tied_name> all;
  [[maybe_unused]] const auto add = [&]<class Head>(std::type_identity<Head>) {
    if constexpr (requires { Head::tied; }) all.insert(all.end(), Head::tied.begin(), Head::tied.end());
  };
  (add(std::type_identity<typename Heads::template bind<Spec>>{}), ...);
  return all;
}
}  // namespace detail

/// weft::encoder<Spec>, or weft::model<Spec, Heads...> where heads are named.
template <class Spec, class... Heads>
using loaded = typename detail::loaded_type<Spec, Heads...>::type;

/// A tensor that a checkpoint stores for a model: its name as the checkpoint spells it, its shape, the name of the one
/// that it is tied to, under which it is read where its own is not stored, and how older checkpoints spell its name.
struct stored_parameter {
  unit_string name;
  unit_vector<index_t> shape;
  unit_string tied_to;
  unit_string older;
  index_t values = 0;  ///< of a table of whole numbers below this one; 0: floats
};

/// Every tensor that a checkpoint of these sizes has to store for the encoder of a type and these heads, in order. Tied
/// tensors stand once, under the name that is stored as a rule, unless `tied` is false: then none is.
template <class Spec, class... Heads>
unit_vector<stored_parameter> stored_parameters(const sizes& size, bool tied = true) {
  using made = loaded<Spec, Heads...>;
  typename made::template params<raw> record{};
  const auto names = detail::names_of<Spec>();
  const unit_string prefix(detail::prefix_of<Spec>());
  const auto ties = tied ? detail::ties_of<Spec, Heads...>() : unit_vector<tied_name>();
  unit_vector<stored_parameter> all;
  std::map<unit_string, std::size_t> places;  // of their names
  for (const auto& p : describe_record(record, made::starting_name(), size,
                                       [&](list<const index_t> shape) { return resolved(shape, size); })) {
    unit_string name = spelt(p.name, names), other;
    for (const auto& t : ties)
      if (p.name == t.name) other = name, name = spelt(detail::join(prefix, t.same_as), names);
    const auto [known, is_new] = places.emplace(name, all.size());
    if (is_new)
      all.push_back({name, p.shape, other, detail::older_name<Spec>(name), p.values});
    else if (!other.empty())
      all[known->second].tied_to = other;
  }
  return all;
}

}  // namespace weft
