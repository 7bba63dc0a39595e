#pragma once
// What the files beside a vocabulary say: tokenizer_config.json, special_tokens_map.json, added_tokens.json, and
// config.json of the class.
#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>
#include <weft/io/families.hpp>
#include <weft/io/labels.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/io/tokenizer_class.hpp>
#include <weft/io/tokenizer_parts.hpp>
#include <weft/text/table_key.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// Put together as transformers does it. Reading throws weft::error that names the file and the key for what weft
/// does not do: other classes, code of the model's own, special tokens that are to be cut like words.
struct tokenizer_configuration {
  struct held_document {
    nlohmann::json json = nlohmann::json::object();
    json_scope<nlohmann::json> scope{json};
  };
  /// A special token as the files name it.
  struct named {
    bool said = false;     ///< a file has the key; then an empty content is none, and otherwise the class's
    bool flagged = false;  ///< with flags of its own
    added_token token = {};
  };

  std::shared_ptr<held_document> held = std::make_shared<held_document>();
  std::string file = {};  ///< its path, for messages
  tokenizer_kind kind = tokenizer_kind::stored;
  std::string class_name = {};          ///< empty where no file tells the class
  std::optional<bool> segments = {};    ///< whether the model is given them; unset: as the post-processor says
  std::array<named, 7> names = {};      ///< in the order of special_token_keys
  bool lists_added = false;             ///< tokenizer_config.json has added_tokens_decoder
  std::vector<added_token> added = {};  ///< of added_tokens_decoder, or else of added_tokens.json
  std::vector<added_token> extra = {};  ///< further special tokens, without ids
  std::size_t keyed = 0;                ///< how many of them, at the beginning, have a key of their own in a file
  weft::truncation_side truncation_side = weft::truncation_side::right;
  bool says_truncation_side = false;
  std::optional<index_t> model_max_length = {};

  /// `family` is the model_type where config.json has none.
  static tokenizer_configuration read(const std::filesystem::path& directory, std::string_view family = {});
  /// The same, `load(path)` being the object in a file, or nothing where there is none.
  static tokenizer_configuration gather(const std::filesystem::path& directory, auto&& load,
                                        std::string_view family = {});

  /// tokenizer_config.json
  const nlohmann::json& said() const { return held->json; }
  const named& name(std::string_view key) const {
    return names[static_cast<std::size_t>(std::find(special_token_keys.begin(), special_token_keys.end(), key) -
                                          special_token_keys.begin())];
  }
  /// What a special token is called, or `otherwise` where neither a file nor the class says.
  std::string called(std::string_view key, std::string_view otherwise) const {
    const auto& n = name(key);
    if (n.said) return n.token.content;
    const auto at = static_cast<std::size_t>(&n - names.data());
    return std::string(kind == tokenizer_kind::stored ? otherwise : default_special_tokens(kind)[at]);
  }
  bool flag(const char* key, bool otherwise) const { return json_flag(said(), key, file, otherwise); }
  bool says(const char* key) const { return json_find(said(), key, file) != nullptr; }

 private:
  void read_class(const std::filesystem::path& path, const nlohmann::json* config, std::string_view family);
  void read_names(const nlohmann::json& object, std::string_view from);
  void read_extra(const nlohmann::json& value, const std::string& key, std::string_view from);
  void read_added_tokens_json(const nlohmann::json& document, const std::string& from);
  void read_limits();
};

/// A side as a file names it.
inline truncation_side read_side(const std::string& text, std::string_view key, std::string_view file) {
  if (text != "right" && text != "left")
    fail({.file = file, .subject = key, .found = shown(text), .wanted = "right or left"});
  return text == "left" ? truncation_side::left : truncation_side::right;
}

/// The object in a text.
inline nlohmann::json parse_object(std::string_view text, const std::string& file) {
  auto document = parse_json(text, file);
  if (document.is_object()) return document;
  const json_scope scope(document);
  fail({.file = file, .found = json_shown(document), .wanted = "an object"});
}

