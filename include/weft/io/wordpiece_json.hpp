#pragma once
// WordPiece tokenizers: the tokenizer.json of BERT's kind, and vocab.txt with tokenizer_config.json.
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/io/post_processor.hpp>
#include <weft/io/tokenizer_parts.hpp>
#include <weft/io/tokenizer_reading.hpp>
#include <weft/text/tokenizer.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

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

inline tokenizer read_wordpiece_json(const nlohmann::json& document, std::string_view file,
                                     const tokenizer_reading& how, wordpiece_options options) {
  read_normaliser(document, options, file);
  check_keys(component(document, "pre_tokenizer", {"BertPreTokenizer"}, file), {"type"}, "pre_tokenizer", file);
  auto pieces = read_model(document, options, file);
  read_decoder(document, options, file);
  options.added = read_added_tokens(document, file);
  const post_processor processor = read_post_processor(document, file);
  if (processor.placed.size() < 2)
    fail({.file = file,
          .subject = "post_processor",
          .found = std::to_string(processor.placed.size()) + " special tokens",
          .wanted = "those of BERT, [CLS] A [SEP]"});
  // The first sequence's first and last ones, if it has two.
  options.classifier = processor.placed[0].name;
  const auto inside = processor.layout.special_tokens(false);
  options.separator = processor.placed[static_cast<std::size_t>(std::max<index>(inside, 2)) - 1].name;
  if (const auto* stored = json_find(document, "truncation", file); stored && how.stored_truncation)
    options.truncation = read_truncation(*stored, file);
  override_options(how, options);
  options.file = file;
  const wordpiece words(std::move(pieces), options);
  check_placed(processor, words, file);
  return tokenizer(words, processor.layout,
                   {options.padding, options.mask, options.truncation, options.model_max_length, options.file});
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

}  // namespace weft::detail
