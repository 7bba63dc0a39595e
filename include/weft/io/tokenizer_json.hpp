#pragma once
// Tokenizers from the files of a Hugging Face directory: tokenizer.json, vocab.txt with tokenizer_config.json, or
// spiece.model.
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <weft/io/mapped_file.hpp>
#include <weft/io/subwords_json.hpp>
#include <weft/io/wordpiece_json.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

// `config` is the tokenizer_config.json beside it, or null.
inline tokenizer read_tokenizer_json(std::string_view text, std::string_view file, const tokenizer_reading& how,
                                     const nlohmann::json* config, std::string_view config_file) {
  auto document = parse_json(text, file);
  const json_scope scope(document);
  check_keys(document,
             {"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
              "decoder", "model"},
             "the file", file);
  if (const auto version = json_text(document, "version", file, "1.0"); version != "1.0")
    fail({.file = file, .subject = "version", .found = shown(version), .wanted = "1.0"});
  const auto& model = json_at(document, "model", file);
  std::string type = "WordPiece";  // old files leave it out
  if (json_find(model, "type", file))
    type = component(document, "model", {"WordPiece", "Unigram", "BPE"}, file).at("type").get<std::string>();
  if (type == "WordPiece") {
    wordpiece_options options;
    if (config) read_shared_configuration(*config, options, config_file);
    return read_wordpiece_json(document, file, how, std::move(options));
  }
  subword_configuration configuration;
  if (config) read_shared_configuration(*config, configuration, config_file);
  return (type == "BPE" ? read_bpe_json : read_unigram_json)(document, file, how, configuration);
}

inline tokenizer read_sentencepiece_file(const std::filesystem::path& path, const tokenizer_reading& how,
                                         const nlohmann::json* config, std::string_view config_file) {
  if (!how.sentencepiece)
    fail({.file = path.string(),
          .found = "a SentencePiece model and nothing to read it with",
          .wanted = "a tokenizer.json or a vocab.txt",
          .remedy = "link weft::sentencepiece and pass {.sentencepiece = weft::read_sentencepiece}, or save a "
                    "tokenizer.json with transformers"});
  sentencepiece_source source;
  source.options.file = path.string();
  if (config) {
    read_shared_configuration(*config, source.options, config_file);
    read_special_name(*config, "cls_token", source.classifier, config_file);
    read_special_name(*config, "sep_token", source.separator, config_file);
  }
  const auto file = mapped_file::open(path);
  source.bytes = file->text();
  return how.sentencepiece(source);
}

inline tokenizer read_vocabulary_file(const std::filesystem::path& path, const tokenizer_reading& how,
                                      const nlohmann::json* config, std::string_view config_file) {
  wordpiece_options options;
  if (config) {
    read_shared_configuration(*config, options, config_file);
    read_vocabulary_configuration(*config, options, config_file);
  }
  override_options(how, options);
  options.file = path.string();
  return wordpiece(vocabulary_lines(mapped_file::open(path)->text()), std::move(options));
}

}  // namespace detail

/// The tokenizer in the text of a tokenizer.json. `file` is named in errors. Throws weft::error unless it is a
/// WordPiece model of BERT's kind, a unigram model or a byte-level BPE model, has no part that weft does not know, and
/// its ids are 0, 1, 2, ...
inline tokenizer parse_tokenizer(std::string_view text, std::string_view file = "tokenizer.json",
                                 const tokenizer_reading& how = {}) {
  return detail::read_tokenizer_json(text, file, how, nullptr, "");
}

/// The file of a directory that read_tokenizer reads; empty where there is none.
inline std::filesystem::path tokenizer_file(const std::filesystem::path& directory) {
  for (const auto* name : {"tokenizer.json", "vocab.txt", "spiece.model", "spm.model", "sentencepiece.bpe.model"})
    if (file_exists(directory / name)) return directory / name;
  return {};
}

/// The tokenizer in a directory, or in one file: a tokenizer.json or a SentencePiece model (by their endings) or else a
/// vocab.txt. In a directory tokenizer.json wins over vocab.txt, and that over spiece.model; tokenizer_config.json is
/// read beside each. A vocab.txt without tokenizer_config.json is uncased. Throws weft::error that names the file, the
/// key, what was found and what was wanted.
inline tokenizer read_tokenizer(const std::filesystem::path& path, const tokenizer_reading& how = {}) {
  auto file = path;
  nlohmann::json config;  // null: there is none
  const detail::json_scope scope(config);
  std::string config_name;
  if (is_folder(path)) {
    file = tokenizer_file(path);
    const auto config_file = path / "tokenizer_config.json";
    config_name = config_file.string();
    if (file_exists(config_file)) config = parse_json(mapped_file::open(config_file)->text(), config_name);
  }
  const nlohmann::json* const said = config.is_null() ? nullptr : &config;
  if (file.extension() == ".json")
    return detail::read_tokenizer_json(mapped_file::open(file)->text(), file.string(), how, said, config_name);
  if (file.extension() == ".model") return detail::read_sentencepiece_file(file, how, said, config_name);
  if (!file.empty()) return detail::read_vocabulary_file(file, how, said, config_name);
  fail({.file = path.string(),
        .found = "neither tokenizer.json nor vocab.txt",
        .wanted = "one of them",
        .remedy = "copy the tokenizer's files beside the model's"});
}

}  // namespace weft