// The text of a special token, which may stand there as an object; its flags go to `token`.
inline bool read_special_token(const nlohmann::json& value, const std::string& key, added_token& token,
                               std::string_view file) {
  if (value.is_object()) {
    auto object = value;
    const json_scope scope(object);
    object.erase("__type");
    token = read_added_token(object, file);
    token.special = true;
    token.normalised = json_flag(object, "normalized", file, false);
    return true;
  }
  if (!value.is_string())
    fail({.file = file, .subject = key, .found = json_shown(value), .wanted = "a token's text, or an object"});
  token = {.content = value.get<std::string>()};
  return false;
}

inline void tokenizer_configuration::read_names(const nlohmann::json& object, std::string_view from) {
  std::vector<added_token> with_keys;  // of their own, which no class has
  for (const auto& [key, value] : object.items()) {
    const auto at = std::find(special_token_keys.begin(), special_token_keys.end(), key);
    if (key == "additional_special_tokens" || key == "extra_special_tokens") {
      read_extra(value, key, from);
    } else if (at != special_token_keys.end()) {
      auto& n = names[static_cast<std::size_t>(at - special_token_keys.begin())];
      n = {.said = true};
      if (!value.is_null()) n.flagged = read_special_token(value, key, n.token, from);
    } else if (key.ends_with("_token") && value.is_string()) {
      with_keys.push_back({.content = value.get<std::string>()});
    }
  }
  extra.insert(extra.begin() + static_cast<std::ptrdiff_t>(keyed), with_keys.begin(), with_keys.end());
  keyed += with_keys.size();
}

inline void tokenizer_configuration::read_extra(const nlohmann::json& value, const std::string& key,
                                                std::string_view from) {
  if (value.is_null()) return;
  if (!value.is_array() && !value.is_object())
    fail({.file = from, .subject = key, .found = json_shown(value), .wanted = "an array of tokens"});
  for (const auto& entry : value) {
    added_token token;
    read_special_token(entry, key, token, from);
    extra.push_back(std::move(token));
  }
}

// {"<e1>": 165}; special are those that are named so elsewhere.
inline void tokenizer_configuration::read_added_tokens_json(const nlohmann::json& document, const std::string& from) {
  std::unordered_set<std::string, text_hash> names_of_special;
  for (const auto& token : extra) names_of_special.insert(token.content);
  for (const auto key : special_token_keys) names_of_special.insert(called(key, ""));
  for (const auto& [text, id] : document.items()) {
    const bool special = names_of_special.contains(text);
    added.push_back({.content = text,
                     .id = static_cast<std::int32_t>(json_integer(document, text, from, 0, 0x7fffffff)),
                     .normalised = !special,
                     .special = special});
  }
}

// `config` is config.json, or null.
inline void tokenizer_configuration::read_class(const std::filesystem::path& path, const nlohmann::json* config,
                                                std::string_view otherwise) {
  std::string named_by = file, family(otherwise);
  class_name = json_text(said(), "tokenizer_class", file, "");
  const auto own_code = [](const nlohmann::json& document, const std::string& from) {
    const auto* map = json_find(document, "auto_map", from);
    if (map && (map->is_array() || (map->is_object() && json_find(*map, "AutoTokenizer", from))))
      fail({.file = from,
            .subject = "auto_map",
            .found = "a tokenizer that is code of the model's own",
            .wanted = "a class of transformers",
            .remedy = "save a tokenizer.json with it, and take the key out"});
  };
  own_code(said(), file);
  for (const auto* key : {"word_tokenizer_type", "subword_tokenizer_type"})
    if (const auto type = json_text(said(), key, file, ""); !type.empty() && type != "basic" && type != "wordpiece")
      fail({.file = file, .subject = key, .found = shown(type), .wanted = "basic words and WordPiece, or no such key"});
  const tokenizer_class* known = nullptr;
  if (config) {
    own_code(*config, path.string());
    family = json_text(*config, "model_type", path.string(), family);
    if (class_name.empty()) {
      class_name = json_text(*config, "tokenizer_class", path.string(), "");
      if (!class_name.empty()) named_by = path.string();
    }
  }
  if (class_name.empty()) {
    if (!(known = class_of_family(family))) return;
    class_name = known->name;
  } else if (!(known = find_tokenizer_class(class_name))) {
    fail({.file = named_by,
          .subject = "tokenizer_class",
          .found = shown(class_name),
          .wanted = "one of " + listed(tokenizer_classes, [](auto& c) { return c.name; }),
          .remedy = "where tokenizer.json says everything, call it PreTrainedTokenizerFast"});
  }
  kind = known->kind;
  segments = known->segments;
}

