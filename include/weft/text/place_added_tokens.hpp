#pragma once
// Where added tokens go in a vocabulary.
#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>
#include <weft/base/list.hpp>
#include <weft/text/added_tokens.hpp>
#include <weft/text/table_key.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

/// The added tokens with their ids. The special ones that the vocabulary has come first; added tokens that it lacks are
/// appended to `pieces`, those with an id first. Throws weft::error that names `file` if one is empty, comes twice or
/// contradicts the vocabulary, or if one would be appended to a vocabulary with holes.
inline std::vector<added_token> place_added_tokens(std::vector<std::string>& pieces, list<const std::string> names,
                                                   const std::vector<added_token>& added, std::string_view file) {
  const auto refuse = [&](const std::string& subject, const std::string& found, const std::string& wanted) {
    fail({.file = file, .subject = subject, .found = found, .wanted = wanted});
  };
  std::vector<added_token> tokens;
  std::unordered_map<std::string, std::size_t, text_hash> places;  // in `tokens`
  for (const auto& name : names)
    if (!name.empty() && places.emplace(name, tokens.size()).second) tokens.push_back({.content = name});
  const std::size_t special = tokens.size();
  std::vector<bool> replaced(special);
  for (const auto& token : added) {
    const auto [same, is_new] = places.emplace(token.content, tokens.size());
    if (token.content.empty() || (!is_new && (same->second >= special || replaced[same->second])))
      refuse("added token " + std::to_string(&token - added.data()),
             token.content.empty() ? "an empty one" : "\"" + token.content.substr(0, 100) + "\" a second time",
             "each text once");
    if (is_new)
      tokens.push_back(token);
    else
      tokens[same->second] = token, replaced[same->second] = true;
  }

  std::unordered_map<std::string, std::int32_t, text_hash> ids;
  bool has_holes = false;
  for (std::size_t id = 0; id < pieces.size(); ++id)
    if (pieces[id].empty())
      has_holes = true;
    else
      ids.emplace(pieces[id], static_cast<std::int32_t>(id));
  // In the order of their ids, so that those which the vocabulary lacks may be listed in any order.
  std::vector<std::size_t> order(added.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto first = static_cast<std::uint32_t>(added[a].id), second = static_cast<std::uint32_t>(added[b].id);
    return first != second ? first < second : a < b;  // -1 at the end
  });
  for (const std::size_t i : order) {
    const auto& token = added[i];
    const auto [at, is_new] = ids.emplace(token.content, static_cast<std::int32_t>(pieces.size()));
    if (is_new && has_holes)
      refuse("added token \"" + token.content.substr(0, 100) + "\"", "a vocabulary that lacks it and has holes",
             "one without holes, in which the next id is free");
    if (is_new) pieces.push_back(token.content);
    // The library gives the next free id where a file says a later one.
    if (token.id >= 0 && token.id != at->second && !(is_new && token.id > at->second))
      refuse("added token \"" + token.content.substr(0, 100) + "\"", "id " + std::to_string(token.id),
             std::to_string(at->second) + (is_new ? ", the next one free" : ", its id in the vocabulary"));
  }
  std::erase_if(tokens, [&](const auto& token) { return !ids.contains(token.content); });
  for (auto& token : tokens) token.id = ids.at(token.content);
  return tokens;
}

}  // namespace detail

}  // namespace weft
