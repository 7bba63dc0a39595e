#pragma once
// JSON that comes from outside: parsed strictly, read through accessors that fail in words.
#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/index.hpp>
#include <weft/io/shown.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

inline constexpr std::size_t json_depth = 64;

/// Empties a value from its leaves on. nlohmann's destructor of a value that holds others asks for memory, and where
/// there is none it ends the program.
template <class Json>
void take_apart(Json& value) noexcept {
  if (auto* const values = value.template get_ptr<typename Json::array_t*>()) {
    for (auto& one : *values) take_apart(one);
    values->clear();
  } else if (auto* const members = value.template get_ptr<typename Json::object_t*>()) {
    for (auto& member : *members) take_apart(member.second);
    members->clear();
  }
}

/// Does so at the end of a scope: every document that was read has one of these beside it.
template <class Json>
class json_scope {
 public:
  explicit json_scope(Json& value) : value_(value) {}
  json_scope(const json_scope&) = delete;
  json_scope& operator=(const json_scope&) = delete;
  ~json_scope() { take_apart(value_); }

 private:
  Json& value_;
};

/// Fails at a byte that nlohmann's lexer would step over: a byte order mark, or NUL, which it takes for the end.
inline void check_json_bytes(std::string_view text, std::string_view file) {
  if (text.substr(0, 3) == "\xef\xbb\xbf")
    fail({.file = file,
          .subject = "byte 0",
          .found = "a byte order mark",
          .wanted = "JSON in UTF-8 without one",
          .remedy = "save the file without the mark"});
  if (const auto at = text.find('\0'); at != text.npos)
    fail({.file = file, .subject = "byte " + std::to_string(at), .found = "a NUL byte", .wanted = "JSON text"});
}

/// Fails with nlohmann's reason, without what it repeats of the text (which may be megabytes).
[[noreturn]] inline void refuse_json(std::string_view file, std::size_t position, std::string_view reason) {
  if (const auto from = reason.find("syntax error"); from != reason.npos) reason.remove_prefix(from);
  if (reason.find("number overflow") != reason.npos) reason = "a number that no double can hold";
  fail({.file = file,
        .subject = "byte " + std::to_string(position),
        .found = reason.substr(0, std::min<std::size_t>(reason.find("; last read"), 200)),
        .wanted = "valid JSON"});
}

/// Builds a document from nlohmann's events: as its own builder does, but refuses duplicate keys and deep nesting.
class json_builder {
 public:
  explicit json_builder(std::string_view file) : file_(file) {}
  nlohmann::json root;

  bool null() { return put(nullptr) != nullptr; }
  bool boolean(bool v) { return put(v) != nullptr; }
  bool number_integer(nlohmann::json::number_integer_t v) { return put(v) != nullptr; }
  bool number_unsigned(nlohmann::json::number_unsigned_t v) { return put(v) != nullptr; }
  bool number_float(nlohmann::json::number_float_t v, const std::string&) { return put(v) != nullptr; }
  bool string(std::string& v) { return put(std::move(v)) != nullptr; }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(nlohmann::json::value_t::object); }
  bool start_array(std::size_t) { return open(nlohmann::json::value_t::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& k) { return key_ = std::move(k), true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& e) {
    refuse_json(file_, position, e.what());
  }

 private:
  nlohmann::json* put(nlohmann::json value) {
    if (open_.empty()) return &(root = std::move(value));
    auto& parent = *open_.back();
    if (parent.is_array()) return &parent.emplace_back(std::move(value));
    const auto [at, inserted] = parent.emplace(key_, std::move(value));
    if (!inserted)
      fail({.file = file_, .subject = shown(key_), .found = "the key twice in one object", .wanted = "once"});
    return &*at;
  }
  bool open(nlohmann::json::value_t kind) {
    if (open_.size() >= json_depth)
      fail({.file = file_,
            .subject = key_.empty() ? "" : "within " + shown(key_),
            .found = "more than " + std::to_string(json_depth) + " levels of nested arrays and objects",
            .wanted = "at most " + std::to_string(json_depth)});
    return open_.push_back(put(kind)), true;
  }
  bool close() { return open_.pop_back(), true; }

  std::string_view file_;
  std::string key_;
  std::vector<nlohmann::json*> open_;  // a parent does not change while its last value is open
  json_scope<nlohmann::json> scope_{root};
};

}  // namespace detail

