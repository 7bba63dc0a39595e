#pragma once
// What a directory of sentence-transformers' SparseEncoder says about making weights of words of a text.
// https://www.sbert.net/docs/package_reference/sparse_encoder/models.html
#include <filesystem>
#include <string>
#include <weft/base/pooling_modes.hpp>
#include <weft/io/sentence_modules.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

struct sparse_modules {
  sentence_modules text = {};   ///< the model's directory, and what is done to a text before it; vectors have no steps
  splade_pooling pooling = {};  ///< how the logits of a text's tokens become weights
  index_t max_active_dims = 0;  ///< keep that many words of a text; 0: all

  /// Reads modules.json of a directory, which must list Transformer (or MLMTransformer, as older files call it) and
  /// SpladePooling, and what it names: 1_SpladePooling/config.json, sentence_bert_config.json,
  /// config_sentence_transformers.json. A directory without modules.json is a masked language model whose largest
  /// weights count, as SparseEncoder reads it. Throws weft::error that names the file and what it found: for any other
  /// module (Router, SparseStaticEmbedding, SparseAutoEncoder, ...) and for every key that would change the weights.
  static sparse_modules read(const std::filesystem::path& directory);
};

namespace detail {

/// Whether modules.json of a directory lists SpladePooling; false where there is none.
inline bool lists_splade_pooling(const std::filesystem::path& directory) {
  const auto path = directory / "modules.json";
  if (!file_exists(path)) return false;
  auto modules = read_json(path);
  const json_scope scope(modules);
  if (!modules.is_array()) return false;
  for (const auto& module : modules)
    if (module_name(json_text(module, "type", path.string())) == "SpladePooling") return true;
  return false;
}

inline splade_pooling read_splade_pooling(const std::filesystem::path& path) {
  const std::string file = path.string();
  auto config = read_json(path);
  const json_scope scope(config);
  // chunk_size is about memory alone, and weft needs no width stated.
  check_sentence_keys(
      config,
      {"pooling_strategy", "activation_function", "embedding_dimension", "word_embedding_dimension", "chunk_size"}, "",
      file);
  const auto is_second = [&](const char* key, const char* first, const char* second) {
    const auto said = json_text(config, key, file, first);
    if (said != first && said != second)
      fail({.file = file, .subject = key, .found = shown(said), .wanted = std::string(first) + " or " + second});
    return said == second;
  };
  return {.sum = is_second("pooling_strategy", "max", "sum"),
          .log_twice = is_second("activation_function", "relu", "log1p_relu")};
}

}  // namespace detail

inline sparse_modules sparse_modules::read(const std::filesystem::path& directory) {
  sparse_modules m;
  m.text.model = directory;
  m.text.similarity = similarity::dot;
  const auto list_path = directory / "modules.json";
  if (is_folder(directory) && !file_exists(list_path)) return m;
  const std::string file = list_path.string();
  auto modules = detail::read_json(list_path);
  const detail::json_scope scope(modules);
  const auto refuse = [&](const std::string& subject, const std::string& found) {
    fail({.file = file, .subject = subject, .found = found, .wanted = "Transformer, then SpladePooling"});
  };
  if (!modules.is_array()) refuse("modules", json_shown(modules));
  detail::encoder_kind kind{
      .model_type = "SparseEncoder", .task = "fill-mask", .output = "logits", .similarity = similarity::dot};
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const auto type = json_text(modules[i], "type", file);
    const auto name = detail::module_name(type);
    const auto at = detail::module_directory(directory, modules[i], file);
    if (i == 0 && (name == "Transformer" || name == "MLMTransformer")) {
      m.text.model = at;
      if (name == "MLMTransformer") kind.default_task = kind.task;
    } else if (i == 1 && name == "SpladePooling") {
      m.pooling = detail::read_splade_pooling(at / "config.json");
    } else {
      refuse("module " + std::to_string(i), detail::printable(type));
    }
  }
  if (modules.size() < 2) refuse("modules", std::to_string(modules.size()) + " of them");
  detail::read_transformer(m.text.model, m.text, kind);
  const auto main = directory / "config_sentence_transformers.json";
  if (!file_exists(main)) return m;
  detail::read_prompt(main, m.text, kind);
  m.text.truncate = 0;  // which SparseEncoder does not read
  auto config = detail::read_json(main);
  const detail::json_scope main_scope(config);
  m.max_active_dims = json_integer(config, "max_active_dims", main.string(), 1, 16'777'216, 0);
  return m;
}

}  // namespace weft
