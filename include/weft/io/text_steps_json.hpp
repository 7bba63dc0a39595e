#pragma once
// The normalisers and pre-tokenizers of a tokenizer.json.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/base64.hpp>
#include <weft/io/tokenizer_parts.hpp>
#include <weft/io/tokenizer_reading.hpp>
#include <weft/text/text_splits.hpp>
#include <weft/text/text_steps.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

// {"String": "x"} or {"Regex": "x"}
inline text_pattern read_pattern(const nlohmann::json& part, const std::string& where, std::string_view file) {
  const auto& pattern = json_at(part, "pattern", file);
  const auto refuse = [&](const std::string& found, const char* wanted) {
    fail({.file = file, .subject = where + ".pattern", .found = found, .wanted = wanted});
  };
  check_keys(pattern, {"String", "Regex"}, where + ".pattern", file);
  if (pattern.size() != 1) refuse(json_shown(pattern), "a String or a Regex");
  if (json_find(pattern, "String", file)) {
    const std::string literal = json_text(pattern, "String", file);
    if (literal.empty()) refuse("an empty String", "a text to look for");
    return text_pattern::literal(literal);
  }
  const std::string expression = json_text(pattern, "Regex", file);
  auto parsed = text_pattern::parse(expression);
  if (!parsed)
    refuse("the Regex " + shown(expression), "alternatives of single characters, \\s and sets, each perhaps repeated");
  return *std::move(parsed);
}

// Calls read(part) for the one part under `key`, or for those of a Sequence, in their order.
template <class Read>
void read_sequence(const nlohmann::json& part, const std::string& where, const std::string& list_key,
                   std::string_view file, const Read& read) {
  if (!part.is_object() || json_text(part, "type", file) != "Sequence") return read(part);
  check_keys(part, {"type", list_key}, where, file);
  const auto& parts = json_at(part, list_key, file);
  if (!parts.is_array())
    fail({.file = file, .subject = where + "." + list_key, .found = json_shown(parts), .wanted = "an array"});
  for (const auto& inner : parts) read_sequence(inner, where, list_key, file, read);
}

// Every step and every split goes over all of a text, so a file must not have as many as it likes.
inline void check_steps(std::size_t count, const char* where, std::string_view file) {
  constexpr std::size_t most = 64;
  if (count == most)
    fail({.file = file,
          .subject = where,
          .found = "more than " + std::to_string(most) + " in a row",
          .wanted = "at most " + std::to_string(most)});
}

/// The switches of a BertNormalizer.
struct stored_normalisation {
  bool clean_text = true, chinese_characters = true, lowercase = true;
  std::optional<bool> strip_accents = {};  ///< unset: as `lowercase`
};
inline stored_normalisation read_bert_normaliser(const nlohmann::json& part, std::string_view file) {
  check_keys(part, {"type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"}, "normalizer", file);
  stored_normalisation out{.clean_text = json_flag(part, "clean_text", file, true),
                           .chinese_characters = json_flag(part, "handle_chinese_chars", file, true),
                           .lowercase = json_flag(part, "lowercase", file, true)};
  if (json_find(part, "strip_accents", file)) out.strip_accents = json_flag(part, "strip_accents", file);
  return out;
}

inline text_step read_step(const nlohmann::json& part, std::string_view file) {
  const std::string where = "normalizer", type = json_text(part, "type", file);
  if (type == "Replace") {
    check_keys(part, {"type", "pattern", "content"}, where, file);
    return replace_step{read_pattern(part, where, file), json_text(part, "content", file)};
  }
  if (type == "Strip") {
    check_keys(part, {"type", "strip_left", "strip_right"}, where, file);
    return strip_ends_step{json_flag(part, "strip_left", file), json_flag(part, "strip_right", file)};
  }
  if (type == "Prepend") {
    check_keys(part, {"type", "prepend"}, where, file);
    return prepend_step{json_text(part, "prepend", file)};
  }
  if (type == "Precompiled") {
    check_keys(part, {"type", "precompiled_charsmap"}, where, file);
    const auto bytes = decode_base64(json_text(part, "precompiled_charsmap", file));
    if (!bytes)
      fail({.file = file,
            .subject = "normalizer.precompiled_charsmap",
            .found = "text that is no base64",
            .wanted = "base64"});
    return precompiled_map_step{precompiled_map(*bytes, file)};
  }
  if (type == "BertNormalizer") {
    const auto said = read_bert_normaliser(part, file);
    return bert_step{normaliser(
        {said.clean_text, said.chinese_characters, said.strip_accents.value_or(said.lowercase), said.lowercase})};
  }
  check_keys(part, {"type"}, where, file);
  if (type == "Nmt") return nmt_step{};
  if (type == "Lowercase") return lower_case_step{};
  if (type == "StripAccents") return strip_marks_step{};
  if (type == "NFD") return unicode_form_step{unicode_form::nfd};
  if (type == "NFKD") return unicode_form_step{unicode_form::nfkd};
  return unicode_form_step{type == "NFC" ? unicode_form::nfc : unicode_form::nfkc};
}

/// The normaliser of a document; none: no steps.
inline std::vector<text_step> read_steps(const nlohmann::json& document, std::string_view file) {
  std::vector<text_step> steps;
  const auto* stored = json_find(document, "normalizer", file);
  if (!stored) return steps;
  read_sequence(*stored, "normalizer", "normalizers", file, [&](const nlohmann::json& part) {
    check_type(part, "normalizer",
               {"Lowercase", "StripAccents", "Strip", "Replace", "Prepend", "Precompiled", "BertNormalizer", "Nmt",
                "NFC", "NFD", "NFKC", "NFKD"},
               file);
    check_steps(steps.size(), "normalizer", file);
    steps.push_back(read_step(part, file));
  });
  return steps;
}

