#pragma once
// Where answers go: a descriptor that may be closed at the other end, and JSON written piece by piece.
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <weft/base/error.hpp>
#include <weft/base/finite.hpp>
#include <weft/base/list.hpp>
#include <weft/base/printable.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// Writes all of a text. False if nobody reads it any more; throws weft::error if it cannot be written.
inline bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto wrote = ::write(descriptor, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EPIPE) return false;
    if (wrote < 0)
      fail({.file = "standard output", .found = std::strerror(errno), .wanted = "a place that answers can go to"});
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

/// A number as JSON has it: the shortest that reads back as the same float; null where it is none.
inline void append_number(std::string& to, float value) {
  if (!is_finite(value)) {
    to += "null";
    return;
  }
  char text[32];
  to.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

/// A text as a JSON string. What is not UTF-8 becomes U+FFFD; what a terminal obeys is written by its number.
inline void append_string(std::string& to, std::string_view text) {
  const auto numbered = [&](unsigned unit) {
    constexpr const char* digits = "0123456789abcdef";
    to += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) to += digits[unit >> shift & 15];
  };
  to += '"';
  while (!text.empty()) {
    const auto bytes = static_cast<std::size_t>(weft::detail::utf8_bytes(text));
    const auto character = text.substr(0, bytes > 0 ? bytes : 1);
    const auto byte = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(character[i]); };
    if (bytes == 0)
      to += "\xef\xbf\xbd";
    else if (character == "\"" || character == "\\")
      (to += '\\') += character;
    else if (!weft::detail::is_obeyed(character))
      to += character;
    else if (bytes == 1)
      numbered(byte(0));
    else if (bytes == 2)
      numbered((byte(0) & 0x1f) << 6 | (byte(1) & 0x3f));
    else
      numbered((byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f));
    text.remove_prefix(character.size());
  }
  to += '"';
}

/// Text that weft did not write itself, for people: on one line, without what a terminal obeys.
inline void append_shown(std::string& to, std::string_view text) { to += weft::detail::printable_whole(text); }

/// "[a,b,c]".
inline void append_numbers(std::string& to, list<const float> values) {
  to += '[';
  for (index_t i = 0; i < values.size(); ++i) {
    if (i > 0) to += ',';
    append_number(to, values[i]);
  }
  to += ']';
}

/// A probability for people: three decimals, a point in every locale.
inline std::string shown_score(float score) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, score, std::chars_format::fixed, 3).ptr};
}

}  // namespace weft::program
