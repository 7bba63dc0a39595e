#pragma once
// What a directory of PyLate, or of stanford-futuredata/ColBERT, says about making a vector of every token of a text.
// https://lightonai.github.io/pylate/
#include <array>
#include <filesystem>
#include <string>
#include <vector>
#include <weft/io/checkpoint.hpp>
#include <weft/io/sentence_modules.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

struct late_interaction_modules {
  sentence_modules text = {};         ///< the model's directory, its prompts; `steps` are done to every token's vector
  std::string query_prefix = "[Q] ";  ///< a token put behind the first of a query; empty: none
  std::string document_prefix = "[D] ";                     ///< behind the first of a document
  index_t query_length = 32, document_length = 180;         ///< tokens at most, prefix and special ones included
  bool do_query_expansion = true;                           ///< a query gets mask tokens up to query_length
  bool attend_to_expansion_tokens = false;                  ///< whether its own tokens see those
  std::vector<std::string> skiplist_words = punctuation();  ///< tokens of a document whose vectors are left out

  /// Of sentence-transformers: texts put before queries and documents, unless a call names another.
  std::string query_prompt = {}, document_prompt = {};
  /// Whether a word of the skiplist that the vocabulary has not stands for the unknown token, as PyLate takes it.
  bool skips_unknown = true;

  /// Reads modules.json of a directory of PyLate, which must list Transformer, then Dense modules, and what it names:
  /// their folders, sentence_bert_config.json, config_sentence_transformers.json; or of sentence-transformers'
  /// MultiVectorEncoder, behind whose Dense modules MultiVectorMask and Normalize follow. A directory without
  /// modules.json is one of stanford-futuredata/ColBERT: `architectures` of config.json begin with HF_ColBERT,
  /// linear.weight is the projection, artifact.metadata says the rest. Throws weft::error that names the file and what
  /// it found: for any other module and for every key that would change the vectors.
  static late_interaction_modules read(const std::filesystem::path& directory);

  /// Every character of ASCII that is neither a letter, nor a digit, nor blank.
  static std::vector<std::string> punctuation() {
    std::vector<std::string> all;
    for (char c = '!'; c <= '~'; ++c)
      if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z')) all.emplace_back(1, c);
    return all;
  }
};