/// What a caller says otherwise than the normaliser.
inline void override_steps(const tokenizer_reading& how, std::vector<text_step>& steps, std::string_view file) {
  if (how.strip_accents || how.chinese_characters)
    fail({.file = file,
          .subject = how.strip_accents ? "tokenizer_reading::strip_accents" : "tokenizer_reading::chinese_characters",
          .found = "a value for it",
          .wanted = "none, as only BERT's normaliser has such a switch"});
  const auto lowers = [](const text_step& step) { return std::holds_alternative<lower_case_step>(step); };
  if (how.lowercase == false) std::erase_if(steps, lowers);
  if (how.lowercase == true && std::none_of(steps.begin(), steps.end(), lowers))
    steps.insert(steps.begin(), lower_case_step{});
}

inline separator_use read_behaviour(const nlohmann::json& part, std::string_view file) {
  constexpr std::pair<std::string_view, separator_use> known[] = {
      {"Removed", separator_use::removed},
      {"Isolated", separator_use::isolated},
      {"MergedWithPrevious", separator_use::merged_with_previous},
      {"MergedWithNext", separator_use::merged_with_next},
      {"Contiguous", separator_use::contiguous}};
  const std::string name = json_text(part, "behavior", file, "Isolated");
  for (const auto& [text, use] : known)
    if (name == text) return use;
  fail({.file = file,
        .subject = "pre_tokenizer.behavior",
        .found = shown(name),
        .wanted = "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous"});
}

inline metaspace_split read_metaspace(const nlohmann::json& part, const std::string& where, std::string_view file) {
  check_keys(part, {"type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"}, where, file);
  metaspace_split out{.replacement = json_text(part, "replacement", file)};
  if (out.replacement.empty() || decode_utf8(out.replacement, 0).bytes != static_cast<index_t>(out.replacement.size()))
    fail({.file = file, .subject = where + ".replacement", .found = shown(out.replacement), .wanted = "one character"});
  out.split = json_flag(part, "split", file, true);
  const std::string scheme = json_text(part, "prepend_scheme", file, "always");
  if (scheme == "first")
    out.scheme = metaspace_split::prepending::first;
  else if (scheme == "never" || !json_flag(part, "add_prefix_space", file, true))  // old files have only the latter
    out.scheme = metaspace_split::prepending::never;
  else if (scheme != "always")
    fail({.file = file,
          .subject = where + ".prepend_scheme",
          .found = shown(scheme),
          .wanted = "always, first or never"});
  return out;
}

inline text_split read_split(const nlohmann::json& part, std::string_view file) {
  const std::string where = "pre_tokenizer", type = json_text(part, "type", file);
  if (type == "Metaspace") return read_metaspace(part, where, file);
  if (type == "ByteLevel") {
    check_keys(part, {"type", "add_prefix_space", "trim_offsets", "use_regex"}, where, file);
    return byte_level_split{json_flag(part, "add_prefix_space", file, true), json_flag(part, "use_regex", file, true)};
  }
  if (type == "Punctuation") {
    check_keys(part, {"type", "behavior"}, where, file);
    return punctuation_split{read_behaviour(part, file)};
  }
  if (type == "Split") {
    check_keys(part, {"type", "pattern", "behavior", "invert"}, where, file);
    return pattern_split{read_pattern(part, where, file), read_behaviour(part, file),
                         json_flag(part, "invert", file, false)};
  }
  if (type == "Digits") {
    check_keys(part, {"type", "individual_digits"}, where, file);
    return digits_split{json_flag(part, "individual_digits", file, false)};
  }
  if (type == "CharDelimiterSplit") {
    check_keys(part, {"type", "delimiter"}, where, file);
    const std::string delimiter = json_text(part, "delimiter", file);
    if (delimiter.empty() || decode_utf8(delimiter, 0).bytes != static_cast<index_t>(delimiter.size()))
      fail({.file = file, .subject = where + ".delimiter", .found = shown(delimiter), .wanted = "one character"});
    return pattern_split{text_pattern::literal(delimiter), separator_use::removed};
  }
  check_keys(part, {"type"}, where, file);
  if (type == "BertPreTokenizer") return bert_words_split{};
  if (type == "Whitespace") return word_characters_split{};
  return white_space_split{};
}

/// The pre-tokenizer of a document; none: no splits.
inline std::vector<text_split> read_splits(const nlohmann::json& document, std::string_view file) {
  std::vector<text_split> splits;
  const auto* stored = json_find(document, "pre_tokenizer", file);
  if (!stored) return splits;
  read_sequence(*stored, "pre_tokenizer", "pretokenizers", file, [&](const nlohmann::json& part) {
    check_type(part, "pre_tokenizer",
               {"Metaspace", "ByteLevel", "Whitespace", "WhitespaceSplit", "BertPreTokenizer", "Punctuation", "Digits",
                "CharDelimiterSplit", "Split"},
               file);
    check_steps(splits.size(), "pre_tokenizer", file);
    splits.push_back(read_split(part, file));
  });
  return splits;
}

/// The same for a model of characters, which has no bytes to cut.
inline std::vector<text_split> read_character_splits(const nlohmann::json& document, const char* model,
                                                     const char* other, std::string_view file) {
  auto splits = read_splits(document, file);
  for (const auto& split : splits)
    if (std::holds_alternative<byte_level_split>(split))
      fail({.file = file,
            .subject = "pre_tokenizer",
            .found = std::string("ByteLevel with a ") + model + " model",
            .wanted = std::string("another of the pre-tokenizers that weft knows, such as ") + other});
  return splits;
}

}  // namespace weft::detail
