#pragma once
// The parts of a tokenizer.json and of a tokenizer_config.json, each checked and refused in words.
#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>
#include <weft/io/json.hpp>
#include <weft/text/wordpiece.hpp>

namespace weft::detail {

// Fails at a key that is not in the list: what weft does not know could change the tokens.
inline void check_keys(const nlohmann::json& object, std::initializer_list<std::string_view> known,
                       std::string_view where, std::string_view file) {
  if (!object.is_object()) fail({.file = file, .subject = where, .found = json_shown(object), .wanted = "an object"});
  std::string all;
  for (const auto key : known) all.append(all.empty() ? "" : ", ").append(key);
  for (const auto& [key, value] : object.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      fail({.file = file, .subject = where, .found = "the key " + shown(key), .wanted = "only " + all});
}

// Fails unless the component `key` exists and is of one of the types that weft knows. Returns it.
inline const nlohmann::json& component(const nlohmann::json& document, const std::string& key,
                                       std::initializer_list<std::string_view> known, std::string_view file) {
  std::string all;
  for (const auto type : known) all.append(all.empty() ? "" : " or ").append(type);
  const auto* value = json_find(document, key, file);
  if (!value || !value->is_object())
    fail({.file = file, .subject = key, .found = value ? json_shown(*value) : "nothing", .wanted = all});
  if (const std::string type = json_text(*value, "type", file);
      std::find(known.begin(), known.end(), type) == known.end())
    fail({.file = file,
          .subject = key,
          .found = shown(type),
          .wanted = all,
          .remedy = "weft reads WordPiece tokenizers of the BERT kind only"});
  return *value;
}

// The pieces in the order of their ids, which must be 0, 1, 2, ... without a gap.
inline std::vector<std::string> read_pieces(const nlohmann::json& model, std::string_view file) {
  const nlohmann::json& vocab = json_at(model, "vocab", file);
  if (!vocab.is_object())
    fail({.file = file, .subject = "model.vocab", .found = json_shown(vocab), .wanted = "an object of pieces and ids"});
  const auto count = static_cast<index>(vocab.size());
  std::vector<std::string> pieces(vocab.size());
  std::vector<bool> seen(vocab.size());
  for (const auto& [piece, value] : vocab.items()) {
    const auto subject = [&, &text = piece] { return "model.vocab, " + shown(text); };
    const bool fits = value.is_number_unsigned() && value.get<std::uint64_t>() < static_cast<std::uint64_t>(count);
    if (!fits)
      fail({.file = file,
            .subject = subject(),
            .found = json_shown(value),
            .wanted = "an id from 0 to " + std::to_string(count - 1) + ", as there are " + std::to_string(count) +
                      " pieces"});
    const auto id = value.get<std::size_t>();
    if (seen[id])
      fail({.file = file,
            .subject = subject(),
            .found = "id " + std::to_string(id) + ", which " + shown(pieces[id]) + " has too",
            .wanted = "an id of its own"});
    seen[id] = true;
    pieces[id] = piece;
  }
  return pieces;
}

inline added_token read_added_token(const nlohmann::json& object, std::string_view file) {
  check_keys(object, {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"}, "added_tokens",
             file);
  added_token token{.content = json_text(object, "content", file)};
  if (json_find(object, "id", file))
    token.id = static_cast<std::int32_t>(json_integer(object, "id", file, 0, 0x7fffffff));
  token.single_word = json_flag(object, "single_word", file, false);
  token.strip_left = json_flag(object, "lstrip", file, false);
  token.strip_right = json_flag(object, "rstrip", file, false);
  token.special = json_flag(object, "special", file, false);
  token.normalised = json_flag(object, "normalized", file, !token.special);
  return token;
}

// The added tokens of a tokenizer_config.json: an object of ids and tokens.
inline std::vector<added_token> read_added_tokens_decoder(const nlohmann::json& object, std::string_view file) {
  std::vector<added_token> tokens;
  if (!object.is_object())
    fail({.file = file, .subject = "added_tokens_decoder", .found = json_shown(object), .wanted = "an object"});
  for (const auto& [key, value] : object.items()) {
    added_token token = read_added_token(value, file);
    const bool digits = !key.empty() && key.size() < 10 && key.find_first_not_of("0123456789") == key.npos;
    if (!digits) fail({.file = file, .subject = "added_tokens_decoder", .found = shown(key), .wanted = "an id"});
    token.id = std::stoi(key);
    tokens.push_back(std::move(token));
  }
  return tokens;
}

/// A special token that a post-processor puts into the sequence, with the id that it gives there.
struct placed_token {
  std::string name;
  index id = -1;
};

struct placed_tokens {
  placed_token classifier, separator;
};

// {"SpecialToken": {"id": "[CLS]", "type_id": 0}} or {"Sequence": {"id": "A", "type_id": 0}}.
inline std::string template_part(const nlohmann::json& parts, std::size_t place, const std::string& kind, index segment,
                                 const std::string& where, std::string_view file) {
  const nlohmann::json& part = parts[place];
  const auto* value = part.is_object() && part.size() == 1 ? json_find(part, kind, file) : nullptr;
  if (!value || !value->is_object() || json_integer(*value, "type_id", file, 0, 1) != segment)
    fail({.file = file,
          .subject = "post_processor." + where + ", part " + std::to_string(place),
          .found = part.is_object() ? shown(part.dump()) : json_shown(part),
          .wanted = "a " + kind + " of type_id " + std::to_string(segment)});
  return json_text(*value, "id", file);
}

inline placed_tokens read_template(const nlohmann::json& processor, std::string_view file) {
  check_keys(processor, {"type", "single", "pair", "special_tokens"}, "post_processor", file);
  const auto refuse = [&](const std::string& where, const std::string& found, const char* wanted) {
    fail({.file = file,
          .subject = "post_processor." + where,
          .found = found,
          .wanted = wanted,
          .remedy = "weft knows the templates of BERT only"});
  };
  placed_tokens tokens;
  for (const std::string where : {"single", "pair"}) {
    const nlohmann::json& parts = json_at(processor, where, file);
    const bool pair = where == "pair";
    const char* const wanted = pair ? "[CLS] A [SEP] B [SEP]" : "[CLS] A [SEP]";
    if (!parts.is_array() || parts.size() != (pair ? 5u : 3u)) refuse(where, json_shown(parts), wanted);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < parts.size(); ++i)
      names.push_back(template_part(parts, i, i % 2 ? "Sequence" : "SpecialToken", i > 2, where, file));
    if (names[1] != "A" || (pair && names[3] != "B")) refuse(where, "other sequences than that", wanted);
    if (!pair) tokens.classifier.name = names[0], tokens.separator.name = names[2];
    if (names[0] != tokens.classifier.name || names[2] != tokens.separator.name || (pair && names[4] != names[2]))
      refuse(where, "other special tokens than in single", wanted);
  }
  for (placed_token* token : {&tokens.classifier, &tokens.separator}) {
    const nlohmann::json& entry = json_at(json_at(processor, "special_tokens", file), token->name, file);
    const nlohmann::json& ids = json_at(entry, "ids", file);
    if (!ids.is_array() || ids.size() != 1 || !ids[0].is_number_unsigned() || ids[0].get<std::uint64_t>() > 0x7fffffff)
      refuse("special_tokens, " + shown(token->name), json_shown(ids), "an array of one id");
    token->id = ids[0].get<index>();
  }
  return tokens;
}

// {"sep": ["[SEP]", 102], "cls": ["[CLS]", 101]}
inline placed_tokens read_bert_processing(const nlohmann::json& processor, std::string_view file) {
  check_keys(processor, {"type", "sep", "cls"}, "post_processor", file);
  const auto read = [&](const std::string& key) {
    const nlohmann::json& pair = json_at(processor, key, file);
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_number_unsigned() ||
        pair[1].get<std::uint64_t>() > 0x7fffffff)
      fail({.file = file,
            .subject = "post_processor." + key,
            .found = json_shown(pair),
            .wanted = "a token and its id"});
    return placed_token{pair[0].get<std::string>(), pair[1].get<index>()};
  };
  return {read("cls"), read("sep")};
}

inline truncation read_truncation(const nlohmann::json& stored, std::string_view file) {
  check_keys(stored, {"direction", "max_length", "strategy", "stride"}, "truncation", file);
  if (const auto direction = json_text(stored, "direction", file, "Right"); direction != "Right")
    fail({.file = file, .subject = "truncation.direction", .found = shown(direction), .wanted = "Right"});
  truncation how{.max_length = json_integer(stored, "max_length", file, 0, 0x7fffffff),
                 .stride = json_integer(stored, "stride", file, 0, 0x7fffffff, 0)};
  const auto strategy = json_text(stored, "strategy", file, "LongestFirst");
  if (strategy == "OnlyFirst")
    how.strategy = truncation_strategy::only_first;
  else if (strategy == "OnlySecond")
    how.strategy = truncation_strategy::only_second;
  else if (strategy != "LongestFirst")
    fail({.file = file,
          .subject = "truncation.strategy",
          .found = shown(strategy),
          .wanted = "LongestFirst, OnlyFirst or OnlySecond"});
  return how;
}

// tokenizer_config.json gives a special token as its text or as an object.
inline void read_special_name(const nlohmann::json& config, const std::string& key, std::string& name,
                              std::string_view file) {
  const auto* value = json_find(config, key, file);
  if (value) name = value->is_object() ? json_text(*value, "content", file) : json_text(config, key, file);
}

// What both kinds of files take from tokenizer_config.json.
inline void read_shared_configuration(const nlohmann::json& config, wordpiece_options& options, std::string_view file) {
  read_special_name(config, "pad_token", options.padding, file);
  read_special_name(config, "mask_token", options.mask, file);
  // "Unlimited" is written as 1e30, a number beyond every integer.
  if (json_find(config, "model_max_length", file)) {
    const double length = json_number(config, "model_max_length", file);
    if (length < 1)
      fail({.file = file,
            .subject = "model_max_length",
            .found = json_shown(config["model_max_length"]),
            .wanted = "1 or more"});
    if (length < 0x7fffffff) options.model_max_length = static_cast<index>(length);
  }
}

}  // namespace weft::detail