namespace detail {

/// Whether a directory is one of late interaction.
inline bool is_late_interaction(const std::filesystem::path& directory) {
  const auto list = directory / "modules.json", main = directory / "config_sentence_transformers.json",
             model = directory / "config.json";
  if (file_exists(list)) {
    if (!file_exists(main)) return false;
    auto config = read_json(main);
    const json_scope scope(config);
    const auto type = json_text(config, "model_type", main.string(), "");
    return type == "ColBERT" || type == "MultiVectorEncoder" ||
           json_find(config, "query_prefix", main.string()) != nullptr;
  }
  if (!file_exists(model)) return false;
  auto config = read_json(model);
  const json_scope scope(config);
  const auto* const classes = json_find(config, "architectures", model.string());
  return classes && classes->is_array() && !classes->empty() && (*classes)[0] == "HF_ColBERT";
}

inline void read_late_lengths(const nlohmann::json& config, const std::string& file, const char* query,
                              const char* document, late_interaction_modules& m) {
  m.query_length = json_integer(config, query, file, 3, 16'777'216, m.query_length);
  m.document_length = json_integer(config, document, file, 3, 16'777'216, m.document_length);
}

inline void read_pylate_keys(const std::filesystem::path& path, late_interaction_modules& m) {
  if (!file_exists(path)) return;
  const std::string file = path.string();
  read_prompt(path, m.text, {.model_type = "ColBERT", .compares_vectors = false});
  auto config = read_json(path);
  const json_scope scope(config);
  check_sentence_keys(config,
                      {"model_type", "__version__", "prompts", "default_prompt_name", "similarity_fn_name",
                       "query_prefix", "document_prefix", "query_length", "document_length",
                       "attend_to_expansion_tokens", "skiplist_words", "do_query_expansion"},
                      "", file);
  if (const auto name = json_text(config, "similarity_fn_name", file, "MaxSim"); name != "MaxSim")
    fail({.file = file, .subject = "similarity_fn_name", .found = shown(name), .wanted = "MaxSim"});
  m.query_prefix = json_text(config, "query_prefix", file, m.query_prefix);
  m.document_prefix = json_text(config, "document_prefix", file, m.document_prefix);
  read_late_lengths(config, file, "query_length", "document_length", m);
  m.do_query_expansion = json_flag(config, "do_query_expansion", file, true);
  m.attend_to_expansion_tokens = json_flag(config, "attend_to_expansion_tokens", file, false);
  if (const auto* words = json_find(config, "skiplist_words", file))
    m.skiplist_words = json_texts(*words, "skiplist_words", file);
}

inline bool is_multi_vector_encoder(const std::filesystem::path& directory) {
  const auto path = directory / "config_sentence_transformers.json";
  if (!file_exists(path)) return false;
  auto config = read_json(path);
  const json_scope scope(config);
  return json_text(config, "model_type", path.string(), "") == "MultiVectorEncoder";
}

inline void read_multi_vector_mask(const std::filesystem::path& path, late_interaction_modules& m) {
  const std::string file = path.string();
  auto config = read_json(path);
  const json_scope scope(config);
  check_sentence_keys(config, {"skiplist_words", "skiplist_tasks"}, "", file);
  m.skiplist_words.clear();
  if (const auto* words = json_find(config, "skiplist_words", file))
    m.skiplist_words = json_texts(*words, "skiplist_words", file);
  if (const auto* tasks = json_find(config, "skiplist_tasks", file))
    if (json_texts(*tasks, "skiplist_tasks", file) != std::vector<std::string>{"document"})
      fail({.file = file, .subject = "skiplist_tasks", .found = json_shown(*tasks), .wanted = "document alone"});
}

inline void read_expansion(const nlohmann::json& how, const std::string& file, late_interaction_modules& m) {
  check_sentence_keys(how, {"strategy", "attend", "length"}, "query_expansion", file);
  if (const auto strategy = json_text(how, "strategy", file, ""); strategy != "fixed")
    fail({.file = file, .subject = "query_expansion.strategy", .found = shown(strategy), .wanted = "fixed"});
  m.query_length = json_integer(how, "length", file, 3, 16'777'216);
  m.attend_to_expansion_tokens = json_flag(how, "attend", file, false);
}

// What the main file and that of the Transformer say of a MultiVectorEncoder.
inline void read_multi_vector_keys(const std::filesystem::path& directory, late_interaction_modules& m) {
  m.query_prefix = m.document_prefix = "";  // which are texts of the prompts
  m.skips_unknown = m.do_query_expansion = false;
  static constexpr std::array<std::string_view, 3> lengths{"query_length", "document_length", "query_expansion"};
  const encoder_kind kind{.model_type = "MultiVectorEncoder", .compares_vectors = false, .other_keys = lengths};
  read_transformer(m.text.model, m.text, kind);
  constexpr index_t any = 16'777'216;
  m.query_length = m.document_length = m.text.max_length > 0 ? m.text.max_length : any;
  if (const auto path = m.text.model / "sentence_bert_config.json"; file_exists(path)) {
    auto config = read_json(path);
    const json_scope scope(config);
    read_late_lengths(config, path.string(), "query_length", "document_length", m);
    const auto* const how = json_find(config, "query_expansion", path.string());
    m.do_query_expansion = how != nullptr;
    if (how) read_expansion(*how, path.string(), m);
  }
  const auto path = directory / "config_sentence_transformers.json";
  const std::string file = path.string();
  read_prompt(path, m.text, kind);
  auto config = read_json(path);
  const json_scope scope(config);
  if (const auto name = json_text(config, "similarity_fn_name", file, "maxsim"); name != "maxsim")
    fail({.file = file, .subject = "similarity_fn_name", .found = shown(name), .wanted = "maxsim"});
  const auto prompt = [&](const char* name) {
    const auto at = m.text.prompts.find(name);
    return at == m.text.prompts.end() ? std::string() : at->second;
  };
  m.query_prompt = prompt("query"), m.document_prompt = prompt("document");
  for (const char* other : {"passage", "corpus"})
    if (m.document_prompt.empty() && !prompt(other).empty())
      fail({.file = file, .subject = "prompts", .found = other, .wanted = "a prompt for documents called document"});
  m.text.prompt.clear();  // the default counts for neither of the two
}

// The keys of artifact.metadata that change vectors; many others are about training and about an index.
inline void read_stanford_keys(const std::filesystem::path& path, late_interaction_modules& m) {
  m.query_prefix = "[unused0]", m.document_prefix = "[unused1]";
  if (!file_exists(path)) return;
  const std::string file = path.string();
  auto config = read_json(path);
  const json_scope scope(config);
  m.query_prefix = json_text(config, "query_token_id", file, m.query_prefix);
  m.document_prefix = json_text(config, "doc_token_id", file, m.document_prefix);
  read_late_lengths(config, file, "query_maxlen", "doc_maxlen", m);
  m.attend_to_expansion_tokens = json_flag(config, "attend_to_mask_tokens", file, false);
  if (!json_flag(config, "mask_punctuation", file, true)) m.skiplist_words.clear();
  for (const auto& [key, wanted] : {std::pair("similarity", "cosine"), {"interaction", "colbert"}})
    if (const auto found = json_text(config, key, file, wanted); found != wanted)
      fail({.file = file, .subject = key, .found = shown(found), .wanted = wanted});
}

inline sentence_step read_stanford_projection(const std::filesystem::path& directory) {
  const auto stored = checkpoint::open(directory);
  const auto* const t = stored.find("linear.weight");
  if (!t || t->shape.size() != 2 || t->shape[0] < 1 || t->shape[1] < 1)
    fail({.file = stored.file(),
          .subject = "tensor \"linear.weight\"",
          .found = t ? shape_text(t->shape) : "no such tensor",
          .wanted = "the projection, [width of a vector, width of the model]"});
  return {.does = sentence_step::kind::dense,
          .in = t->shape[1],
          .out = t->shape[0],
          .weight = step_tensor(stored, "linear.weight", {t->shape[0], t->shape[1]})};
}

}  // namespace detail

