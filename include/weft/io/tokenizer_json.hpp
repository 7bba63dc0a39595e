#pragma once
// Tokenizers from the files of a Hugging Face directory: tokenizer.json, vocab.txt with tokenizer_config.json,
// spiece.model, or vocab.json with merges.txt.
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <weft/io/byte_level_files.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/io/sentencepiece_files.hpp>
#include <weft/io/subwords_json.hpp>
#include <weft/io/wordpiece_json.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

// The type of a model. Old files leave it out; then its own keys tell, as in the tokenizers library (models/mod.rs).
inline std::string model_type(const nlohmann::json& document, std::string_view file) {
  const auto& model = json_at(document, "model", file);
  if (json_find(model, "type", file))
    return component(document, "model", {"WordPiece", "Unigram", "BPE"}, file).at("type").get<std::string>();
  if (json_find(model, "merges", file)) return "BPE";
  const auto* vocab = json_find(model, "vocab", file);
  if (vocab && vocab->is_array()) return "Unigram";
  if (vocab && !json_find(model, "max_input_chars_per_word", file))
    fail({.file = file,
          .subject = "model",
          .found = "no type, and neither merges nor max_input_chars_per_word, as a WordLevel model has it",
          .wanted = "WordPiece, Unigram or BPE"});
  return "WordPiece";
}

// Whether a class is one of this type of model; of another it would make nonsense, so that the file counts.
inline bool is_class_of(tokenizer_kind kind, std::string_view type) {
  using enum tokenizer_kind;
  if (type == "WordPiece") return kind == bert || kind == mpnet;
  if (type == "BPE") return kind == roberta || kind == deberta;
  return kind == xlm_roberta || kind == camembert || kind == albert || kind == big_bird;
}

inline tokenizer read_tokenizer_json(std::string_view text, std::string_view file, const tokenizer_reading& how,
                                     tokenizer_configuration configuration) {
  auto document = parse_json(text, file);
  const json_scope scope(document);
  check_keys(document,
             {"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
              "decoder", "model"},
             "the file", file);
  if (const auto version = json_text(document, "version", file, "1.0"); version != "1.0")
    fail({.file = file, .subject = "version", .found = shown(version), .wanted = "1.0"});
  const auto type = model_type(document, file);
  if (!is_class_of(configuration.kind, type)) configuration.kind = tokenizer_kind::stored;
  const auto read = type == "WordPiece" ? read_wordpiece_json : type == "BPE" ? read_bpe_json : read_unigram_json;
  return read(document, file, how, std::move(configuration));
}

}  // namespace detail

/// The tokenizer in the text of a tokenizer.json. `file` is named in errors. Throws weft::error unless it is a
/// WordPiece model of BERT's kind, a unigram model or a byte-level BPE model, has no part that weft does not know, and
/// its ids are 0, 1, 2, ...
inline tokenizer parse_tokenizer(std::string_view text, std::string_view file = "tokenizer.json",
                                 const tokenizer_reading& how = {}) {
  return detail::read_tokenizer_json(text, file, how, {});
}

/// The file of a directory that read_tokenizer reads; empty where there is none.
inline std::filesystem::path tokenizer_file(const std::filesystem::path& directory) {
  for (const auto* name : {"tokenizer.json", "vocab.txt", "spiece.model", "spm.model", "sentencepiece.bpe.model"})
    if (file_exists(directory / name)) return directory / name;
  const bool byte_level = file_exists(directory / "vocab.json") && file_exists(directory / "merges.txt");
  return byte_level ? directory / "vocab.json" : std::filesystem::path();
}

/// Whether read_tokenizer calls tokenizer_reading::sentencepiece for a directory: its file is a SentencePiece model of
/// a class that weft does not cut itself.
inline bool needs_sentencepiece(const std::filesystem::path& directory, std::string_view family = {}) {
  return tokenizer_file(directory).extension() == ".model" &&
         !detail::reads_sentencepiece(detail::tokenizer_configuration::read(directory, family));
}

/// The tokenizer in a directory, or in one file: a tokenizer.json or a SentencePiece model (by their endings) or else a
/// vocab.txt. In a directory tokenizer.json wins over vocab.txt, that over spiece.model, and that over vocab.json with
/// merges.txt; tokenizer_config.json,
/// special_tokens_map.json, added_tokens.json and the class in config.json are read beside each. A vocab.txt without
/// them is uncased. Throws weft::error that names the file, the key, what was found and what was wanted.
inline tokenizer read_tokenizer(const std::filesystem::path& path, const tokenizer_reading& how = {}) {
  auto file = path;
  detail::tokenizer_configuration configuration;
  if (is_folder(path)) {
    file = tokenizer_file(path);
    if (file.empty())
      fail({.file = path.string(),
            .found = "neither tokenizer.json nor vocab.txt, nor vocab.json with merges.txt",
            .wanted = "one of them",
            .remedy = "copy the tokenizer's files beside the model's"});
    configuration = detail::tokenizer_configuration::read(path, how.family);
  }
  const auto bytes = mapped_file::open(file);
  if (is_folder(path) && file.filename() == "vocab.json")
    return detail::read_byte_level_files(bytes->text(), file, how, std::move(configuration));
  const auto read = file.extension() == ".json"    ? detail::read_tokenizer_json
                    : file.extension() == ".model" ? detail::read_sentencepiece_file
                                                   : detail::read_wordpiece_lines;
  return read(bytes->text(), file.string(), how, std::move(configuration));
}

}  // namespace weft
