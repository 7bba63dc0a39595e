#pragma once
// GPT-2's way to write any bytes as printable characters, and its rule for words.
#include <array>
#include <string>
#include <string_view>
#include <weft/text/characters.hpp>
#include <weft/text/encoding.hpp>
#include <weft/text/unicode_class.hpp>
#include <weft/text/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The character that stands for a byte in the vocabulary: printable Latin-1 stands for itself, the other 68 bytes are
/// U+0100, U+0101, ... in their order; so a space is U+0120. Source: bytes_to_unicode of GPT-2's encoder.py.
constexpr char32_t byte_character(unsigned char byte) {
  const auto prints = [](unsigned b) { return (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b != 0xad); };
  if (prints(byte)) return byte;
  char32_t c = 0x100;
  for (unsigned b = 0; b < byte; ++b) c += !prints(b);
  return c;
}

namespace detail {

inline constexpr auto character_bytes = [] {  // -1: the character stands for no byte
  std::array<std::int16_t, 0x144> bytes{};
  for (auto& b : bytes) b = -1;
  for (unsigned b = 0; b < 256; ++b)
    bytes[byte_character(static_cast<unsigned char>(b))] = static_cast<std::int16_t>(b);
  return bytes;
}();

enum class word_class : std::uint8_t { other, letter, number, space };

inline word_class word_class_of(char32_t c) {
  if (c < 0x80) {
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') return word_class::letter;
    if (c >= '0' && c <= '9') return word_class::number;
    return c == ' ' || (c >= 9 && c <= 13) ? word_class::space : word_class::other;
  }
  if (classify(c).white_space()) return word_class::space;
  const unicode_class kind = classify_unicode(c);
  return kind.letter() ? word_class::letter : kind.number() ? word_class::number : word_class::other;
}

// The bytes of an English contraction ('s 't 're 've 'm 'll 'd) at an apostrophe, or 0.
inline index_t contraction(std::string_view rest) {
  for (const std::string_view form : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
    if (rest.starts_with(form)) return static_cast<index_t>(form.size());
  return 0;
}

}  // namespace detail

/// The bytes that characters of the vocabulary stand for; a piece with another character stands for itself.
inline std::string bytes_of_piece(std::string_view piece) {
  std::string bytes;
  for (index_t at = 0; at < static_cast<index_t>(piece.size());) {
    const auto [value, length] = decode_utf8(piece, at);
    if (value >= detail::character_bytes.size() || detail::character_bytes[value] < 0) return std::string(piece);
    bytes += static_cast<char>(detail::character_bytes[value]);
    at += length;
  }
  return bytes;
}

/// Calls visit(begin, end) for the words of bytes [part.begin, part.end) of a UTF-8 text: all of them, end to end.
/// A word is a contraction's end, or letters, or numbers, or other characters, each with the space (U+0020) before it;
/// or white space, of which the last character is a word of its own unless it is taken or ends the part. That is
/// GPT-2's expression 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
template <class Visit>
void for_each_byte_level_word(std::string_view text, text_range part, Visit&& visit) {
  using detail::word_class;
  text = text.substr(0, static_cast<std::size_t>(part.end));
  const auto class_at = [&](index_t at, index_t& bytes) {
    const auto c = decode_utf8(text, at);
    bytes = c.bytes;
    return detail::word_class_of(c.value);
  };
  for (index_t at = part.begin, bytes = 0; at < part.end;) {
    const index_t begin = at;
    if (text[static_cast<std::size_t>(at)] == '\'')
      if (const index_t n = detail::contraction(text.substr(static_cast<std::size_t>(at))); n > 0) {
        visit(begin, at += n);
        continue;
      }
    if (text[static_cast<std::size_t>(at)] == ' ' && at + 1 < part.end && class_at(at + 1, bytes) != word_class::space)
      ++at;
    const word_class kind = class_at(at, bytes);
    index_t last = at;  // the last character's first byte
    while (at < part.end && class_at(at, bytes) == kind) last = at, at += bytes;
    if (kind == word_class::space && at < part.end && last > begin) at = last;
    visit(begin, at);
  }
}

}  // namespace weft
