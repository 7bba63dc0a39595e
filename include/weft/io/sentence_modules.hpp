#pragma once
// What a sentence-transformers directory says about making one vector of a text: modules.json and what it names.
// https://www.sbert.net/docs/package_reference/sentence_transformer/models.html
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/pooling_modes.hpp>
#include <weft/io/labels.hpp>
#include <weft/io/sentence_steps.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How near two vectors are; more is nearer.
enum class similarity {
  cosine,
  dot,        ///< the sum of products
  euclidean,  ///< the negative distance
  manhattan,  ///< the negative sum of differences
};

struct sentence_modules {
  std::filesystem::path model = {};                 ///< where config.json, the weights and the tokenizer are
  pooling_modes pooling = weft::pooling::mean;      ///< how the rows of a text become one vector
  std::vector<sentence_step> steps = {};            ///< what is done to the vector next, but for a last Normalize
  bool normalize = false;                           ///< divide the vector by its Euclidean length
  index_t width = 0;                                ///< of the vectors; 0: not stated
  index_t max_length = 0;                           ///< tokens of a text, special ones included; 0: not stated
  bool lowercase = false;                           ///< lower-case the text, whatever the tokenizer does
  index_t truncate = 0;                             ///< keep that many values; 0: all
  bool normalize_truncated = false;                 ///< and divide those by their length
  std::string prompt = {};                          ///< put before every text for which no other is named
  std::map<std::string, std::string> prompts = {};  ///< by name
  bool pools_prompt = true;                         ///< false: only a text without prompt can be embedded
  weft::similarity similarity = weft::similarity::cosine;  ///< what the model was trained for

  /// Reads modules.json of a directory, which must list Transformer and Pooling, then any of Dense, LayerNorm and
  /// Normalize, and what it names: 1_Pooling/config.json, sentence_bert_config.json (or one of its older names),
  /// config_sentence_transformers.json. Throws weft::error that names the file and what it found: for any other module
  /// (CNN, LSTM, ...), for a way of pooling that it does not know, and for every other key that would change the
  /// vectors.
  static sentence_modules read(const std::filesystem::path& directory);

  /// The prompt of a name. Throws weft::error that lists those that there are for another; `file` is where it was
  /// found.
  const std::string& prompt_named(const std::string& name, std::string_view file = {}) const {
    if (const auto at = prompts.find(name); at != prompts.end()) return at->second;
    std::string known;
    for (const auto& [other, text] : prompts) known += (known.empty() ? "" : ", ") + detail::printable(other);
    fail({.file = file,
          .subject = "prompt",
          .found = detail::shown(name),
          .wanted = known.empty() ? "none: the model has no prompts" : "one of " + known});
  }
};

