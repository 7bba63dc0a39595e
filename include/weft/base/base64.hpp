#pragma once
// Bytes as text (RFC 4648).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <weft/base/version.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// The text of some bytes, with its padding.
inline std::string encode_base64(std::string_view bytes) {
  static constexpr const char* letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto left = bytes.size() - i;
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 3; ++j) three = three << 8 | (j < left ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    text += letters[three >> 18], text += letters[three >> 12 & 63];
    text += left > 1 ? letters[three >> 6 & 63] : '=';
    text += left > 2 ? letters[three & 63] : '=';
  }
  return text;
}

/// The bytes, or nothing if the text is not base64 with its padding.
inline std::optional<std::string> decode_base64(std::string_view text) {
  const auto value = [](char c) -> int {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
  };
  if (text.size() % 4 != 0) return {};
  std::size_t size = text.size();
  for (int i = 0; i < 2 && size > 0 && text[size - 1] == '='; ++i) --size;
  std::string bytes;
  bytes.reserve(size / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text.substr(0, size)) {
    const int six = value(c);
    if (six < 0) return {};
    bits = bits << 6 | static_cast<std::uint32_t>(six);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

}  // namespace weft::detail
