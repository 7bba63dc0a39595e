#pragma once
// What all kinds of tokenizer.json and tokenizer_config.json have in common, checked and refused in words.
#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>
#include <weft/io/json.hpp>
#include <weft/text/added_tokens.hpp>
#include <weft/text/truncate.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

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

// Fails unless a component is of one of the types that weft knows. Returns it.
inline const nlohmann::json& check_type(const nlohmann::json& value, const std::string& where,
                                        std::initializer_list<std::string_view> known, std::string_view file) {
  std::string all;
  for (const auto type : known) all.append(all.empty() ? "" : type == *(known.end() - 1) ? " or " : ", ").append(type);
  if (!value.is_object())
    fail({.file = file, .subject = where, .found = value.is_null() ? "nothing" : json_shown(value), .wanted = all});
  if (const std::string type = json_text(value, "type", file);
      std::find(known.begin(), known.end(), type) == known.end())
    fail({.file = file, .subject = where, .found = shown(type), .wanted = all});
  return value;
}

// Fails unless the component `key` exists and is of one of the types that weft knows. Returns it.
inline const nlohmann::json& component(const nlohmann::json& document, const std::string& key,
                                       std::initializer_list<std::string_view> known, std::string_view file) {
  static const nlohmann::json nothing;
  const auto* value = json_find(document, key, file);
  return check_type(value ? *value : nothing, key, known, file);
}

// The pieces in the order of their ids, which must be 0, 1, 2, ... without a gap; or, with `holes`, with no more ids
// that have no piece than pieces: what transformers saves of a vocab.txt in which lines are the same.
inline std::vector<std::string> read_pieces(const nlohmann::json& model, std::string_view file, bool holes = false) {
  const nlohmann::json& vocab = json_at(model, "vocab", file);
  if (!vocab.is_object())
    fail({.file = file, .subject = "model.vocab", .found = json_shown(vocab), .wanted = "an object of pieces and ids"});
  const auto count = static_cast<index_t>(vocab.size()), most = holes ? 2 * count : count;
  std::size_t used = 0;
  std::vector<std::string> pieces(static_cast<std::size_t>(most));
  std::vector<bool> seen(pieces.size());
  for (const auto& [piece, value] : vocab.items()) {
    const auto subject = [&, &text = piece] { return "model.vocab, " + shown(text); };
    const bool fits = value.is_number_unsigned() && value.get<std::uint64_t>() < static_cast<std::uint64_t>(most);
    if (!fits)
      fail({.file = file,
            .subject = subject(),
            .found = json_shown(value),
            .wanted =
                "an id from 0 to " + std::to_string(most - 1) + ", as there are " + std::to_string(count) + " pieces"});
    const auto id = value.get<std::size_t>();
    if (seen[id])
      fail({.file = file,
            .subject = subject(),
            .found = "id " + std::to_string(id) + ", which " + shown(pieces[id]) + " has too",
            .wanted = "an id of its own"});
    seen[id] = true;
    pieces[id] = piece;
    used = std::max(used, id + 1);
  }
  pieces.resize(used);
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

// The added tokens of a tokenizer.json: an array.
inline std::vector<added_token> read_added_tokens(const nlohmann::json& document, std::string_view file) {
  std::vector<added_token> tokens;
  const auto* added = json_find(document, "added_tokens", file);
  if (!added) return tokens;
  if (!added->is_array())
    fail({.file = file, .subject = "added_tokens", .found = json_shown(*added), .wanted = "an array"});
  for (const auto& token : *added) tokens.push_back(read_added_token(token, file));
  return tokens;
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

inline truncation read_truncation(const nlohmann::json& stored, std::string_view file) {
  check_keys(stored, {"direction", "max_length", "strategy", "stride"}, "truncation", file);
  const auto direction = json_text(stored, "direction", file, "Right");
  if (direction != "Right" && direction != "Left")
    fail({.file = file, .subject = "truncation.direction", .found = shown(direction), .wanted = "Right or Left"});
  truncation how{.max_length = json_integer(stored, "max_length", file, 0, 0x7fffffff),
                 .stride = json_integer(stored, "stride", file, 0, 0x7fffffff, 0),
                 .side = direction == "Left" ? truncation_side::left : truncation_side::right};
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

}  // namespace weft::detail
