#pragma once
// A model's directory rewired: its heads and neurons by importance, so that a part of it keeps the most important ones.
#include <weft/encoder/rewire.hpp>
#include <weft/io/stored_layers.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Writes the directory `to`: the model of `from` with the heads and neurons of every layer reordered, the most
/// important first (Hou et al. 2020, "DynaBERT", section 2.1), equal ones in their order. All of it computes what it
/// did but for the order of its sums. `importance` is a safetensors file with importance.heads [layers, heads] and
/// importance.neurons [layers, intermediate_size]. No value is rounded; the rest of the directory is copied, and it
/// appears whole or not at all. Throws weft::error for a model whose layers are not BERT's, for importances that are
/// missing, of another shape or NaN, and where something is in the place of `to`.
inline void rewire_model(const std::filesystem::path& from, const std::filesystem::path& importance,
                         const std::filesystem::path& to) {
  const stored_layers model(from);
  const auto& c = model.config();
  const auto file = safetensors::open(importance);
  arena store;
  const auto heads = importance_of(file, "importance.heads", {c.num_hidden_layers, c.num_attention_heads}, store);
  const auto neurons = importance_of(file, "importance.neurons", {c.num_hidden_layers, c.intermediate_size}, store);
  new_directory folder(to);
  std::map<std::string, new_tensor> made;
  const auto reorder = [&](index_t layer, const std::string& name, bool rows, const unit_vector<index_t>& order) {
    const auto& t = model.tensor(layer, name);
    made.emplace(t.name, rows ? rows_of(t, order) : columns_of(t, order));
  };
  for (index_t l = 0; l < c.num_hidden_layers; ++l) {
    const auto part = [&](list<const float> all, index_t each) {
      return detail::by_importance(all.part(l * each, (l + 1) * each));
    };
    const index_t width = c.hidden_size / c.num_attention_heads;
    unit_vector<index_t> columns;
    for (const auto head : part(heads, c.num_attention_heads))
      for (index_t i = 0; i < width; ++i) columns.push_back(head * width + i);
    for (const auto* name : {"attention.self.query", "attention.self.key", "attention.self.value"})
      for (const auto* kind : {".weight", ".bias"}) reorder(l, std::string(name) + kind, true, columns);
    reorder(l, "attention.output.dense.weight", false, columns);
    const auto hidden = part(neurons, c.intermediate_size);
    reorder(l, "intermediate.dense.weight", true, hidden), reorder(l, "intermediate.dense.bias", true, hidden);
    reorder(l, "output.dense.weight", false, hidden);
  }
  model.write(folder, mapped_file::open(from / "config.json")->text(), made);
}

}  // namespace weft
