#pragma once
// UTF-8 written one code point at a time; base/utf8.hpp reads it.
#include <utf8proc.h>

#include <string>
#include <string_view>
#include <weft/base/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Appends one code point, which must not be above U+10FFFF, and returns its number of bytes.
inline index_t append_utf8(char32_t value, std::string& text) {
  utf8proc_uint8_t bytes[4];
  const index_t count = utf8proc_encode_char(static_cast<utf8proc_int32_t>(value), bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
  return count;
}

/// Where the first byte that is not UTF-8 lies, or -1.
inline index_t find_invalid_utf8(std::string_view text) {
  for (index_t at = 0; at < static_cast<index_t>(text.size());) {
    const auto [value, bytes] = decode_utf8(text, at);
    if (value == replacement_character && bytes == 1) return at;
    at += bytes;
  }
  return -1;
}

}  // namespace weft
