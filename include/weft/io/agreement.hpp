#pragma once
// Does a configuration describe the type that it is to be loaded into?
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <weft/io/configuration.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Compares a configuration with what the parts of a type expect (their `static void expect(auto&& wants)`), and fails
/// at the first difference with the key, the value found and the value wanted.
class agreement {
 public:
  explicit agreement(const configuration& found) : found_(found) {}

  void integer(std::string_view key, index wanted) const {
    const auto value = integer_of(key);
    if (value && *value != wanted) refuse(key, std::to_string(*value), std::to_string(wanted));
  }
  void number(std::string_view key, double wanted) const {
    const auto value = key == "layer_norm_eps" ? found_.layer_norm_eps : found_.number(std::string(key));
    if (std::abs(value - wanted) > 1e-6 * wanted) refuse(key, shown(value), shown(wanted));
  }
  void flag(std::string_view key, bool wanted) const {
    const auto word = [](bool b) { return b ? "true" : "false"; };
    if (!defines(family_flags, key)) return;
    if (const auto value = found_.own_flag(key); value != wanted) refuse(key, word(value), word(wanted));
  }
  void one_of(std::string_view key, const auto& names) const {
    if (key != "hidden_act" && !defines(family_words, key)) return;
    const auto value = key == "hidden_act" ? found_.hidden_act : found_.own_word(key);
    std::string wanted;
    for (std::string_view name : names) {
      if (value == name) return;
      if (!wanted.empty()) wanted += " or ";
      wanted += "\"" + std::string(name) + "\"";
    }
    refuse(key, "\"" + value + "\"", wanted);
  }
  template <class Part>
  void part(const Part&) const {
    if constexpr (requires { Part::expect(*this); }) Part::expect(*this);
  }
  void family(std::string_view wanted) const {
    if (found_.family != wanted) refuse("model_type", "\"" + found_.family + "\"", "\"" + std::string(wanted) + "\"");
  }

 private:
  // A policy may be part of a model of any family; keys that a family does not have say nothing about it.
  bool defines(const auto& table, std::string_view key) const {
    return find_family_key(table, found_.family, key) != nullptr;
  }
  std::optional<index> integer_of(std::string_view key) const {
    if (key == "hidden_size") return found_.hidden_size;
    if (key == "num_attention_heads") return found_.num_attention_heads;
    if (key == "intermediate_size") return found_.intermediate_size;
    if (key == "embedding_size") return found_.embedding_size;
    if (defines(family_integers, key)) return found_.own_integer(key);
    return {};
  }
  static std::string shown(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
  }
  [[noreturn]] void refuse(std::string_view key, const std::string& found, const std::string& wanted) const {
    fail({.file = found_.file,
          .subject = found_.spelling(key).empty() ? std::string(key) : found_.spelling(key),
          .found = found,
          .wanted = wanted + ", which the type says",
          .remedy = "`weft type` prints the type that fits this configuration"});
  }
  const configuration& found_;
};

}  // namespace weft
