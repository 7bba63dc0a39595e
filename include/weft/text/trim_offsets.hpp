#pragma once
// Offsets of tokens without the white space at their ends.
#include <algorithm>
#include <string_view>
#include <utility>
#include <weft/text/added_tokens.hpp>
#include <weft/text/byte_level.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

struct offset_trimming {
  bool on, keeps_prefix;
};

// White space at the beginning and at the end of a token, in characters.
inline std::pair<index_t, index_t> spaces_around(std::string_view content) {
  index_t leading = 0, trailing = 0, characters = 0;
  for (index_t at = 0; at < static_cast<index_t>(content.size()); ++characters) {
    const auto [value, length] = decode_utf8(content, at);
    at += length;
    trailing = value == byte_character(' ') || classify(value).white_space() ? trailing + 1 : 0;
    if (trailing == characters + 1) leading = trailing;
  }
  return {leading, trailing};
}

/// The bytes of a token without the white space that its `content` has at its ends; `first`: no token is before it.
/// `keeps_prefix`: a space in front of the text, which the tokenizer put there itself, stays.
/// Source: process_offsets in the tokenizers library (pre_tokenizers/byte_level.rs).
inline text_range trimmed_offsets(text_range bytes, std::string_view content, std::string_view text, bool first,
                                  offset_trimming how) {
  if (!how.on) return bytes;
  auto [begin, end] = bytes;
  auto [leading, trailing] = spaces_around(content);
  if (leading > 0 && how.keeps_prefix && (first || begin == 0)) --leading;
  for (; leading > 0 && begin < end; --leading) begin += decode_utf8(text, begin).bytes;
  index_t last = end;
  for (; trailing > 0 && last > 0; --trailing) last = character_before(text, last);
  return {begin, trailing == 0 ? std::max(begin, last) : end};
}

}  // namespace detail

}  // namespace weft
