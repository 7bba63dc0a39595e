#pragma once
// From files to a model: the one place where readers and types meet.
#include <filesystem>
#include <map>
#include <weft/head/described.hpp>
#include <weft/io/agreement.hpp>
#include <weft/io/as_floats.hpp>
#include <weft/io/as_integers.hpp>
#include <weft/io/checked_values.hpp>
#include <weft/io/checkpoint.hpp>
#include <weft/io/checkpoint_report.hpp>
#include <weft/io/finite_tensors.hpp>
#include <weft/io/hub_cache.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How a model is loaded. `weft::load<Spec>(directory, {.run = pool})`
struct load_options {
  executor run = {};                           ///< its workers share the reading and the packing
  std::vector<std::string>* unused = nullptr;  ///< receives the names of tensors that the model does not have
  std::string* passed_over =
      nullptr;                   ///< receives what stood in front of every name, as "module."; see without_wrapper
  bool allow_nonfinite = false;  ///< tensors with NaN or infinity are loaded; otherwise refused by name
  index_t positions = 0;         ///< texts as long as this, where they may be longer than the configuration says
};

namespace detail {
template <class Spec>
constexpr std::string_view family_of() {
  if constexpr (requires { std::string_view(Spec::family); })
    return Spec::family;
  else
    return "";
}

// The model_type of a type's family, for a file that has no such key.
template <class Spec>
constexpr std::string_view model_type_of() {
  for (const auto* f : families)
    if (f->family == family_of<Spec>()) return f->model_type;
  return {};
}

// A directory's configuration, read as a type of this family reads it; one without a family takes any model_type.
template <class Spec>
configuration configuration_for(const std::filesystem::path& directory) {
  return configuration::read(directory, model_type_of<Spec>(), family_of<Spec>().empty());
}

// One tensor that a record wants, and where its values go.
struct wanted_tensor {
  tensor_request request;
  const float** data;  // null for a table of whole numbers
  const std::int32_t** integers;
  index_t* count;  // of the entry known at run time only; null where the compiler knows the whole shape
  std::size_t counted_at;
};

// The parameter that a head ties to this one, either way; empty where there is none.
inline std::string tied_with(std::string_view name, std::string_view prefix, list<const tied_name> ties) {
  for (const auto& t : ties) {
    auto same_as = join(std::string(prefix), t.same_as);
    if (name == t.name) return same_as;
    if (name == same_as) return std::string(t.name);
  }
  return {};
}

// The first entry of a stored tensor's shape, 0 of a scalar's, -1 where there is none; its name begins behind the
// prefix.
inline index_t rows_stored(const checkpoint& stored, const configuration& c, std::string_view prefix,
                           std::string_view name) {
  const auto* t = find_parameter(stored, join(std::string(prefix), name), prefix);
  for (const auto older : c.facts().older_prefixes)
    if (!t) t = find_parameter(stored, join(std::string(older), name), older);
  return !t ? -1 : t->shape.empty() ? 0 : t->shape[0];
}
// What a type's family asks of what is stored for heads.
using check_of_heads = void (*)(const key_values&, const stored_rows&);
template <class Spec, class... Heads>
void check_stored_heads([[maybe_unused]] const key_values& v, [[maybe_unused]] const stored_rows& rows) {
  all_families::each([&]<class Family>(Family) {
    constexpr auto of_family = facts_of<Family>.family;
    if constexpr (family_of<Spec>() == of_family) (Family::template check_stored_head<Heads>(v, rows), ...);
  });
}
// Lets the configuration's family look at what is stored, before it is compared tensor by tensor.
inline void check_stored(const checkpoint& stored, const configuration& c, std::string_view prefix,
                         check_of_heads check_heads = nullptr) {
  const auto rows = [&](std::string_view name) { return rows_stored(stored, c, prefix, name); };
  c.facts().check_stored(c.keys(), stored_rows(rows));
  if (check_heads) check_heads(c.keys(), stored_rows(rows));
}

// Points every wanted tensor at its values, or fails with one report of all that do not fit.
inline void find_all(const checkpoint& files, const configuration& c, std::string_view prefix,
                     const std::vector<wanted_tensor>& wanted, check_of_heads check_heads, arena& store,
                     const load_options& how) {
  std::vector<tensor_request> requests;
  for (const auto& w : wanted) requests.push_back(w.request);
  const auto stored = without_wrapper(files, requests, prefix);
  check_stored(stored, c, prefix, check_heads);
  auto report = compare(stored, requests, prefix);
  if (!report.sound())
    fail({.file = stored.file(), .subject = "the tensors do not fit " + c.file, .details = report.sentence()});
  std::vector<float_tensor> values;
  std::map<const stored_tensor*, const float*> read;  // several parameters may be one tensor
  for (const auto& w : wanted) {
    const auto* tensor = find_parameter(stored, w.request, prefix);
    if (w.integers) {
      *w.integers = as_integers(*tensor, w.request.values, store).data();
    } else {
      const auto [at, is_new] = read.try_emplace(tensor);
      if (is_new) {
        values.push_back({tensor, as_floats(*tensor, store)});
        at->second = values.back().values.data();
      }
      *w.data = at->second;
    }
    if (w.count) *w.count = tensor->shape[w.counted_at];
  }
  if (!how.allow_nonfinite)
    if (const auto odd = nonfinite_of(std::move(values), how.run); !odd.empty()) refuse_nonfinite(stored.file(), odd);
  store.keep(stored.owner());
  if (how.unused) *how.unused = std::move(report.unused);
  if (how.passed_over) *how.passed_over = stored.passed_over();
}
}  // namespace detail

