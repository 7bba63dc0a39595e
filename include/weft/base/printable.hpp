#pragma once
// Text that weft did not write itself (names, labels, tokens, paths, what files hold) as it may stand in a message or
// at a terminal: on one line, and without anything that a terminal obeys.
#include <string>
#include <string_view>
#include <weft/base/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// Whether a whole character is obeyed rather than shown: the control characters of ASCII and of Latin-1 (escape codes,
/// ends of lines), the separators of lines and paragraphs, and what turns the direction of the text around it.
constexpr bool is_obeyed(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7f;
  if (character.size() == 2) return (byte(0) == 0xc2 && byte(1) < 0xa0) || character == "\xd8\x9c";
  if (character.size() != 3 || byte(0) != 0xe2) return false;
  return (byte(1) == 0x80 && (byte(2) == 0x8e || byte(2) == 0x8f || (byte(2) >= 0xa8 && byte(2) <= 0xae))) ||
         (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9);
}

/// `text`, but every byte of a character that is obeyed, and every byte that is not UTF-8, becomes \xNN, and what is
/// beyond `most` bytes becomes "...". A text that has been through here stays as it is.
template <class String = std::string>
String printable(std::string_view text, std::size_t most = 100) {
  constexpr const char* digits = "0123456789abcdef";
  String s;
  std::size_t room = most;
  while (!text.empty()) {
    const auto bytes = static_cast<std::size_t>(utf8_bytes(text));
    const auto character = text.substr(0, bytes > 0 ? bytes : 1);
    if (character.size() > room) return s += "...";
    room -= character.size();
    text.remove_prefix(character.size());
    if (bytes > 0 && !is_obeyed(character)) {
      s += character;
      continue;
    }
    for (const char c : character) {
      const auto byte = static_cast<unsigned char>(c);
      s.append("\\x") += digits[byte >> 4], s += digits[byte & 15];
    }
  }
  return s;
}

/// All of it, however long.
inline std::string printable_whole(std::string_view text) { return printable(text, text.size()); }

}  // namespace weft::detail
