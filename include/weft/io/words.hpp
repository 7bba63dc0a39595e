#pragma once
// Words of a configuration's keys, alone and in lists.
#include <algorithm>
#include <string>
#include <string_view>
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

}  // namespace weft::detail
