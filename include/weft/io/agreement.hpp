#pragma once
// Does a configuration describe the type that it is to be loaded into?
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <weft/concept/part.hpp>
#include <weft/io/configuration.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Compares a configuration with what a type says of it, and fails at the first difference with the key, the value
/// found and the value wanted. A family's header says what its types' policies mean (`say` and `say_head` in
/// model/NAME.hpp); a policy of a user's own that has keys of its own says them itself: `static void expect(auto&&
/// wants)`.
///
/// Any key of the file can be compared. One that the family has (model/NAME.hpp) counts as the family's default where
/// it is absent, one that only another family has is then not compared. Any other key counts as `otherwise` where it is
/// absent; without that it is refused.
class agreement {
 public:
  explicit agreement(const configuration& found) : found_(found) {}

  void integer(std::string_view key, index_t wanted, std::optional<index_t> otherwise = {}) const {
    auto value = known_integer(key);
    if (!value && stated(key, otherwise.has_value(), std::to_string(wanted)))
      value =
          found_.integer(std::string(key), std::numeric_limits<index_t>::min(), std::numeric_limits<index_t>::max());
    if (!value) value = otherwise;
    if (value && *value != wanted) refuse(key, std::to_string(*value), std::to_string(wanted));
  }
  void number(std::string_view key, double wanted, std::optional<double> otherwise = {}) const {
    auto value = known_number(key);
    if (!value && stated(key, otherwise.has_value(), shown(wanted))) value = found_.number(std::string(key));
    if (!value) value = otherwise;
    if (value && !(std::abs(*value - wanted) <= 1e-6 * std::abs(wanted))) refuse(key, shown(*value), shown(wanted));
  }
  void flag(std::string_view key, bool wanted, std::optional<bool> otherwise = {}) const {
    auto value = known_flag(key);
    if (!value && stated(key, otherwise.has_value(), word(wanted))) value = found_.flag(std::string(key));
    if (!value) value = otherwise;
    if (value && *value != wanted) refuse(key, word(*value), word(wanted));
  }
  /// The same of what the reference makes of this key and others: values() has them.
  void computed(std::string_view key, index_t found, index_t wanted) const {
    if (found != wanted) refuse(key, std::to_string(found), std::to_string(wanted));
  }
  /// The keys of the configuration's family.
  key_values values() const { return found_.keys(); }
  /// The same of an integer of which the reference takes the half, rounded down.
  void half(std::string_view key, index_t wanted) const {
    const auto value = known_integer(key);
    if (value && *value / 2 != wanted) refuse(key, std::to_string(*value), std::to_string(2 * wanted));
  }
  /// A list of layers, as bits; 0: in a regular order (model/family.hpp).
  void layers(std::string_view key, index_t wanted) const {
    const auto value = known(key, key_kind::layers);
    if (value && static_cast<index_t>(*value) != wanted)
      refuse(key, listed(key, static_cast<index_t>(*value)), listed(key, wanted));
  }
  /// A word for each layer, packed (model/numbers.hpp).
  void words(std::string_view key, index_t wanted) const {
    const auto value = known(key, key_kind::word_list);
    if (value && static_cast<index_t>(*value) != wanted)
      refuse(key, worded(key, static_cast<index_t>(*value)), worded(key, wanted));
  }
  /// A set of words, as bits, of which those of `of` are compared.
  void set(std::string_view key, index_t wanted, index_t of) const {
    const auto value = known(key, key_kind::set);
    if (value && (static_cast<index_t>(*value) & of) != wanted)
      refuse(key, words_of_set(key, static_cast<index_t>(*value)), words_of_set(key, wanted));
  }
  /// `names` are those that mean what the type has.
  void one_of(std::string_view key, const auto& names, std::optional<std::string_view> otherwise = {}) const {
    auto value = known_word(key);
    if (!value && stated(key, otherwise.has_value(), quoted(names))) value = found_.text(std::string(key));
    if (!value && otherwise) value = *otherwise;
    if (value && !among(names, *value)) refuse(key, "\"" + *value + "\"", quoted(names));
  }
  /// The activation inside a head, by what the head calls itself: hidden_act, or the one that the family has there
  /// whatever that says. Heads that the family does not have are not compared.
  void head_activation(std::string_view head, const auto& names) const {
    for (const auto& h : found_.facts().activations)
      if (h.head == head) {
        if (h.activation.empty()) return one_of("hidden_act", names);
        if (!among(names, h.activation))
          refuse("the activation of " + std::string(head) + " in " + found_.family,
                 "\"" + std::string(h.activation) + "\", whatever hidden_act says", quoted(names));
      }
  }
  /// What a part expects, and the parts inside it.
  template <class Part>
  void part([[maybe_unused]] const Part& p) const {
    if constexpr (requires { Part::expect(*this); }) Part::expect(*this);
    if constexpr (detail::has_parts<Part>) each_part(p, [this](name, const auto& inner) { part(inner); });
  }
  /// What the family's reference has, whatever the configuration says.
  void fixed(std::string_view subject, double reference, double wanted) const {
    if (std::abs(reference - wanted) > 1e-6 * std::abs(wanted))
      refuse(subject, shown(reference) + ", whatever the configuration says", shown(wanted));
  }
  void family(std::string_view wanted) const {
    if (found_.family == wanted) return;
    for (const auto* f : families)
      if (!f->mark.empty() && f->model_type == found_.facts().model_type) {
        if (f->family == wanted) refuse(f->mark, "no such key", "one, as " + std::string(wanted) + " has it");
        if (f->family == found_.family && find_family(f->model_type)->family == wanted)
          refuse(f->mark, "the key of " + found_.family, "no such key");
      }
    refuse("model_type", "\"" + found_.family + "\"", "\"" + std::string(wanted) + "\"");
  }