namespace detail {
// What a bound head is compared by, in the words of a family.
template <class Family, class Spec, class Head>
void say_head_of(const agreement& says) {
  if constexpr (requires { Head::kind, Head::activation::configuration_names; })
    says.head_activation(Head::kind, Head::activation::configuration_names);
  Family::template say_head<Spec, Head>(says);
  says.part(typename Head::template bind<Spec>{});
}
// f(Family{}) for the configuration's family, if it may be the type's.
template <class Spec>
void with_family(const configuration& c, const auto& f) {
  all_families::each([&]<class Family>(Family one) {
    constexpr auto of_family = facts_of<Family>.family;
    if constexpr (family_of<Spec>().empty() || family_of<Spec>() == of_family)
      if (c.family == of_family) f(one);
  });
}
// Fails at the first difference between a configuration and a type: between the two families, in what the policies of
// the type say, or in what a policy of the user's own expects.
template <class Spec, class... Heads>
void agree(const configuration& c) {
  const agreement says(c);
  if (!family_of<Spec>().empty()) says.family(family_of<Spec>());
  with_family<Spec>(c, [&]<class Family>(Family) {
    Family::template say<Spec>(says);
    (say_head_of<Family, Spec, Heads>(says), ...);
  });
  says.part(typename encoder<Spec>::embedding{});
  says.part(typename encoder<Spec>::layer{});
}
}  // namespace detail

/// The run-time sizes that a configuration states.
inline sizes sizes_of(const configuration& c) {
  return {.layers = c.num_hidden_layers,
          .vocabulary = c.vocab_size,
          .positions = c.max_position_embeddings,
          .segments = c.type_vocab_size,
          .labels = static_cast<index_t>(c.labels.size()),
          .first_position = c.first_position(),
          .groups = c.groups()};
}