inline late_interaction_modules late_interaction_modules::read(const std::filesystem::path& directory) {
  late_interaction_modules m;
  m.text.model = directory;
  const auto list_path = directory / "modules.json";
  if (is_folder(directory) && !file_exists(list_path)) {
    if (!detail::is_late_interaction(directory))
      fail({.file = directory.string(),
            .found = "neither modules.json nor HF_ColBERT as the class in config.json",
            .wanted = "a directory of PyLate, or of ColBERT"});
    m.text.steps.push_back(detail::read_stanford_projection(directory));
    detail::read_stanford_keys(directory / "artifact.metadata", m);
    return m;
  }
  const std::string file = list_path.string();
  auto modules = detail::read_json(list_path);
  const detail::json_scope scope(modules);
  const bool native = detail::is_multi_vector_encoder(directory);
  const auto refuse = [&](const std::string& subject, const std::string& found) {
    fail({.file = file,
          .subject = subject,
          .found = found,
          .wanted =
              std::string("Transformer, then Dense modules") + (native ? ", then MultiVectorMask and Normalize" : "")});
  };
  if (!modules.is_array()) refuse("modules", json_shown(modules));
  const auto last = modules.size() - 1;  // of a MultiVectorEncoder Normalize, the mask before it
  if (modules.size() < (native ? 4u : 2u)) refuse("modules", std::to_string(modules.size()) + " of them");
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const auto type = json_text(modules[i], "type", file);
    const auto at = detail::module_directory(directory, modules[i], file);
    if (native && i + 1 >= last) {
      const std::string_view name = detail::module_name(type);
      if (name != (i == last ? "Normalize" : "MultiVectorMask"))
        refuse("module " + std::to_string(i), detail::printable(type));
      if (i == last)
        detail::read_normalize(at, "token_embeddings");
      else
        detail::read_multi_vector_mask(at / "config.json", m);
    } else if (i == 0 && detail::module_name(type) == "Transformer")
      m.text.model = at;
    else if (i > 0 && (type == "pylate.models.Dense.Dense" || detail::module_name(type) == "Dense"))
      m.text.steps.push_back(detail::read_dense(at, "token_embeddings"));
    else
      refuse("module " + std::to_string(i), detail::printable(type));
  }
  if (native) {
    detail::read_multi_vector_keys(directory, m);
  } else {
    detail::read_transformer(m.text.model, m.text);
    detail::read_pylate_keys(directory / "config_sentence_transformers.json", m);
  }
  m.text.max_length = 0;  // PyLate has lengths of its own
  return m;
}

}  // namespace weft