  /// Where the positions of a text begin: behind the padding's id, or at 0.
  void begins(bool after_padding) const {
    if (const auto first = found_.first_position(); !after_padding && first != 0)
      refuse("the position of a text's first token", std::to_string(first), "0");
  }
  /// Fails: `subject` is a key, or what no key says.
  [[noreturn]] void refuse(std::string_view subject, const std::string& found, const std::string& wanted) const {
    const auto spelling = found_.spelling(subject);
    fail({.file = found_.file,
          .subject = spelling.empty() ? std::string(subject) : spelling,
          .found = found,
          .wanted = wanted + ", which the type says",
          .remedy = "`weft type` prints the type that fits this configuration"});
  }

 private:
  std::optional<double> known(std::string_view name, key_kind kind) const {
    const auto* k = found_.find_key(name);
    if (k && k->kind == kind) return found_.value(*k);
    return {};
  }
  std::optional<index_t> known_integer(std::string_view key) const {
    if (const auto value = known(key, key_kind::integer)) return static_cast<index_t>(*value);
    if (key == "embedding_size") return found_.embedding_size;
    return {};
  }
  std::optional<double> known_number(std::string_view key) const {
    if (const auto value = known(key, key_kind::decimal)) return value;
    if (const auto whole = known_integer(key)) return static_cast<double>(*whole);
    return {};
  }
  std::optional<bool> known_flag(std::string_view key) const {
    if (key == "tie_word_embeddings") return found_.tie_word_embeddings;
    if (const auto value = known(key, key_kind::flag)) return *value > 0;
    return {};
  }
  std::optional<std::string> known_word(std::string_view key) const {
    if (key == "model_type") return std::string(found_.facts().model_type);
    if (key == "position_embedding_type") return found_.position_embedding_type;
    if (key == "problem_type") return found_.problem_type;
    if (known(key, key_kind::word)) return found_.own_word(key);
    return {};
  }
  // Is a key that the family does not have to be read from the file? One that is absent is refused, unless it has a
  // default, or belongs to another family: a policy may be part of a model of any family.
  bool stated(std::string_view key, bool has_default, const std::string& wanted) const {
    const auto& document = found_.document();
    const auto at = document.find(std::string(key));
    if (at != document.end() && !at->is_null()) return true;
    for (const auto* f : families)
      for (const auto& k : f->keys)
        if (k.name == key) return false;
    if (at == document.end() && has_default) return false;
    refuse(key, at == document.end() ? "no such key" : "null", wanted);
  }
  static bool among(const auto& names, std::string_view value) {
    return std::any_of(std::begin(names), std::end(names), [&](std::string_view name) { return name == value; });
  }
  static std::string quoted(const auto& names) {
    std::string all;
    for (const std::string_view name : names)
      all.append(all.empty() ? "" : " or ").append("\"").append(name).append("\"");
    return all;
  }
  // ["c2p", "p2c"]
  std::string words_of_set(std::string_view key, index_t bits) const {
    std::string all;
    for (std::size_t i = 0; i < found_.find_key(key)->words.size(); ++i)
      if ((bits >> i & 1) != 0)
        all.append(all.empty() ? "\"" : ", \"").append(found_.find_key(key)->words[i]).append("\"");
    return "[" + all + "]";
  }
  // "sliding_attention in layers 1, 2"
  std::string listed(std::string_view key, index_t bits) const {
    if (bits == 0) return "a regular order";
    std::string all;
    for (index_t layer = 0; bits > 0; bits /= 2, ++layer)
      if (bits % 2 != 0) all += (all.empty() ? " in layers " : ", ") + std::to_string(layer);
    return std::string(found_.find_key(key)->words[1]) + all;
  }
  // "conv3, att2"
  std::string worded(std::string_view key, index_t packed) const {
    std::string all;
    for (const auto words = found_.find_key(key)->words; packed > 0; packed /= 16)
      all += (all.empty() ? "" : ", ") + std::string(words[static_cast<std::size_t>(packed % 16 - 1)]);
    return all;
  }
  static std::string shown(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
  }
  static const char* word(bool b) { return b ? "true" : "false"; }

  const configuration& found_;
};

}  // namespace weft
