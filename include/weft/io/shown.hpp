#pragma once
// Text from a file as it may stand in a message: bounded, and without characters that a terminal obeys.
#include <string>
#include <string_view>
#include <weft/base/version.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// `text`; control characters become \xNN, and what is beyond `most` bytes becomes "...".
inline std::string printable(std::string_view text, std::size_t most = 100) {
  constexpr const char* digits = "0123456789abcdef";
  std::string s;
  for (std::size_t i = 0; i < text.size() && i < most; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f)
      s.append("\\x") += digits[byte >> 4], s += digits[byte & 15];
    else
      s += text[i];
  }
  if (text.size() > most) {
    while (!s.empty() && (static_cast<unsigned char>(s.back()) & 0xc0) == 0x80) s.pop_back();  // no half character
    if (!s.empty() && static_cast<unsigned char>(s.back()) >= 0xc0) s.pop_back();
    s += "...";
  }
  return s;
}

/// The same in double quotes.
inline std::string shown(std::string_view text, std::size_t most = 100) {
  std::string s = "\"";
  s += printable(text, most);
  s += '"';
  return s;
}

}  // namespace weft::detail