/// The document in `text`. `file` is named in errors. Throws weft::error unless the text is valid UTF-8 and exactly one
/// JSON value (RFC 8259) without byte order mark, duplicate keys, numbers beyond a double or more than 64 levels.
inline nlohmann::json parse_json(std::string_view text, std::string_view file) {
  detail::check_json_bytes(text, file);
  detail::json_builder builder(file);
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return std::move(builder.root);
}

/// A value as a message shows it: `an array of 3 values`, `"8"`, `-1`, `null`.
inline std::string json_shown(const nlohmann::json& value) {
  if (value.is_array()) return "an array of " + std::to_string(value.size()) + " values";
  if (value.is_object()) return "an object of " + std::to_string(value.size()) + " keys";
  if (value.is_string()) return detail::shown(value.get_ref<const std::string&>());
  return value.dump();
}

/// object[key]; null where the key is absent or its value is null. Throws weft::error if `object` is no object.
inline const nlohmann::json* json_find(const nlohmann::json& object, const std::string& key, std::string_view file) {
  if (!object.is_object())
    fail({.file = file,
          .subject = key,
          .found = json_shown(object) + " around it",
          .wanted = "an object with this key"});
  const auto at = object.find(key);
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

/// object[key]; throws weft::error if it is absent or null.
inline const nlohmann::json& json_at(const nlohmann::json& object, const std::string& key, std::string_view file) {
  const auto* value = json_find(object, key, file);
  if (!value) fail({.file = file, .subject = key, .found = "no such key", .wanted = "a value"});
  return *value;
}

// The accessors below throw weft::error if the value has another type, or if it is absent (or null) and there is no
// `otherwise`.

/// An integer in [low, high]. One written as 8.0 is none.
inline index_t json_integer(const nlohmann::json& object, const std::string& key, std::string_view file, index_t low,
                            index_t high, std::optional<index_t> otherwise = {}) {
  const auto* value = json_find(object, key, file);
  if (!value && otherwise) return *otherwise;
  if (!value) value = &json_at(object, key, file);
  const bool fits = value->is_number_unsigned() ? value->get<std::uint64_t>() <= std::uint64_t{INT64_MAX} : true;
  if (!value->is_number_integer() || !fits || value->get<index_t>() < low || value->get<index_t>() > high)
    fail({.file = file,
          .subject = key,
          .found = json_shown(*value),
          .wanted = "an integer from " + std::to_string(low) + " to " + std::to_string(high)});
  return value->get<index_t>();
}

/// A finite number, whole or not.
inline double json_number(const nlohmann::json& object, const std::string& key, std::string_view file,
                          std::optional<double> otherwise = {}) {
  const auto* value = json_find(object, key, file);
  if (!value && otherwise) return *otherwise;
  if (!value) value = &json_at(object, key, file);
  if (!value->is_number()) fail({.file = file, .subject = key, .found = json_shown(*value), .wanted = "a number"});
  return value->get<double>();
}

inline std::string json_text(const nlohmann::json& object, const std::string& key, std::string_view file,
                             std::optional<std::string> otherwise = {}) {
  const auto* value = json_find(object, key, file);
  if (!value && otherwise) return *std::move(otherwise);
  if (!value) value = &json_at(object, key, file);
  if (!value->is_string()) fail({.file = file, .subject = key, .found = json_shown(*value), .wanted = "a string"});
  return value->get<std::string>();
}

inline bool json_flag(const nlohmann::json& object, const std::string& key, std::string_view file,
                      std::optional<bool> otherwise = {}) {
  const auto* value = json_find(object, key, file);
  if (!value && otherwise) return *otherwise;
  if (!value) value = &json_at(object, key, file);
  if (!value->is_boolean())
    fail({.file = file, .subject = key, .found = json_shown(*value), .wanted = "true or false"});
  return value->get<bool>();
}

}  // namespace weft
