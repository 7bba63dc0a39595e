#pragma once
// Texts with the origins of their bytes, for the tests of what changes them.
#include <string>
#include <weft/text/aligned_text.hpp>

namespace weft_test {

inline weft::normalised_text aligned(const std::string& text) {
  weft::normalised_text out;
  weft::append_unchanged(text, {0, static_cast<weft::index_t>(text.size())}, out);
  return out;
}

/// Where each character of a text came from: "a0-1 b1-3 ".
inline std::string origins(const weft::normalised_text& text) {
  std::string out;
  for (weft::index_t at = 0; at < static_cast<weft::index_t>(text.text.size());) {
    const auto bytes = weft::decode_utf8(text.text, at).bytes;
    const auto [begin, end] = text.original(at, at + bytes);
    out += text.text.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(bytes)) + std::to_string(begin) +
           "-" + std::to_string(end) + " ";
    at += bytes;
  }
  return out;
}

}  // namespace weft_test
