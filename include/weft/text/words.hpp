#pragma once
// BERT's pre-tokeniser: words end at white space, and each punctuation character is a word of its own.
#include <array>
#include <string_view>
#include <weft/text/characters.hpp>
#include <weft/text/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
inline constexpr auto ascii_classes = [] {
  std::array<character_class, 128> classes{};
  for (char32_t c = 0; c < 128; ++c) classes[c] = classify(c);
  return classes;
}();
}  // namespace detail

/// Calls visit(begin, end) for the bytes of each word of a normalised text, from left to right.
template <class Visit>
void for_each_word(std::string_view text, Visit&& visit) {
  const auto size = static_cast<index_t>(text.size());
  index_t begin = 0;
  for (index_t at = 0; at < size;) {
    const auto byte = static_cast<unsigned char>(text[static_cast<std::size_t>(at)]);
    decoded_character next{byte, 1};
    if (byte >= 0x80) next = decode_utf8(text, at);
    const character_class kind = byte < 0x80 ? detail::ascii_classes[byte] : classify(next.value);
    const index_t after = at + next.bytes;
    if (kind.white_space() || kind.punctuation()) {
      if (begin < at) visit(begin, at);
      if (kind.punctuation()) visit(at, after);
      begin = after;
    }
    at = after;
  }
  if (begin < size) visit(begin, size);
}

}  // namespace weft
