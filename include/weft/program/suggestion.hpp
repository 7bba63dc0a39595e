#pragma once
// What somebody may have meant who mistyped a word.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// How many letters have to be put in, left out, exchanged for others or swapped with their neighbours to make `b` of
/// `a` (the optimal string alignment distance), in bytes.
inline index_t edit_distance(std::string_view a, std::string_view b) {
  const auto width = b.size() + 1;
  std::vector<index_t> table((a.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> index_t& { return table[i * width + j]; };
  for (std::size_t i = 0; i <= a.size(); ++i) at(i, 0) = static_cast<index_t>(i);
  for (std::size_t j = 0; j <= b.size(); ++j) at(0, j) = static_cast<index_t>(j);
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] != b[j - 1] ? 1 : 0)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  return at(a.size(), b.size());
}

/// The word that `typed` is near to: at most a third of its letters are wrong, or it is the beginning of one word only.
/// Empty where none is.
inline std::string nearest(std::string_view typed, const std::vector<std::string>& words) {
  constexpr std::size_t longest = 64;
  if (typed.empty() || typed.size() > longest) return {};
  std::string found;
  index_t least = std::max<index_t>(1, static_cast<index_t>(typed.size()) / 3) + 1;
  for (const auto& word : words)
    if (const auto distance = edit_distance(typed, word); distance < least) least = distance, found = word;
  const auto begins = [&](const std::string& word) { return word.starts_with(typed); };
  if (found.empty() && typed.size() > 2 && std::count_if(words.begin(), words.end(), begins) == 1)
    found = *std::find_if(words.begin(), words.end(), begins);
  return found;
}

/// "; did you mean X?", or nothing.
inline std::string suggestion(std::string_view typed, const std::vector<std::string>& words) {
  const auto found = nearest(typed, words);
  return found.empty() ? "" : "; did you mean " + found + "?";
}

}  // namespace weft::program
