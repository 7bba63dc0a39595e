#pragma once
// The settings of a WordPiece tokenizer, and where its added tokens go in the vocabulary.
#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>
#include <weft/text/added_tokens.hpp>
#include <weft/text/truncate.hpp>

namespace weft {

struct wordpiece_options {
  bool lowercase = true;                            ///< as uncased vocabularies want it
  std::optional<bool> strip_accents = {};           ///< unset: as `lowercase`
  bool chinese_characters = true;                   ///< each a word of its own
  bool clean_text = true;                           ///< delete control characters
  std::string unknown = "[UNK]";                    ///< stands for a word that has no pieces; must be in the vocabulary
  std::string separator = "[SEP]";                  ///< ends each text; must be in the vocabulary
  std::string classifier = "[CLS]";                 ///< begins the first text; must be in the vocabulary
  std::string padding = "[PAD]";                    ///< need not be in the vocabulary
  std::string mask = "[MASK]";                      ///< need not be in the vocabulary
  std::vector<added_token> added = {};              ///< further ones, or the five above with other flags
  std::string continuing_prefix = "##";             ///< begins pieces that continue a word
  index max_characters = 100;                       ///< longer words are unknown
  std::optional<weft::truncation> truncation = {};  ///< what encode does where it is told nothing
  bool clean_up = true;                             ///< what decode does where it is told nothing (see decode.hpp)
  std::optional<index> model_max_length = {};  ///< tokens that the model takes, where its files say so; for callers
  std::string file = {};                       ///< where the vocabulary came from, for messages

  normalisation steps() const { return {clean_text, chinese_characters, strip_accents.value_or(lowercase), lowercase}; }
};

namespace detail {

// The added tokens with their ids. The five special ones that the vocabulary has come first; added tokens that it
// lacks are appended to `pieces`.
inline std::vector<added_token> place_added_tokens(std::vector<std::string>& pieces, const wordpiece_options& options) {
  const auto refuse = [&](const std::string& subject, const std::string& found, const std::string& wanted) {
    fail({.file = options.file, .subject = subject, .found = found, .wanted = wanted});
  };
  std::vector<added_token> tokens;
  std::unordered_map<std::string, std::size_t> places;  // in `tokens`
  for (const auto* name : {&options.unknown, &options.separator, &options.classifier, &options.padding, &options.mask})
    if (!name->empty() && places.emplace(*name, tokens.size()).second) tokens.push_back({.content = *name});
  const std::size_t special = tokens.size();
  std::vector<bool> replaced(special);
  for (const auto& token : options.added) {
    const auto [same, is_new] = places.emplace(token.content, tokens.size());
    if (token.content.empty() || (!is_new && (same->second >= special || replaced[same->second])))
      refuse("added token " + std::to_string(&token - options.added.data()),
             token.content.empty() ? "an empty one" : "\"" + token.content.substr(0, 100) + "\" a second time",
             "each text once");
    if (is_new)
      tokens.push_back(token);
    else
      tokens[same->second] = token, replaced[same->second] = true;
  }

  std::unordered_map<std::string, std::int32_t> ids;
  for (std::size_t id = 0; id < pieces.size(); ++id) ids.emplace(pieces[id], static_cast<std::int32_t>(id));
  // In the order of their ids, so that those which the vocabulary lacks may be listed in any order.
  std::vector<std::size_t> order(options.added.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return options.added[a].id < options.added[b].id; });
  for (const std::size_t i : order) {
    const auto& token = options.added[i];
    const auto [at, is_new] = ids.emplace(token.content, static_cast<std::int32_t>(pieces.size()));
    if (is_new) pieces.push_back(token.content);
    if (token.id >= 0 && token.id != at->second)
      refuse("added token \"" + token.content.substr(0, 100) + "\"", "id " + std::to_string(token.id),
             std::to_string(at->second) + (is_new ? ", the next one free" : ", its id in the vocabulary"));
  }
  std::erase_if(tokens, [&](const auto& token) { return !ids.contains(token.content); });
  for (auto& token : tokens) token.id = ids.at(token.content);
  return tokens;
}

}  // namespace detail

}  // namespace weft
