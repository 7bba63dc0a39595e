#pragma once
// Tokens that are cut out of a text as they stand, before it is split into words.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/text/normalise.hpp>
#include <weft/text/piece_automaton.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A token that a text may contain literally. The fields are those of `added_tokens` in a tokenizer.json.
struct added_token {
  std::string content;
  std::int32_t id = -1;      ///< one that the vocabulary lacks gets the next free id, in the order of these; -1: last
  bool single_word = false;  ///< not inside a longer word
  bool strip_left = false;   ///< takes the white space before it along (`lstrip`)
  bool strip_right = false;  ///< takes the white space after it along (`rstrip`)
  bool normalised = false;   ///< looked for in the normalised text, with its own content normalised
  bool special = true;       ///< left out by decode
};

/// A found token; `token` counts in the list that it was built from.
struct added_token_match {
  text_range bytes;
  index_t token;
};

namespace detail {

// Letters, marks, decimal digits, connecting punctuation and joiners: what the reference takes for parts of words.
inline bool is_word_character(char32_t c) {
  switch (int{utf8proc_category(static_cast<utf8proc_int32_t>(c))}) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
      return true;
    default:
      return c == 0x200c || c == 0x200d || (c >= 0x24b6 && c <= 0x24e9);
  }
}

// The first byte of the character that ends before byte `at`; at > 0.
inline index_t character_before(std::string_view text, index_t at) {
  index_t begin = at - 1;
  while (begin > 0 && at - begin < 4 &&
         (static_cast<unsigned char>(text[static_cast<std::size_t>(begin)]) & 0xc0) == 0x80)
    --begin;
  return begin + decode_utf8(text, begin).bytes == at ? begin : at - 1;
}

}  // namespace detail

/// Finds tokens in a text: at each place the longest that begins there, and never two over the same bytes. One pass
/// over the text, whatever their number.
class added_token_finder {
 public:
  /// `contents[i]` is looked for as tokens[i], of equal ones the later; empty ones are passed over.
  added_token_finder(std::vector<added_token> tokens, std::vector<std::string> contents) : tokens_(std::move(tokens)) {
    for (std::size_t i = contents.size(); i-- > 0;)
      contents_.add(contents[i].rbegin(), contents[i].rend(), static_cast<std::int32_t>(i));
    contents_.finish();
  }

  bool empty() const { return contents_.empty(); }

  /// Calls between(range) for every stretch without tokens and token(match) for every token, from left to right.
  template <class Between, class Token>
  void split(std::string_view text, Between&& between, Token&& token) const {
    const auto size = static_cast<index_t>(text.size());
    auto places = empty() ? std::vector<piece_automaton::beginning>() : contents_.beginnings(text);
    index_t begin = 0;  // after the last token
    for (index_t at = 0; !places.empty(); places.pop_back()) {
      const auto [place, found] = places.back();
      if (place < at) continue;
      const added_token& t = tokens_[static_cast<std::size_t>(found.id)];
      text_range bytes{place, place + found.bytes};
      at = bytes.end;
      if (t.single_word && !stands_alone(text, bytes)) continue;
      if (t.strip_left) bytes.begin = before_white_space(text, bytes.begin, begin);
      if (t.strip_right) bytes.end = after_white_space(text, bytes.end);
      bytes.begin = std::max(bytes.begin, begin);  // white space that the token before took
      if (bytes.begin >= bytes.end) continue;
      if (begin < bytes.begin) between(text_range{begin, bytes.begin});
      token(added_token_match{bytes, found.id});
      begin = bytes.end;
      at = std::max(at, begin);
    }
    if (begin < size) between(text_range{begin, size});
  }

 private:
  static bool stands_alone(std::string_view text, text_range bytes) {
    const bool before = bytes.begin > 0 &&
                        detail::is_word_character(decode_utf8(text, detail::character_before(text, bytes.begin)).value);
    const bool after =
        bytes.end < static_cast<index_t>(text.size()) && detail::is_word_character(decode_utf8(text, bytes.end).value);
    return !before && !after;
  }

  // Not before `least`: what lies there is taken already, and would be looked at again for every token.
  static index_t before_white_space(std::string_view text, index_t at, index_t least) {
    while (at > least) {
      const index_t begin = detail::character_before(text, at);
      if (!classify(decode_utf8(text, begin).value).white_space()) break;
      at = begin;
    }
    return at;
  }

  static index_t after_white_space(std::string_view text, index_t at) {
    while (at < static_cast<index_t>(text.size())) {
      const auto [value, bytes] = decode_utf8(text, at);
      if (!classify(value).white_space()) break;
      at += bytes;
    }
    return at;
  }

  std::vector<added_token> tokens_;
  piece_automaton contents_;  // backwards
};

}  // namespace weft
