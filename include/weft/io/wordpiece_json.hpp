#pragma once
// WordPiece tokenizers: the tokenizer.json of BERT's kind, and vocab.txt with tokenizer_config.json.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/io/post_processor.hpp>
#include <weft/io/text_steps_json.hpp>
#include <weft/io/tokenizer_merging.hpp>
#include <weft/io/tokenizer_reading.hpp>
#include <weft/text/tokenizer.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

inline void override_options(const tokenizer_reading& how, wordpiece_options& options) {
  if (options.other_steps) return override_steps(how, *options.other_steps, options.file);
  if (how.lowercase) options.lowercase = *how.lowercase;
  if (how.strip_accents) options.strip_accents = how.strip_accents;
  if (how.chinese_characters) options.chinese_characters = *how.chinese_characters;
}

// Whether the one part under `key` is of this type.
inline bool is_single(const nlohmann::json& document, const char* key, const char* type, std::string_view file) {
  const auto* part = json_find(document, key, file);
  return part && part->is_object() && json_text(*part, "type", file) == type;
}

// The normaliser and the pre-tokenizer: BERT's own, or any others.
inline void read_words(const nlohmann::json& document, wordpiece_options& options, std::string_view file) {
  if (is_single(document, "normalizer", "BertNormalizer", file)) {
    const auto said = read_bert_normaliser(document.at("normalizer"), file);
    options.clean_text = said.clean_text, options.chinese_characters = said.chinese_characters;
    options.strip_accents = said.strip_accents, options.lowercase = said.lowercase;
  } else {
    options.other_steps = read_steps(document, file);
  }
  auto splits = read_character_splits(document, "WordPiece", "BertPreTokenizer", file);
  if (!is_single(document, "pre_tokenizer", "BertPreTokenizer", file)) options.other_splits = std::move(splits);
}

inline std::vector<std::string> read_model(const nlohmann::json& document, wordpiece_options& options,
                                           std::string_view file) {
  const auto& model = json_at(document, "model", file);
  check_keys(model, {"type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"}, "model",
             file);
  options.unknown = json_text(model, "unk_token", file, "[UNK]");
  options.continuing_prefix = json_text(model, "continuing_subword_prefix", file, "##");
  options.max_characters = json_integer(model, "max_input_chars_per_word", file, 1, 1000000, 100);
  return read_pieces(model, file, true);
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

// What the classes of BERT's kind take from tokenizer_config.json, or from their own defaults.
inline void read_class_options(const tokenizer_configuration& c, wordpiece_options& options) {
  options.lowercase = c.flag("do_lower_case", true);
  options.strip_accents.reset();
  if (c.says("strip_accents")) options.strip_accents = c.flag("strip_accents", false);
  options.chinese_characters = c.flag("tokenize_chinese_chars", true);
}

// What a tokenizer of these files has beside a wordpiece's own options.
inline tokenizer_options shared_options(const wordpiece_options& options, const tokenizer_configuration& c) {
  return {.padding = options.padding,
          .mask = options.mask,
          .truncation = options.truncation,
          .truncation_side = c.truncation_side,
          .model_max_length = options.model_max_length,
          .file = options.file};
}

inline tokenizer read_wordpiece_json(const nlohmann::json& document, std::string_view file,
                                     const tokenizer_reading& how, tokenizer_configuration c) {
  wordpiece_options options;
  options.file = file;
  read_words(document, options, file);
  const bool own_options = c.kind == tokenizer_kind::bert || c.kind == tokenizer_kind::mpnet;
  // Parts that no such class would make stay as the file has them.
  if (own_options && !options.other_steps) read_class_options(c, options);
  auto pieces = read_model(document, options, file);
  read_decoder(document, options, file);
  const post_processor processor = read_post_processor(document, file);
  if (processor.placed.size() < 2)
    fail({.file = file,
          .subject = "post_processor",
          .found = std::to_string(processor.placed.size()) + " special tokens",
          .wanted = "those of BERT, [CLS] A [SEP]"});
  // The first sequence's first and last ones, if it has two.
  options.classifier = processor.placed[0].name;
  const auto inside = processor.layout.special_tokens(false);
  options.separator = processor.placed[static_cast<std::size_t>(std::max<index_t>(inside, 2)) - 1].name;
  options.trim_offsets = processor.trim_offsets;
  options.trim_keeps_prefix = processor.trim_keeps_prefix;
  if (own_options) {
    if (c.name("unk_token").said) options.unknown = c.called("unk_token", "");
    check_named(c, "cls_token", options.classifier);
    check_named(c, "sep_token", options.separator);
  }
  options.padding = c.called("pad_token", options.padding);
  options.mask = c.called("mask_token", options.mask);
  options.added = all_added(c, read_added_tokens(document, file), has_piece(pieces));
  options.model_max_length = c.model_max_length;
  read_stored_truncation(document, file, how, options.truncation, c);
  override_options(how, options);
  const wordpiece words(std::move(pieces), options);
  check_placed(processor, words, file);
  return tokenizer(words, layout_of(processor.layout, c), shared_options(options, c));
}

// vocab.txt, as the classes of BERT's kind read it.
inline tokenizer read_wordpiece_lines(std::string_view text, std::string_view file, const tokenizer_reading& how,
                                      tokenizer_configuration c) {
  if (c.class_name.empty()) c.kind = tokenizer_kind::bert;
  const bool roberta_pairs = c.kind == tokenizer_kind::mpnet;
  if (c.kind != tokenizer_kind::bert && !roberta_pairs)
    fail({.file = file,
          .subject = "tokenizer_class",
          .found = "a vocab.txt, and nothing else to read the tokenizer from",
          .wanted = "a tokenizer.json, as the class is " + c.class_name});
  if (!c.flag("do_basic_tokenize", true))
    fail({.file = c.file, .subject = "do_basic_tokenize", .found = "false", .wanted = "true"});
  if (const auto* never = json_find(c.said(), "never_split", c.file); never && !never->empty())
    fail({.file = c.file, .subject = "never_split", .found = json_shown(*never), .wanted = "null or an empty array"});
  wordpiece_options options;
  read_class_options(c, options);
  options.unknown = c.called("unk_token", "");
  options.separator = c.called("sep_token", "");
  options.classifier = c.called("cls_token", "");
  options.padding = c.called("pad_token", "");
  options.mask = c.called("mask_token", "");
  options.model_max_length = c.model_max_length;
  options.trim_offsets = roberta_pairs;
  options.file = file;
  override_options(how, options);
  auto pieces = vocabulary_lines(text);
  options.added = all_added(c, {}, has_piece(pieces));
  const wordpiece words(std::move(pieces), options);
  auto layout =
      roberta_pairs ? sequence_template::roberta(words.classifier_id(), words.separator_id()) : words.layout();
  return tokenizer(words, layout_of(std::move(layout), c), shared_options(options, c));
}

}  // namespace weft::detail
