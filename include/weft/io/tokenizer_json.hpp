#pragma once
// Tokenizers from the files of a Hugging Face directory: tokenizer.json, or vocab.txt with tokenizer_config.json.
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <weft/io/mapped_file.hpp>
#include <weft/io/tokenizer_parts.hpp>

namespace weft {

/// What to do otherwise than the files say.
struct tokenizer_reading {
  std::optional<bool> lowercase = {}, strip_accents = {}, chinese_characters = {};  ///< unset: as the files say
  bool stored_truncation = false;  ///< obey the truncation in tokenizer.json; stored padding is never obeyed
};

namespace detail {

inline void override_options(const tokenizer_reading& how, wordpiece_options& options) {
  if (how.lowercase) options.lowercase = *how.lowercase;
  if (how.strip_accents) options.strip_accents = how.strip_accents;
  if (how.chinese_characters) options.chinese_characters = *how.chinese_characters;
}

inline void read_normaliser(const nlohmann::json& document, wordpiece_options& options, std::string_view file) {
  const auto& part = component(document, "normalizer", {"BertNormalizer"}, file);
  check_keys(part, {"type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"}, "normalizer", file);
  options.clean_text = json_flag(part, "clean_text", file, true);
  options.chinese_characters = json_flag(part, "handle_chinese_chars", file, true);
  if (json_find(part, "strip_accents", file)) options.strip_accents = json_flag(part, "strip_accents", file);
  options.lowercase = json_flag(part, "lowercase", file, true);
}

inline std::vector<std::string> read_model(const nlohmann::json& document, wordpiece_options& options,
                                           std::string_view file) {
  const auto& model = json_at(document, "model", file);
  // Old files leave the type out.
  if (json_find(model, "type", file)) component(document, "model", {"WordPiece"}, file);
  check_keys(model, {"type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"}, "model",
             file);
  options.unknown = json_text(model, "unk_token", file, "[UNK]");
  options.continuing_prefix = json_text(model, "continuing_subword_prefix", file, "##");
  options.max_characters = json_integer(model, "max_input_chars_per_word", file, 1, 1000000, 100);
  return read_pieces(model, file);
}

inline void read_decoder(const nlohmann::json& document, wordpiece_options& options, std::string_view file) {
  if (!json_find(document, "decoder", file)) return;
  const auto& part = component(document, "decoder", {"WordPiece"}, file);
  check_keys(part, {"type", "prefix", "cleanup"}, "decoder", file);
  if (const auto prefix = json_text(part, "prefix", file, "##"); prefix != options.continuing_prefix)
    fail({.file = file,
          .subject = "decoder.prefix",
          .found = shown(prefix),
          .wanted = shown(options.continuing_prefix)});
  options.clean_up = json_flag(part, "cleanup", file, true);
}

inline wordpiece read_tokenizer_json(std::string_view text, std::string_view file, const tokenizer_reading& how,
                                     wordpiece_options options) {
  const nlohmann::json document = parse_json(text, file);
  check_keys(document,
             {"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
              "decoder", "model"},
             "the file", file);
  if (const auto version = json_text(document, "version", file, "1.0"); version != "1.0")
    fail({.file = file, .subject = "version", .found = shown(version), .wanted = "1.0"});
  read_normaliser(document, options, file);
  check_keys(component(document, "pre_tokenizer", {"BertPreTokenizer"}, file), {"type"}, "pre_tokenizer", file);
  auto pieces = read_model(document, options, file);
  read_decoder(document, options, file);
  if (const auto* added = json_find(document, "added_tokens", file)) {
    if (!added->is_array())
      fail({.file = file, .subject = "added_tokens", .found = json_shown(*added), .wanted = "an array"});
    for (const auto& token : *added) options.added.push_back(read_added_token(token, file));
  }
  const auto& processor = component(document, "post_processor", {"TemplateProcessing", "BertProcessing"}, file);
  const placed_tokens placed =
      processor.at("type") == "BertProcessing" ? read_bert_processing(processor, file) : read_template(processor, file);
  options.classifier = placed.classifier.name;
  options.separator = placed.separator.name;
  if (const auto* stored = json_find(document, "truncation", file); stored && how.stored_truncation)
    options.truncation = read_truncation(*stored, file);
  override_options(how, options);
  options.file = file;
  wordpiece tokenizer(std::move(pieces), std::move(options));
  for (const auto& token : {placed.classifier, placed.separator})
    if (tokenizer.find(token.name) != token.id)
      fail({.file = file,
            .subject = "post_processor, " + shown(token.name),
            .found = "id " + std::to_string(token.id),
            .wanted = std::to_string(tokenizer.find(token.name)) + ", its id in the vocabulary"});
  return tokenizer;
}

// The options that a tokenizer_config.json gives to a vocab.txt.
inline void read_vocabulary_configuration(const nlohmann::json& config, wordpiece_options& options,
                                          std::string_view file) {
  if (json_find(config, "tokenizer_class", file)) {
    const std::string name = json_text(config, "tokenizer_class", file);
    const std::string_view plain = std::string_view(name).substr(0, name.size() - (name.ends_with("Fast") ? 4 : 0));
    constexpr std::string_view known[] = {"BertTokenizer", "ElectraTokenizer", "ConvBertTokenizer",
                                          "MobileBertTokenizer", "DistilBertTokenizer"};
    if (std::find(std::begin(known), std::end(known), plain) == std::end(known))
      fail(
          {.file = file,
           .subject = "tokenizer_class",
           .found = shown(name),
           .wanted = "BertTokenizer, ElectraTokenizer, ConvBertTokenizer, MobileBertTokenizer or DistilBertTokenizer"});
  }
  if (!json_flag(config, "do_basic_tokenize", file, true))
    fail({.file = file, .subject = "do_basic_tokenize", .found = "false", .wanted = "true"});
  if (const auto* never = json_find(config, "never_split", file); never && !never->empty())
    fail({.file = file, .subject = "never_split", .found = json_shown(*never), .wanted = "null or an empty array"});
  options.lowercase = json_flag(config, "do_lower_case", file, true);
  if (json_find(config, "strip_accents", file)) options.strip_accents = json_flag(config, "strip_accents", file);
  options.chinese_characters = json_flag(config, "tokenize_chinese_chars", file, true);
  read_special_name(config, "unk_token", options.unknown, file);
  read_special_name(config, "sep_token", options.separator, file);
  read_special_name(config, "cls_token", options.classifier, file);
  if (const auto* added = json_find(config, "added_tokens_decoder", file))
    options.added = read_added_tokens_decoder(*added, file);
}

}  // namespace detail

/// The tokenizer in the text of a tokenizer.json. `file` is named in errors. Throws weft::error unless it is a
/// WordPiece model with BertNormalizer, BertPreTokenizer and the post-processor of BERT, and its ids are 0, 1, 2, ...
inline wordpiece parse_tokenizer(std::string_view text, std::string_view file = "tokenizer.json",
                                 const tokenizer_reading& how = {}) {
  return detail::read_tokenizer_json(text, file, how, {});
}

/// The tokenizer in a directory, or in one file: a tokenizer.json (by its ending) or else a vocab.txt. In a directory
/// tokenizer.json wins over vocab.txt, and tokenizer_config.json is read beside either. A vocab.txt without
/// tokenizer_config.json is uncased. Throws weft::error that names the file, the key, what was found and what was
/// wanted.
inline wordpiece read_tokenizer(const std::filesystem::path& path, const tokenizer_reading& how = {}) {
  std::error_code ignored;
  const auto exists = [&](const std::filesystem::path& p) { return std::filesystem::exists(p, ignored); };
  const bool directory = std::filesystem::is_directory(path, ignored);
  const auto json_file = directory ? path / "tokenizer.json" : path;
  const bool is_json = directory ? exists(json_file) : path.extension() == ".json";
  const auto vocabulary_file = directory ? path / "vocab.txt" : path;
  if (directory && !is_json && !exists(vocabulary_file))
    fail({.file = path.string(),
          .found = "neither tokenizer.json nor vocab.txt",
          .wanted = "one of them",
          .remedy = "copy the tokenizer's files beside the model's"});

  wordpiece_options options;
  if (const auto config_file = path / "tokenizer_config.json"; directory && exists(config_file)) {
    const std::string file = config_file.string();
    const nlohmann::json config = parse_json(mapped_file::open(config_file)->text(), file);
    detail::read_shared_configuration(config, options, file);
    if (!is_json) detail::read_vocabulary_configuration(config, options, file);
  }
  if (is_json)
    return detail::read_tokenizer_json(mapped_file::open(json_file)->text(), json_file.string(), how, options);
  detail::override_options(how, options);
  options.file = vocabulary_file.string();
  return wordpiece(vocabulary_lines(mapped_file::open(vocabulary_file)->text()), std::move(options));
}

}  // namespace weft
