#pragma once
// What a sentence-transformers directory says about making one vector of a text: modules.json and what it names.
// https://www.sbert.net/docs/package_reference/sentence_transformer/models.html
#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <weft/io/labels.hpp>
#include <weft/io/mapped_file.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How the rows of a text become one vector.
enum class pooling {
  mean,         ///< of all rows, [CLS] and [SEP] included
  first_token,  ///< the row of [CLS]
};

struct sentence_modules {
  std::filesystem::path model = {};  ///< where config.json, the weights and the tokenizer are
  weft::pooling pooling = pooling::mean;
  bool normalize = false;   ///< divide the vector by its Euclidean length
  index width = 0;          ///< of the vectors; 0: not stated
  index max_length = 0;     ///< tokens of a text, special ones included; 0: not stated
  bool lowercase = false;   ///< lower-case the text, whatever the tokenizer does
  std::string prompt = {};  ///< put before every text

  /// Reads modules.json of a directory, which must list Transformer, Pooling and optionally Normalize in this order,
  /// and 1_Pooling/config.json, sentence_bert_config.json, config_sentence_transformers.json. Throws weft::error that
  /// names the file and what it found: for any other module (Dense, CNN, ...) and for pooling other than mean and
  /// [CLS].
  static sentence_modules read(const std::filesystem::path& directory);
};

namespace detail {

inline nlohmann::json read_json(const std::filesystem::path& path) {
  return parse_json(mapped_file::open(path)->text(), path.string());
}

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

inline void read_pooling(const std::filesystem::path& path, sentence_modules& m, bool& includes_prompt) {
  const std::string file = path.string();
  auto config = read_json(path);
  const json_scope scope(config);
  // One flag a mode; newer files have the mode's name instead.
  struct mode {
    const char *flag, *name;
  };
  constexpr std::array<mode, 6> modes{{{"pooling_mode_mean_tokens", "mean"},
                                       {"pooling_mode_cls_token", "cls"},
                                       {"pooling_mode_max_tokens", "max"},
                                       {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"},
                                       {"pooling_mode_weightedmean_tokens", "weightedmean"},
                                       {"pooling_mode_lasttoken", "lasttoken"}}};
  std::string chosen = json_text(config, "pooling_mode", file, "");
  for (const auto& [flag, name] : modes)
    if (json_flag(config, flag, file, false) && chosen != name)
      chosen += (chosen.empty() ? "" : "+") + std::string(name);
  if (chosen != "mean" && chosen != "cls")
    fail({.file = file,
          .subject = "pooling mode",
          .found = chosen.empty() ? "none" : printable(chosen),
          .wanted = "mean or cls, and one of them"});
  m.pooling = chosen == "cls" ? pooling::first_token : pooling::mean;
  const char* width =
      json_find(config, "embedding_dimension", file) ? "embedding_dimension" : "word_embedding_dimension";
  m.width = json_integer(config, width, file, 1, 65'536, 0);
  includes_prompt = json_flag(config, "include_prompt", file, true);
}

inline void read_limits(const std::filesystem::path& path, sentence_modules& m) {
  const std::string file = path.string();
  auto config = read_json(path);
  const json_scope scope(config);
  m.max_length = json_integer(config, "max_seq_length", file, 1, 16'777'216, 0);
  m.lowercase = json_flag(config, "do_lower_case", file, false);
}

inline void read_prompt(const std::filesystem::path& path, sentence_modules& m) {
  const std::string file = path.string();
  auto config = read_json(path);
  const json_scope scope(config);
  if (const auto name = json_text(config, "default_prompt_name", file, ""); !name.empty())
    m.prompt = json_text(json_at(config, "prompts", file), name, file);
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
  constexpr std::array<std::string_view, 3> wanted{"Transformer", "Pooling", "Normalize"};
  const auto refuse = [&](const std::string& subject, const std::string& found) {
    fail({.file = file,
          .subject = subject,
          .found = found,
          .wanted = "Transformer, Pooling and perhaps Normalize, in this order"});
  };
  if (!modules.is_array()) refuse("modules", json_shown(modules));

  sentence_modules m;
  bool includes_prompt = true;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const auto type = json_text(modules[i], "type", file);
    const auto name = detail::module_name(type);
    if (i >= wanted.size() || name != wanted[i]) refuse("module " + std::to_string(i), detail::printable(type));
    const auto at = detail::module_directory(directory, modules[i], file);
    if (i == 0) m.model = at;
    if (i == 1) detail::read_pooling(at / "config.json", m, includes_prompt);
    if (i == 2) m.normalize = true;
  }
  if (modules.size() < 2) refuse("modules", std::to_string(modules.size()) + " of them");
  if (const auto limits = m.model / "sentence_bert_config.json"; file_exists(limits)) detail::read_limits(limits, m);
  if (const auto prompts = directory / "config_sentence_transformers.json"; file_exists(prompts))
    detail::read_prompt(prompts, m);
  if (!m.prompt.empty() && !includes_prompt)
    fail({.file = file,
          .subject = "include_prompt",
          .found = "false, beside a prompt",
          .wanted = "true: weft pools all rows"});
  return m;
}

}  // namespace weft
