#pragma once
// Tables of token vectors without an encoder: directories of model2vec, and StaticEmbedding of sentence-transformers.
#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>
#include <weft/io/as_floats.hpp>
#include <weft/io/as_integers.hpp>
#include <weft/io/checkpoint.hpp>
#include <weft/io/sentence_modules.hpp>
#include <weft/io/tokenizer_json.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What a directory says, and its table.
struct static_model {
  weft::tokenizer tokenizer;
  arena store = {};
  list<const float> table = {};           ///< [rows, width]
  list<const float> weights = {};         ///< one a token; empty: all 1
  list<const std::int32_t> mapping = {};  ///< the row of every token; empty: its own
  index_t width = 0;
  bool normalize = false;
  std::optional<std::int32_t> unknown = {};  ///< a token that counts for nothing
  index_t max_length = 0;                    ///< tokens of a text, without special ones; 0: all

  /// Reads model.safetensors, tokenizer.json and what says how vectors are made: config.json of model2vec (its tensor
  /// is called "embeddings"), or modules.json of sentence-transformers ("embedding.weight"), which may list
  /// StaticEmbedding and Normalize. Throws weft::error for what is missing, for a table, weights or a mapping that do
  /// not fit the vocabulary, and for any other module.
  static static_model read(const std::filesystem::path& directory, const tokenizer_reading& how = {});
};

namespace detail {

// Where StaticEmbedding's files are; whether vectors get length 1.
inline std::filesystem::path read_static_modules(const std::filesystem::path& directory, bool& normalize) {
  const auto path = directory / "modules.json";
  if (!file_exists(path)) return directory;
  const auto file = path.string();
  auto modules = read_json(path);
  const json_scope scope(modules);
  if (!modules.is_array() || modules.empty())
    fail({.file = file, .subject = "modules", .found = json_shown(modules), .wanted = "StaticEmbedding"});
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const auto type = json_text(modules[i], "type", file);
    const auto name = module_name(type);
    if (i == 0 ? name != "StaticEmbedding" : name != "Normalize" || i > 1)
      fail({.file = file,
            .subject = "module " + std::to_string(i),
            .found = printable(type),
            .wanted = "StaticEmbedding, then Normalize or nothing"});
    normalize = normalize || i == 1;
  }
  return module_directory(directory, modules[0], file);
}

// The token that stands for what the vocabulary lacks, as model2vec finds it.
inline std::optional<std::int32_t> read_unknown(const std::filesystem::path& path, const tokenizer& words) {
  auto document = read_json(path);
  const json_scope scope(document);
  const auto& model = json_at(document, "model", path.string());
  if (const auto name = json_text(model, "unk_token", path.string(), ""); !name.empty()) return words.find(name);
  if (!json_find(model, "unk_id", path.string())) return {};
  return static_cast<std::int32_t>(json_integer(model, "unk_id", path.string(), 0, 0x7fffffff));
}

inline void read_static_table(const checkpoint& files, static_model& to) {
  const auto* const own = files.find("embeddings");
  const auto* const table = own ? own : files.find("embedding.weight");
  if (!table || table->shape.size() != 2 || table->shape[1] < 1)
    fail({.file = files.file(),
          .subject = "embeddings",
          .found = table ? "shape " + shape_text(table->shape) : "no such tensor",
          .wanted = "a table of token vectors, [rows, width]"});
  to.store.keep(files.owner());
  to.table = as_floats(*table, to.store), to.width = table->shape[1];
  const auto rows = table->shape[0], tokens = to.tokenizer.size();
  const auto one_a_token = [&](const char* name) -> const stored_tensor* {
    const auto* const t = own ? files.find(name) : nullptr;
    if (t && t->shape != std::vector<index_t>{tokens})
      fail({.file = files.file(),
            .subject = name,
            .found = "shape " + shape_text(t->shape),
            .wanted = shape_text(std::vector<index_t>{tokens}) + ", one for each token"});
    return t;
  };
  if (const auto* const t = one_a_token("weights")) to.weights = as_floats(*t, to.store);
  if (const auto* const t = one_a_token("mapping"))
    to.mapping = as_integers(*t, rows, to.store);
  else if (rows != tokens)
    fail({.file = files.file(),
          .subject = table->name,
          .found = std::to_string(rows) + " rows",
          .wanted = std::to_string(tokens) + ", the tokens of the vocabulary, or a mapping of them"});
}

}  // namespace detail

inline static_model static_model::read(const std::filesystem::path& directory, const tokenizer_reading& how) {
  bool normalize = false;
  const auto at = detail::read_static_modules(directory, normalize);
  static_model m{read_tokenizer(at, how)};
  const auto files = checkpoint::open(at);
  detail::read_static_table(files, m);
  m.normalize = normalize;
  if (!files.find("embeddings")) return m;
  const auto path = at / "config.json";
  auto config = detail::read_json(path);
  const detail::json_scope scope(config);
  m.normalize = json_flag(config, "normalize", path.string(), false);
  const bool unlimited = config.contains("max_length") && config["max_length"].is_null();
  m.max_length = unlimited ? 0 : json_integer(config, "max_length", path.string(), 1, 16'777'216, 512);
  m.unknown = detail::read_unknown(at / "tokenizer.json", m.tokenizer);
  return m;
}

}  // namespace weft
