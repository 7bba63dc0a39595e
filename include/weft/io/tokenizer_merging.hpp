#pragma once
// What tokenizer.json, or a vocabulary, and the files beside it make together.
#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>
#include <weft/io/tokenizer_configuration.hpp>
#include <weft/io/tokenizer_reading.hpp>
#include <weft/text/sequence_template.hpp>
#include <weft/text/table_key.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// The added tokens: those of a tokenizer.json, which are `stored`, and those of the other files, whose flags count.
/// `has(text)`: whether the vocabulary has a piece; special tokens that it lacks are only added if others come after
/// them, or behind a SentencePiece model of DeBERTa v2's class.
inline std::vector<added_token> all_added(const tokenizer_configuration& c, std::vector<added_token> stored,
                                          auto&& has) {
  if (c.lists_added && c.kind != tokenizer_kind::stored) stored.clear();
  std::unordered_map<std::string, std::size_t, text_hash> places;
  for (std::size_t i = 0; i < stored.size(); ++i) places.emplace(stored[i].content, i);
  // Adds a token, or puts it in the place of one of the same text that lies at `from` or behind it.
  const auto put = [&](added_token token, std::size_t from) {
    const auto [at, is_new] = places.emplace(token.content, stored.size());
    if (is_new)
      stored.push_back(std::move(token));
    else if (at->second >= from)
      stored[at->second] = std::move(token);
  };
  for (const auto& token : c.added) put(token, 0);
  const auto settled = stored.size();
  const auto lacks = [&](const added_token& t) { return !has(t.content) && !places.contains(t.content); };
  const bool appends = c.kind == tokenizer_kind::deberta_v2 || std::any_of(c.extra.begin(), c.extra.end(), lacks);
  if (std::count_if(c.extra.begin(), c.extra.begin() + static_cast<std::ptrdiff_t>(c.keyed), lacks) > 1)
    fail({.file = c.file,
          .subject = "special tokens",
          .found = "several with keys of their own, which the vocabulary lacks",
          .wanted = "added_tokens_decoder, which says their ids"});
  for (std::size_t i = 0; i < c.names.size(); ++i) {
    auto token = c.names[i].token;
    token.content = c.called(special_token_keys[i], "");
    if (token.content.empty()) continue;
    const bool strips =
        c.kind == tokenizer_kind::mpnet || c.kind == tokenizer_kind::big_bird || c.kind == tokenizer_kind::camembert;
    if (strips && !c.names[i].flagged) token.strip_left = special_token_keys[i] == "mask_token";
    if (has(token.content) || appends) put(std::move(token), stored.size());
  }
  for (const auto& token : c.extra) put(token, settled);
  return stored;
}

/// Fails where a file names another token than tokenizer.json places, which a class with options of its own would obey.
inline void check_named(const tokenizer_configuration& c, const char* key, const std::string& placed) {
  if (const auto& n = c.name(key); n.said && n.token.content != placed)
    fail({.file = c.file,
          .subject = key,
          .found = shown(n.token.content),
          .wanted = shown(placed) + ", as the post_processor of tokenizer.json has it"});
}

/// Whether a text is one of the pieces.
inline auto has_piece(const std::vector<std::string>& pieces) {
  return [all = std::unordered_set<std::string_view, text_hash>(pieces.begin(), pieces.end())](std::string_view text) {
    return all.contains(text);
  };
}

/// The layout with the segments that the model is given.
inline sequence_template layout_of(sequence_template layout, const tokenizer_configuration& c) {
  return c.segments.value_or(true) ? std::move(layout) : std::move(layout).without_segments();
}

/// The truncation of a tokenizer.json: its side counts where tokenizer_config.json says none, the rest where the caller
/// wants it.
inline void read_stored_truncation(const nlohmann::json& document, std::string_view file, const tokenizer_reading& how,
                                   std::optional<truncation>& out, tokenizer_configuration& c) {
  const auto* stored = json_find(document, "truncation", file);
  if (!stored) return;
  const auto read = read_truncation(*stored, file);
  if (!c.says_truncation_side) c.truncation_side = read.side;
  if (how.stored_truncation) out = read;
}

}  // namespace weft::detail
