#pragma once
// A text as a JSON string: the only writer of them.
#include <string_view>
#include <weft/base/printable.hpp>
#include <weft/base/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// Appends the text in quotes. What is not UTF-8 becomes U+FFFD; what a terminal obeys, and the characters of
/// `numbered`, are written by their numbers.
template <class String>
void append_json_string(String& to, std::string_view text, std::string_view numbered = {}) {
  to += '"';
  while (!text.empty()) {
    const auto [value, bytes] = decode_utf8(text, 0);
    const auto character = text.substr(0, static_cast<std::size_t>(bytes));
    text.remove_prefix(character.size());
    if (utf8_bytes(character) == 0) {
      to += "\xef\xbf\xbd";
    } else if (is_obeyed(character) || numbered.find(character) != numbered.npos) {
      to += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) to += "0123456789abcdef"[value >> shift & 15];
    } else {
      if (character == "\"" || character == "\\") to += '\\';
      to += character;
    }
  }
  to += '"';
}

}  // namespace weft::detail