namespace detail {
// The sizes of a model whose texts may be longer than its configuration says, unless one of its tensors ends there.
inline sizes for_positions(sizes s, index_t wanted, bool has_table, const configuration& c) {
  if (wanted <= s.positions) return s;
  constexpr index_t most = 16'777'216;  // as of max_position_embeddings
  if (has_table || wanted > most)
    fail({.file = c.file,
          .subject = c.spelling("max_position_embeddings"),
          .found = std::to_string(s.positions) + (has_table ? ", the rows of a table of positions" : ""),
          .wanted = std::to_string(wanted) + " positions or more, as max_length or load_options::positions says",
          .remedy = has_table ? "cut texts into windows" : "at most " + std::to_string(most) + " can be"});
  s.positions = wanted;
  return s;
}
// Leaves the tensors as they are stored.
struct as_stored_tensors {
  void operator()(auto&, arena&) const {}
};
// The tensors of a type, with the ties of its heads or of others that the checkpoint has. `size` is the configuration's
// and becomes the model's.
template <class Spec, class... Heads>
typename loaded<Spec, Heads...>::template params<raw> read_tied(const checkpoint& stored, const configuration& c,
                                                                unit_vector<tied_name> ties, sizes& size, arena& store,
                                                                const load_options& how) {
  using made = loaded<Spec, Heads...>;
  agree<Spec, Heads...>(c);

  typename made::template params<raw> record{};
  set_layers(record, size.stored_layers());
  if (!c.tie_word_embeddings) ties.clear();
  const auto names = names_of<Spec>();
  std::vector<wanted_tensor> wanted;
  bool has_positions = false;
  walk(
      std::string(made::starting_name()),
      [&](const std::string& name, auto& leaf) {
        using stored_leaf = std::remove_cvref_t<decltype(leaf)>;
        index_t* count = nullptr;
        if constexpr (!stored_leaf::known) count = &leaf.count;
        for (const auto entry : leaf.shape) has_positions = has_positions || entry == counted::positions;
        const auto shape = resolved(leaf.shape, size);
        const auto own = spelt(name, names);
        wanted.push_back({{own,
                           {shape.begin(), shape.end()},
                           spelt(tied_with(name, prefix_of<Spec>(), ties), names),
                           older_name<Spec>(own)},
                          nullptr,
                          nullptr,
                          count,
                          stored_leaf::counted_at});
        if constexpr (requires { stored_leaf::values; })
          wanted.back().integers = &leaf.data, wanted.back().request.values = stored_leaf::values;
        else
          wanted.back().data = &leaf.data;
      },
      0, record);
  size = for_positions(size, how.positions, has_positions, c);
  find_all(stored, c, prefix_of<Spec>(), wanted, check_stored_heads<Spec, Heads...>, store, how);
  if constexpr (on_whole_numbers<Spec>)
    check_stored_values(stored, prefix_of<Spec>(), unit_string(made::starting_name()), record);
  return record;
}
// What load() does, with these ties. `change` may replace tensors of the record before they are packed, with others
// that the arena keeps.
template <class Spec, class... Heads, class Change = as_stored_tensors>
loaded<Spec, Heads...> load_tied(const checkpoint& stored, const configuration& c, unit_vector<tied_name> ties,
                                 const load_options& how, const Change& change = {}) {
  arena store;
  auto size = sizes_of(c);
  auto record = read_tied<Spec, Heads...>(stored, c, std::move(ties), size, store, how);
  change(record, store);
  loaded<Spec, Heads...> model(record, size, std::move(store), how.run);
  stored.release_pages();  // what was packed is not read again
  return model;
}
}  // namespace detail

/// The tensors of a type in an opened checkpoint, for those who do not want a model but its weights, to train them.
/// `store` keeps what they point into. Refuses what load() refuses.
template <class Spec, class... Heads>
typename loaded<Spec, Heads...>::template params<raw> read_weights(const checkpoint& stored, const configuration& c,
                                                                   arena& store, const load_options& how = {}) {
  auto size = sizes_of(c);
  return detail::read_tied<Spec, Heads...>(stored, c, detail::ties_of<Spec, Heads...>(), size, store, how);
}

/// Builds a model from an opened checkpoint. Fails, before anything is allocated, when the configuration does not
/// describe the type; with one report of all tensors that are missing or wrongly shaped; and by name for tensors with
/// NaN or infinity. Tensors that the model does not have are ignored.
template <class Spec, class... Heads>
loaded<Spec, Heads...> load(const checkpoint& stored, const configuration& c, const load_options& how = {}) {
  return detail::load_tied<Spec, Heads...>(stored, c, detail::ties_of<Spec, Heads...>(), how);
}

/// Loads a Hugging Face directory (config.json and model.safetensors, also in shards), or `org/name` from the local
/// cache. `load<bert_base>(dir)` gives the encoder, `load<bert_base, masked_lm<>>(dir)` a model with that head.
template <class Spec, class... Heads>
loaded<Spec, Heads...> load(const std::filesystem::path& directory, const load_options& how) {
  const auto at = resolve_model(directory.string());
  return load<Spec, Heads...>(checkpoint::open(at), detail::configuration_for<Spec>(at), how);
}
template <class Spec, class... Heads>
loaded<Spec, Heads...> load(const std::filesystem::path& directory, executor run = {}) {
  return load<Spec, Heads...>(directory, load_options{.run = run});
}

}  // namespace weft
