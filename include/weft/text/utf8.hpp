#pragma once
// UTF-8 read and written one code point at a time.
#include <utf8proc.h>

#include <string>
#include <string_view>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// U+FFFD, which stands for a byte that is not UTF-8.
inline constexpr char32_t replacement_character = 0xfffd;

/// One code point of a text and the bytes that it takes there.
struct decoded_character {
  char32_t value;
  index_t bytes;
};

/// The code point that begins at byte `at`, which must lie inside the text. A byte that begins no well-formed sequence
/// (overlong forms, surrogates and values above U+10FFFF are not well formed) is one replacement character of one byte.
inline decoded_character decode_utf8(std::string_view text, index_t at) {
  const auto first = static_cast<unsigned char>(text[static_cast<std::size_t>(at)]);
  if (first < 0x80) return {first, 1};
  utf8proc_int32_t value = 0;
  const index_t bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                                         static_cast<index_t>(text.size()) - at, &value);
  if (bytes <= 0) return {replacement_character, 1};
  return {static_cast<char32_t>(value), bytes};
}

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
