#pragma once
// UTF-8 read one code point at a time: the only decoder of weft.
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

namespace detail {

/// How many bytes the well-formed UTF-8 character at the text's beginning takes; 0 if none begins there (Unicode 15,
/// table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
constexpr index_t utf8_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef)
    return follows(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) && follows(2) ? 3 : 0;
  if (first >= 0xf0 && first <= 0xf4)
    return follows(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) && follows(2) && follows(3) ? 4 : 0;
  return 0;
}

}  // namespace detail

/// The code point that begins at byte `at`, which must lie inside the text. A byte that begins no well-formed sequence
/// is one replacement character of one byte.
constexpr decoded_character decode_utf8(std::string_view text, index_t at) {
  const auto rest = text.substr(static_cast<std::size_t>(at));
  const auto bytes = detail::utf8_bytes(rest);
  if (bytes == 0) return {replacement_character, 1};
  const auto first = static_cast<unsigned char>(rest[0]);
  char32_t value = bytes == 1 ? first : first & (0xffu >> (bytes + 1));
  for (index_t i = 1; i < bytes; ++i)
    value = value << 6 | (static_cast<unsigned char>(rest[static_cast<std::size_t>(i)]) & 0x3fu);
  return {value, bytes};
}

}  // namespace weft
