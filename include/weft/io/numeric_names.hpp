#pragma once
// Numeric policies as words: what an option or a configuration calls them, and what a spec does.
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/io/shown.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A numeric policy that comes with weft.
struct numeric_name {
  std::string_view word;    ///< as --numeric has it
  std::string_view header;  ///< in weft/numeric/
  std::string_view type;    ///< in namespace weft
  bool in_part = true;      ///< a part of a linear can be multiplied, as slimmable types do
};
inline constexpr numeric_name numeric_names[] = {{"float32", "float32", "float32"},
                                                 {"bfloat16", "bfloat16", "bfloat16"},
                                                 {"bfloat16_weights", "bfloat16_weights", "bfloat16_weights"},
                                                 {"int8", "int8", "int8<>", false},
                                                 {"int8_7", "int8", "int8<7>", false}};

/// The words, for options that check them.
inline std::vector<std::string> numeric_words() {
  std::vector<std::string> words;
  for (const auto& n : numeric_names) words.emplace_back(n.word);
  return words;
}

/// The policy of a word. Fails for a word that is none of them, naming all.
inline const numeric_name& numeric_named(std::string_view word) {
  for (const auto& n : numeric_names)
    if (n.word == word) return n;
  std::string known;
  for (const auto& n : numeric_names) known += (known.empty() ? "" : ", ") + std::string(n.word);
  fail({.subject = "numeric", .found = detail::shown(word), .wanted = "one of " + known});
}

}  // namespace weft
