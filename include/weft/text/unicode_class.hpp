#pragma once
// What unigram and byte-level tokenizers take a code point for, as the tokenizers library does.
#include <algorithm>
#include <iterator>
#include <weft/text/characters.hpp>
#include <weft/text/unicode_classes.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Properties of a code point, of the Unicode versions that the reference has for each.
struct unicode_class {
  std::uint8_t flags = 0;

  constexpr bool letter() const { return flags & 1; }       ///< \p{L} in regular expressions
  constexpr bool number() const { return flags & 2; }       ///< \p{N} in regular expressions
  constexpr bool mark() const { return flags & 4; }         ///< deleted by StripAccents
  constexpr bool combining() const { return flags & 8; }    ///< has a combining class: moves in canonical ordering
  constexpr bool decomposes() const { return flags & 16; }  ///< canonically or for compatibility
  constexpr bool extends() const { return flags & 32; }     ///< stands in one grapheme cluster with a letter before it
  constexpr bool word() const { return flags & 64; }        ///< \w in the pre-tokenizer Whitespace
  constexpr bool digit() const { return flags & 128; }      ///< what the pre-tokenizer Digits cuts at
};

constexpr unicode_class classify_unicode(char32_t c) {
  using namespace detail;
  return {entry_of<class_start, &class_start::first>(std::begin(unicode_starts), std::end(unicode_starts), c)->flags};
}

}  // namespace weft
