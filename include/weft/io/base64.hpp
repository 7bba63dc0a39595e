#pragma once
// Bytes that a JSON file holds as text (RFC 4648).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <weft/base/version.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

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