inline void tokenizer_configuration::read_limits() {
  // "Unlimited" is written as 1e30, a number beyond every integer.
  for (const auto* key : {"max_len", "model_max_length"})
    if (says(key)) {
      const double length = json_number(said(), key, file);
      if (length < 1) fail({.file = file, .subject = key, .found = json_shown(said()[key]), .wanted = "1 or more"});
      model_max_length.reset();
      if (length < 0x7fffffff) model_max_length = static_cast<index_t>(length);
    }
  says_truncation_side = says("truncation_side");
  truncation_side = read_side(json_text(said(), "truncation_side", file, "right"), "truncation_side", file);
  read_side(json_text(said(), "padding_side", file, "right"), "padding_side", file);  // weft never pads
  for (const auto* key : {"vocab", "merges"})
    if (says(key)) fail({.file = file, .subject = key, .found = "a vocabulary", .wanted = "one in a file of its own"});
  if (flag("split_special_tokens", false))
    fail({.file = file, .subject = "split_special_tokens", .found = "true", .wanted = "false"});
  if (const auto* inputs = json_find(said(), "model_input_names", file)) {
    const auto texts = json_texts(*inputs, "model_input_names", file);
    segments = std::find(texts.begin(), texts.end(), "token_type_ids") != texts.end();
  }
}

tokenizer_configuration tokenizer_configuration::gather(const std::filesystem::path& directory, auto&& load,
                                                        std::string_view family) {
  tokenizer_configuration c;
  // use(object, path) for a file that is there
  const auto with = [&](const char* name, const auto& use) {
    const auto path = directory / name;
    std::optional<nlohmann::json> object = load(path);
    if (!object) return;
    const json_scope scope(*object);
    use(*object, path.string());
  };
  c.file = (directory / "tokenizer_config.json").string();
  with("tokenizer_config.json", [&](auto& object, const auto&) { c.held->json = std::move(object); });
  bool has_config = false;
  with("config.json",
       [&](const auto& config, const auto& from) { has_config = true, c.read_class(from, &config, family); });
  if (!has_config) c.read_class("", nullptr, family);
  c.read_limits();
  c.read_names(c.said(), c.file);
  if (const auto* decoder = json_find(c.said(), "added_tokens_decoder", c.file)) {
    c.lists_added = true;
    c.added = read_added_tokens_decoder(*decoder, c.file);
    return c;  // which is what save_pretrained wrote; the older files say no more
  }
  with("special_tokens_map.json", [&](const auto& called, const auto& from) { c.read_names(called, from); });
  with("added_tokens.json", [&](const auto& tokens, const auto& from) { c.read_added_tokens_json(tokens, from); });
  return c;
}

inline tokenizer_configuration tokenizer_configuration::read(const std::filesystem::path& directory,
                                                             std::string_view family) {
  const auto load = [](const std::filesystem::path& path) -> std::optional<nlohmann::json> {
    if (!file_exists(path)) return {};
    return parse_object(mapped_file::open(path)->text(), path.string());
  };
  return gather(directory, load, family);
}

}  // namespace weft::detail
