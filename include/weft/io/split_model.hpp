#pragma once
// A dense BERT's directory split into experts.
#include <cstdint>
#include <optional>
#include <weft/base/random_source.hpp>
#include <weft/encoder/split_experts.hpp>
#include <weft/io/as_integers.hpp>
#include <weft/io/stored_layers.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How a dense model becomes one of experts.
struct expert_split {
  index_t experts = 4;
  index_t width = 768;                ///< hidden values of each
  index_t shared = 512;               ///< of the most important neurons, which all experts copy
  std::filesystem::path importance;   ///< importance.0, importance.1 ..., [intermediate_size] each
  std::filesystem::path tables = {};  ///< which token goes to which expert; empty: drawn for every layer
};

namespace detail {
// The expert of each token, by a file or drawn: evenly, and the same whenever it is asked.
inline std::vector<std::int64_t> routes_of(const safetensors* file, index_t layer, index_t vocabulary,
                                           index_t experts) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(vocabulary));
  if (!file) {
    random_source random(static_cast<std::uint64_t>(layer * vocabulary) * 0x9e3779b97f4a7c15u);
    for (auto& expert : all) expert = random.below(experts);
    return all;
  }
  const auto ending = "encoder.layer." + std::to_string(layer) + ".experts.hash_list";
  const stored_tensor* table = file->find("hash_list");
  for (const auto& t : *file)
    if (t.name == ending || t.name.ends_with("." + ending)) table = &t;
  const auto wanted = "[" + std::to_string(vocabulary) + "], the expert of every token";
  if (!table) fail({.file = file->file(), .subject = ending, .found = "no such tensor", .wanted = wanted});
  if (table->shape != std::vector{vocabulary})
    fail(
        {.file = file->file(), .subject = table->name, .found = "shape " + shape_text(table->shape), .wanted = wanted});
  arena store;
  const auto values = as_integers(*table, experts, store);
  std::copy(values.begin(), values.end(), all.begin());
  return all;
}

// The configuration of the model of experts: the dense one's and the keys that tell of them.
inline std::string split_configuration(const configuration& c, const expert_split& how, const std::string& file) {
  auto document = c.document();
  const json_scope scope(document);
  document[std::string(moebert_family::mark)] = moebert_family::kinds[0];
  document["moebert_expert_num"] = how.experts;
  document["moebert_expert_dim"] = how.width;
  document["moebert_share_importance"] = how.shared;
  document["moebert_route_method"] = words_of<moebert_routing>::all[0];
  auto text = document.dump(2) + "\n";
  configuration::parse(text, file);
  return text;
}
}  // namespace detail

/// Writes the directory `to`: the dense model of `from` with every feed-forward split into experts by the importance of
/// its neurons (Zuo et al. 2022, "MoEBERT", section 3.2; expert_neurons). Tokens go to experts by tables: those of
/// how.tables, a safetensors file of ...encoder.layer.N.experts.hash_list or of one hash_list for all layers; else one
/// that is drawn for each layer, always the same. The experts are copies, to be trained on. No value is rounded; the
/// rest is copied, and the directory appears whole or not at all. Throws weft::error for a model that is no BERT, for
/// numbers that do not fit it, for importances and tables that are missing, of another shape, NaN or out of range, and
/// where something is in the place of `to`.
inline void split_model(const std::filesystem::path& from, const expert_split& how, const std::filesystem::path& to) {
  constexpr auto dense = facts_of<moebert_family::dense>.family;
  if (const auto c = configuration::read(from); c.family != dense)
    fail({.file = c.file, .subject = "model_type", .found = c.family, .wanted = std::string(dense) + ", dense"});
  const stored_layers model(from, true);
  const auto& c = model.config();
  const auto file = safetensors::open(how.importance);
  std::optional<safetensors> tables;
  if (!how.tables.empty()) tables = safetensors::open(how.tables);
  arena store;
  std::map<std::string, new_tensor> made;
  std::set<std::string> left_out;
  for (index_t l = 0; l < c.num_hidden_layers; ++l) {
    const auto importance = importance_of(file, "importance." + std::to_string(l), {c.intermediate_size}, store);
    const auto neurons = expert_neurons(importance, how.experts, how.width, how.shared);
    const auto& up = model.tensor(l, "intermediate.dense.weight");
    // What stands in front of the name as it is stored, with the dot.
    const auto layer = up.name.substr(0, up.name.size() - std::string_view("intermediate.dense.weight").size());
    const auto add = [&](const std::string& name, new_tensor t) {
      made.emplace(layer + std::string(spelt(unit_string("experts.experts." + name), moebert_names)), std::move(t));
    };
    for (const auto* name : {"intermediate.dense.weight", "intermediate.dense.bias", "output.dense.weight",
                             "output.dense.bias", "output.LayerNorm.weight", "output.LayerNorm.bias"})
      left_out.insert(model.tensor(l, name).name);
    for (index_t e = 0; e < how.experts; ++e) {
      const list<const index_t> own = list<const index_t>(neurons).part(e * how.width, (e + 1) * how.width);
      const auto expert = std::to_string(e) + ".";
      add(expert + "intermediate.dense.weight", rows_of(up, own));
      add(expert + "intermediate.dense.bias", rows_of(model.tensor(l, "intermediate.dense.bias"), own));
      add(expert + "output.dense.weight", columns_of(model.tensor(l, "output.dense.weight"), own));
      for (const auto* name : {"output.dense.bias", "output.LayerNorm.weight", "output.LayerNorm.bias"}) {
        const auto& t = model.tensor(l, name);
        add(expert + name, {t.type, t.shape, {t.bytes.begin(), t.bytes.end()}});
      }
    }
    const auto routes = detail::routes_of(tables ? &*tables : nullptr, l, c.vocab_size, how.experts);
    new_tensor table{dtype::i64, {c.vocab_size}, {}};
    for (const auto route : routes)
      for (int byte = 0; byte < 8; ++byte) table.bytes.push_back(static_cast<std::byte>(route >> (8 * byte) & 0xff));
    made.emplace(layer + "experts.hash_list", std::move(table));
  }
  const auto config = detail::split_configuration(c, how, (to / "config.json").string());
  new_directory folder(to);
  model.write(folder, config, made, left_out);
}

}  // namespace weft