namespace detail {

/// "Pooling" of "sentence_transformers.models.Pooling", whatever packages newer versions put between.
inline std::string_view module_name(std::string_view type) {
  constexpr std::string_view package = "sentence_transformers.";
  return type.starts_with(package) ? type.substr(type.rfind('.') + 1) : type;
}

/// The directory of a module. Fails if its path leaves the model's directory.
inline std::filesystem::path module_directory(const std::filesystem::path& root, const nlohmann::json& module,
                                              std::string_view file) {
  const std::filesystem::path path = json_text(module, "path", file);
  bool inside = !path.is_absolute() && !path.has_root_name();
  for (const auto& part : path) inside = inside && part != "..";
  if (!inside)
    fail({.file = file, .subject = "path", .found = shown(path.string()), .wanted = "a path inside the directory"});
  return path.empty() ? root : root / path;
}

inline void read_pooling(const std::filesystem::path& path, sentence_modules& m) {
  const std::string file = path.string();
  auto config = read_json(path);
  const json_scope scope(config);
  // Newer files have the modes' names in the order in which their vectors are joined; older ones a flag a mode, which
  // count where there are no names and whose order is this one.
  struct mode {
    const char *flag, *name;
    pooling means;
  };
  constexpr std::array<mode, 6> modes{
      {{"pooling_mode_cls_token", "cls", pooling::first_token},
       {"pooling_mode_max_tokens", "max", pooling::maximum},
       {"pooling_mode_mean_tokens", "mean", pooling::mean},
       {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", pooling::square_root_mean},
       {"pooling_mode_weightedmean_tokens", "weightedmean", pooling::weighted_mean},
       {"pooling_mode_lasttoken", "lasttoken", pooling::last_token}}};
  check_sentence_keys(config,
                      {"word_embedding_dimension", "embedding_dimension", "include_prompt", "pooling_mode",
                       modes[0].flag, modes[1].flag, modes[2].flag, modes[3].flag, modes[4].flag, modes[5].flag},
                      "", file);
  std::vector<pooling> chosen;
  if (const auto* named = json_find(config, "pooling_mode", file)) {
    for (const auto& name : named->is_array() ? json_texts(*named, "pooling_mode", file)
                                              : std::vector{json_text(config, "pooling_mode", file)}) {
      const auto at = std::find_if(modes.begin(), modes.end(), [&](const mode& one) { return one.name == name; });
      if (at == modes.end())
        fail({.file = file,
              .subject = "pooling_mode",
              .found = shown(name),
              .wanted = "cls, max, mean, mean_sqrt_len_tokens, weightedmean or lasttoken"});
      chosen.push_back(at->means);
    }
    if (chosen.empty()) fail({.file = file, .subject = "pooling_mode", .found = "none", .wanted = "at least one"});
  } else {
    for (const auto& [flag, name, means] : modes)
      if (json_flag(config, flag, file, false)) chosen.push_back(means);
    if (chosen.empty()) chosen.push_back(pooling::mean);
  }
  m.pooling = pooling_modes(chosen);
  const char* width =
      json_find(config, "embedding_dimension", file) ? "embedding_dimension" : "word_embedding_dimension";
  m.width = json_integer(config, width, file, 1, 65'536, 0);
  m.pools_prompt = json_flag(config, "include_prompt", file, true);
}

/// The file of a Transformer module has had these names; the first that is there and says something counts.
inline constexpr std::array<std::string_view, 7> transformer_files{
    "sentence_bert_config.json",      "sentence_roberta_config.json", "sentence_distilbert_config.json",
    "sentence_camembert_config.json", "sentence_albert_config.json",  "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json"};

/// What the files of one of sentence-transformers' kinds of encoders say where they say it.
struct encoder_kind {
  std::string_view model_type = "SentenceTransformer";
  const char *task = "feature-extraction", *output = "last_hidden_state";  ///< of the transformer
  const char* default_task = "feature-extraction";                         ///< where its file names none
  weft::similarity similarity = weft::similarity::cosine;                  ///< likewise
  bool compares_vectors = true;                                            ///< false: similarity_fn_name is not read
  std::span<const std::string_view> other_keys = {};                       ///< of the transformer, read elsewhere
};

inline void read_limits(const nlohmann::json& config, const std::string& file, sentence_modules& m,
                        const encoder_kind& kind = {}) {
  m.max_length = json_integer(config, "max_seq_length", file, 1, 16'777'216, 0);
  m.lowercase = json_flag(config, "do_lower_case", file, false);
  // What changes no vector of a text: how numbers are computed and where files are.
  check_sentence_keys(config,
                      {"max_seq_length", "do_lower_case", "model_args", "model_kwargs", "tokenizer_args",
                       "processor_kwargs", "config_args", "config_kwargs", "transformer_task", "modality_config",
                       "module_output_name", "processing_kwargs", "unpad_inputs", "backend", "cache_dir"},
                      "", file, kind.other_keys);
  for (const auto* key : {"model_args", "model_kwargs"})
    if (const auto* inner = json_find(config, key, file))
      check_sentence_keys(*inner,
                          {"trust_remote_code", "torch_dtype", "dtype", "attn_implementation", "device_map",
                           "low_cpu_mem_usage", "use_safetensors", "add_pooling_layer"},
                          key, file);
  for (const auto* key : {"tokenizer_args", "processor_kwargs", "config_args", "config_kwargs"})
    if (const auto* inner = json_find(config, key, file))
      check_sentence_keys(*inner, {"trust_remote_code", "use_fast"}, key, file);
  if (const auto* inner = json_find(config, "processing_kwargs", file))
    check_sentence_keys(*inner, {}, "processing_kwargs", file);
  const auto demand = [&](const char* key, const char* wanted, const char* unless_said) {
    if (const auto found = json_text(config, key, file, unless_said); found != wanted)
      fail({.file = file, .subject = key, .found = shown(found), .wanted = wanted});
  };
  demand("transformer_task", kind.task, kind.default_task);
  demand("module_output_name", "token_embeddings", "token_embeddings");
  const auto* kinds = json_find(config, "modality_config", file);
  if (!kinds) return;
  const auto& text = json_at(*kinds, "text", file);
  for (const auto& [key, wanted] : {std::pair("method", "forward"), {"method_output_name", kind.output}})
    if (const auto found = json_text(text, key, file, wanted); found != wanted)
      fail({.file = file,
            .subject = std::string("modality_config.text.") + key,
            .found = shown(found),
            .wanted = wanted});
}

inline void read_transformer(const std::filesystem::path& directory, sentence_modules& m,
                             const encoder_kind& kind = {}) {
  for (const auto name : transformer_files) {
    const auto path = directory / name;
    if (!file_exists(path)) continue;
    auto config = read_json(path);
    const json_scope scope(config);
    if (config.is_object() && config.empty()) continue;
    return read_limits(config, path.string(), m, kind);
  }
  read_limits(nlohmann::json::object(), (directory / transformer_files[0]).string(), m, kind);
}

inline void read_prompt(const std::filesystem::path& path, sentence_modules& m, const encoder_kind& kind = {}) {
  const std::string file = path.string();
  auto config = read_json(path);
  const json_scope scope(config);
  if (const auto type = json_text(config, "model_type", file, std::string(kind.model_type)); type != kind.model_type)
    fail({.file = file, .subject = "model_type", .found = shown(type), .wanted = kind.model_type});
  if (const auto* prompts = json_find(config, "prompts", file)) {
    if (!prompts->is_object())
      fail({.file = file, .subject = "prompts", .found = json_shown(*prompts), .wanted = "texts by name"});
    for (const auto& [name, text] : prompts->items())
      if (!text.is_null()) m.prompts[name] = json_text(*prompts, name, file);
  }
  if (const auto name = json_text(config, "default_prompt_name", file, ""); !name.empty())
    m.prompt = m.prompt_named(name, file);
  m.truncate = json_integer(config, "truncate_dim", file, 1, 16'777'216, 0);
  if (!kind.compares_vectors) return;
  constexpr std::array<std::string_view, 4> names{"cosine", "dot", "euclidean", "manhattan"};
  const auto name =
      json_text(config, "similarity_fn_name", file, std::string(names[static_cast<std::size_t>(kind.similarity)]));
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end())
    fail({.file = file,
          .subject = "similarity_fn_name",
          .found = shown(name),
          .wanted = "cosine, dot, euclidean or manhattan"});
  m.similarity = static_cast<similarity>(at - names.begin());
}

}  // namespace detail

inline sentence_modules sentence_modules::read(const std::filesystem::path& directory) {
  const auto list_path = directory / "modules.json";
  const std::string file = list_path.string();
  if (is_folder(directory) && !file_exists(list_path))
    fail({.file = directory.string(),
          .found = "no modules.json",
          .wanted = "a directory of sentence-transformers",
          .remedy = "for another model say weft::sentence_modules{.pooling = ...} yourself"});
  auto modules = detail::read_json(list_path);
  const detail::json_scope scope(modules);
  const auto refuse = [&](const std::string& subject, const std::string& found) {
    fail({.file = file,
          .subject = subject,
          .found = found,
          .wanted = "Transformer, Pooling, then any of Dense, LayerNorm and Normalize"});
  };
  if (!modules.is_array()) refuse("modules", json_shown(modules));

  sentence_modules m;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const auto type = json_text(modules[i], "type", file);
    const auto name = detail::module_name(type);
    const auto at = detail::module_directory(directory, modules[i], file);
    if (i == 0 && name == "Transformer")
      m.model = at;
    else if (i == 1 && name == "Pooling")
      detail::read_pooling(at / "config.json", m);
    else if (i > 1 && name == "Dense")
      m.steps.push_back(detail::read_dense(at));
    else if (i > 1 && name == "LayerNorm")
      m.steps.push_back(detail::read_layer_norm(at));
    else if (i > 1 && name == "Normalize")
      m.steps.push_back(detail::read_normalize(at));
    else if (name == "SpladePooling")
      fail({.file = file,
            .subject = "module " + std::to_string(i),
            .found = detail::printable(type),
            .wanted = "modules that make one vector",
            .remedy = "weft::sparse_embedder, at the prompt weft embed, makes weights of words"});
    else if (type.starts_with("pylate."))
      fail({.file = file,
            .subject = "module " + std::to_string(i),
            .found = detail::printable(type),
            .wanted = "modules that make one vector",
            .remedy = "weft::late_interaction, at the prompt weft rerank, has a vector for every token"});
    else
      refuse("module " + std::to_string(i), detail::printable(type));
  }
  m.normalize = !m.steps.empty() && m.steps.back().does == sentence_step::kind::normalize;
  if (m.normalize) m.steps.pop_back();
  if (modules.size() < 2) refuse("modules", std::to_string(modules.size()) + " of them");
  detail::read_transformer(m.model, m);
  if (const auto prompts = directory / "config_sentence_transformers.json"; file_exists(prompts))
    detail::read_prompt(prompts, m);
  if (!m.prompt.empty() && !m.pools_prompt)
    fail({.file = file,
          .subject = "include_prompt",
          .found = "false, beside a prompt",
          .wanted = "true: weft pools all rows"});
  return m;
}

}  // namespace weft
