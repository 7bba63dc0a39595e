#pragma once
// Text and numbers as they may stand in SVG and HTML.
#include <charconv>
#include <string>
#include <string_view>
#include <weft/base/json_string.hpp>
#include <weft/base/printable.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::drawing {

/// f(character) for every character of the text; what is not UTF-8, and characters that no document may hold, become
/// U+FFFD.
void each_character(std::string_view text, const auto& f) {
  while (!text.empty()) {
    const auto bytes = weft::detail::utf8_bytes(text);
    const auto whole = text.substr(0, bytes > 0 ? static_cast<std::size_t>(bytes) : 1);
    const bool space = whole == "\t" || whole == "\n" || whole == "\r";
    const bool control = whole.size() <= 2 && weft::detail::is_obeyed(whole) && !space;
    const bool allowed = bytes > 0 && !control;
    f(allowed && whole != "\xef\xbf\xbe" && whole != "\xef\xbf\xbf" ? whole : std::string_view("\xef\xbf\xbd"));
    text.remove_prefix(whole.size());
  }
}

/// The text as it may stand between tags and inside the quotes of an attribute.
inline std::string escaped(std::string_view text) {
  std::string s;
  each_character(text, [&](std::string_view c) {
    if (c == "&")
      s += "&amp;";
    else if (c == "<")
      s += "&lt;";
    else if (c == ">")
      s += "&gt;";
    else if (c == "\"")
      s += "&quot;";
    else if (c == "'")
      s += "&#39;";
    else
      s += c;
  });
  return s;
}

/// The text as a string of a script inside a page: in quotes, and without anything that could end the script.
inline std::string script_string(std::string_view text) {
  std::string clean, s;
  each_character(text, [&](std::string_view c) { clean += c; });
  weft::detail::append_json_string(s, clean, "<>&");
  return s;
}

/// At most `digits` digits after the point, which is a point in every locale.
inline std::string decimal(double value, int digits = 2) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits).ptr;
  std::string s(text, end);
  if (s.find('.') == std::string::npos) return s;
  while (s.back() == '0') s.pop_back();
  if (s.back() == '.') s.pop_back();
  return s;
}

}  // namespace weft::drawing
