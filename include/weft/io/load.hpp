#pragma once
// From files to a model: the one place where readers and types meet.
#include <filesystem>
#include <weft/encoder/describe.hpp>
#include <weft/head/model.hpp>
#include <weft/io/agreement.hpp>
#include <weft/io/as_floats.hpp>
#include <weft/io/checkpoint.hpp>
#include <weft/io/checkpoint_report.hpp>
#include <weft/io/hub_cache.hpp>

namespace weft {

namespace detail {
template <class Spec, class... Heads>
struct loaded_type {
  using type = model<Spec, Heads...>;
};
template <class Spec>
struct loaded_type<Spec> {
  using type = encoder<Spec>;
};

template <class Spec>
constexpr std::string_view family_of() {
  if constexpr (requires { std::string_view(Spec::family); })
    return Spec::family;
  else
    return "";
}

// Where the values of a tied tensor are stored: `name` itself unless a head ties it.
template <class Spec, class... Heads>
std::string stored_name(const std::string& name, bool tied) {
  std::string at = name;
  [[maybe_unused]] const auto look = [&]<class Head>(std::type_identity<Head>) {
    if constexpr (requires { Head::tied; })
      for (const tied_name& t : Head::tied)
        if (name == t.name)
          at = t.same_as.front() == '/' ? std::string(t.same_as.substr(1))
                                        : std::string(prefix_of<Spec>()) + "." + std::string(t.same_as);
  };
  if (tied) (look(std::type_identity<typename Heads::template bind<Spec>>{}), ...);
  return at;
}
}  // namespace detail

/// weft::encoder<Spec>, or weft::model<Spec, Heads...> where heads are named.
template <class Spec, class... Heads>
using loaded = typename detail::loaded_type<Spec, Heads...>::type;

/// The run-time sizes that a configuration states.
inline sizes sizes_of(const configuration& c) {
  return {.layers = c.num_hidden_layers,
          .vocabulary = c.vocab_size,
          .positions = c.max_position_embeddings,
          .segments = c.type_vocab_size,
          .labels = static_cast<index>(c.labels.size())};
}

/// Builds a model from an opened checkpoint. Fails, before anything is allocated, when the configuration does not
/// describe the type; and with one report of all tensors that are missing or wrongly shaped. Tensors that the model
/// does not have are ignored; `unused`, when given, receives their names.
template <class Spec, class... Heads>
loaded<Spec, Heads...> load(const checkpoint& stored, const configuration& c, std::vector<std::string>* unused = nullptr) {
  using made = loaded<Spec, Heads...>;
  const agreement agrees(c);
  if (!detail::family_of<Spec>().empty()) agrees.family(detail::family_of<Spec>());
  made::expect(agrees);

  const auto size = sizes_of(c);
  typename made::template params<raw> record{};
  set_layers(record, size.layers);
  const auto stored_as = [&](const std::string& name) {
    return detail::stored_name<Spec, Heads...>(name, c.tie_word_embeddings);
  };
  std::vector<tensor_request> wanted;
  walk(std::string(made::starting_name()), [&](const std::string& name, const auto& leaf) {
    std::vector<index> shape;
    for (const auto entry : leaf.shape) shape.push_back(resolve(entry, size));
    wanted.push_back({stored_as(name), std::move(shape)});
  }, 0, record);
  auto report = compare(stored, wanted, detail::prefix_of<Spec>());
  if (!report.sound())
    fail({.file = stored.file(), .subject = "the tensors do not fit " + c.file, .found = report.sentence()});

  arena store;
  store.keep(stored.owner());
  walk(std::string(made::starting_name()), [&](const std::string& name, auto& leaf) {
    const auto* tensor = find_parameter(stored, stored_as(name), detail::prefix_of<Spec>());
    leaf.data = as_floats(*tensor, store).data();
    if constexpr (!std::remove_cvref_t<decltype(leaf)>::known) leaf.leading = tensor->shape[0];
  }, 0, record);
  if (unused) *unused = std::move(report.unused);
  return made(record, size, std::move(store));
}

/// Loads a Hugging Face directory (config.json and model.safetensors, also in shards), or `org/name` from the local
/// cache. `load<bert_base>(dir)` gives the encoder, `load<bert_base, masked_lm<>>(dir)` a model with that head.
template <class Spec, class... Heads>
loaded<Spec, Heads...> load(const std::filesystem::path& directory) {
  const auto at = resolve_model(directory.string());
  return load<Spec, Heads...>(checkpoint::open(at), configuration::read(at));
}

}  // namespace weft
