#pragma once
// Words of a configuration's keys, alone and in lists.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>
#include <weft/io/families.hpp>
#include <weft/io/json.hpp>
#include <weft/io/labels.hpp>
#include <weft/io/shown.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// Refuses a value of a key that is not among its words.
inline void check_word(std::string_view key, std::string_view value, const auto& names, std::string_view file) {
  if (std::find(names.begin(), names.end(), value) == names.end())
    fail({.file = file,
          .subject = key,
          .found = shown(value),
          .wanted = (names.size() > 1 ? "one of " : "") + listed(names, [](auto& n) { return n; })});
}

/// A word for each layer, as word_list::packed has it (model/numbers.hpp); the key's default where the document does
/// not say. Fails where it is no list, has a word that the key has not, or is of another length than there are layers.
inline double read_words(const nlohmann::json& document, const key& k, index_t layers, std::string_view file) {
  constexpr index_t most = 13;  // of four bits each, in a double
  const auto* list = json_find(document, std::string(k.spelt), file);
  auto packed = static_cast<index_t>(k.otherwise), count = index_t{0};
  if (list) {
    const auto words = json_texts(*list, k.spelt, file);
    for (const auto& word : words) check_word(k.spelt, word, k.words, file);
    packed = 0, count = static_cast<index_t>(words.size());
    for (auto i = std::min(count, most); i > 0; --i) {
      const auto at = std::find(k.words.begin(), k.words.end(), words[static_cast<std::size_t>(i - 1)]);
      packed = packed * 16 + (at - k.words.begin()) + 1;
    }
  } else {
    for (auto left = packed; left > 0; left /= 16) ++count;
  }
  if (count != layers || count > most)
    fail({.file = file,
          .subject = k.spelt,
          .found = (list ? "a list of " : "no such key, which is a list of ") + std::to_string(count),
          .wanted = "a word for each of the layers of num_hidden_layers, which is " + std::to_string(layers) +
                    (count > most ? ", of at most 13 that a configuration may have" : "")});
  return static_cast<double>(packed);
}

/// The parts of a text between bars, without the spaces around them: "c2p | p2c" has two.
inline std::vector<std::string> parts_between_bars(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('|', at), text.size());
    auto part = text.substr(at, end - at);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    parts.emplace_back(part);
    at = end + 1;
  }
  return parts;
}

/// The value of a set (model/family.hpp), a bit for each word; the key's default where it is absent or null.
inline double read_word_set(const key& k, const nlohmann::json& object, const std::string& name,
                            std::string_view file) {
  const auto* found = json_find(object, name, file);
  if (!found) return k.otherwise;
  std::vector<std::string> words;
  if (found->is_string())
    words = parts_between_bars(found->get_ref<const std::string&>());
  else if (found->is_array())
    words = json_texts(*found, name, file);
  else
    fail({.file = file,
          .subject = name,
          .found = json_shown(*found),
          .wanted = "a list of words, or one text with | between them: " + listed(k.words, [](auto& n) { return n; })});
  index_t bits = 0;
  for (const auto& word : words) {
    check_word(name, word, k.words, file);
    const index_t bit = index_t{1} << (std::find(k.words.begin(), k.words.end(), word) - k.words.begin());
    if ((bits & bit) != 0)
      fail({.file = file, .subject = name, .found = shown(word) + " twice", .wanted = "every word once"});
    bits |= bit;
  }
  return static_cast<double>(bits);
}

}  // namespace weft::detail
