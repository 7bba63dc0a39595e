#pragma once
// What BERT's normaliser and pre-tokeniser do to one code point, as the reference implementation does it.
#include <algorithm>
#include <iterator>
#include <weft/text/character_classes.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Properties of a code point; see docs/reference/text/wordpiece.md.
struct character_class {
  std::uint8_t flags = 0;

  constexpr bool removed() const { return flags & 1; }       ///< deleted when text is cleaned
  constexpr bool space() const { return flags & 2; }         ///< becomes U+0020 when text is cleaned
  constexpr bool chinese() const { return flags & 4; }       ///< a word of its own: gets spaces around it
  constexpr bool accent() const { return flags & 8; }        ///< deleted when accents are stripped
  constexpr bool punctuation() const { return flags & 16; }  ///< a word of its own
  constexpr bool white_space() const { return flags & 32; }  ///< separates words
};

/// Up to three code points.
struct short_text {
  char32_t values[3] = {};
  int count = 0;

  constexpr const char32_t* begin() const { return values; }
  constexpr const char32_t* end() const { return values + count; }
};

namespace detail {

// The last entry whose first code point is not above c, or null.
template <class Entry, auto Key>
constexpr const Entry* entry_of(const Entry* first, const Entry* last, char32_t c) {
  const Entry* const after =
      std::upper_bound(first, last, c, [](char32_t value, const Entry& entry) { return value < entry.*Key; });
  return after == first ? nullptr : after - 1;
}

constexpr const long_mapping* long_entry(const long_mapping* first, const long_mapping* last, char32_t c) {
  const auto* const entry = entry_of<long_mapping, &long_mapping::from>(first, last, c);
  return entry && entry->from == c ? entry : nullptr;
}

constexpr short_text mapped(const long_mapping& m) {
  return {{m.to[0], m.to[1], m.to[2]}, m.to[2] ? 3 : m.to[1] ? 2 : 1};
}

}  // namespace detail

constexpr character_class classify(char32_t c) {
  using namespace detail;
  return {entry_of<class_start, &class_start::first>(std::begin(class_starts), std::end(class_starts), c)->flags};
}

/// Lower case without context: one code point, except that U+0130 becomes i and a dot above.
constexpr short_text lower_case(char32_t c) {
  using namespace detail;
  const auto* const run = entry_of<case_run, &case_run::first>(std::begin(lower_runs), std::end(lower_runs), c);
  if (run && c <= run->last && (c - run->first) % run->step == 0)
    return {{static_cast<char32_t>(static_cast<std::int32_t>(c) + run->distance)}, 1};
  if (const auto* const entry = long_entry(std::begin(long_lower), std::end(long_lower), c)) return mapped(*entry);
  return {{c}, 1};
}

/// The canonical decomposition without accents: none to three code points.
constexpr short_text strip_accents(char32_t c) {
  using namespace detail;
  if (c < 0xc0) return {{c}, 1};
  if (c >= 0xac00 && c <= 0xd7a3) {  // Hangul syllables, by section 3.12 of the Unicode standard
    const char32_t syllable = c - 0xac00, trailing = syllable % 28;
    return {{0x1100 + syllable / 588, 0x1161 + syllable % 588 / 28, trailing ? 0x11a7 + trailing : 0},
            trailing ? 3 : 2};
  }
  if (classify(c).accent()) return {};
  const auto* const base = entry_of<mapping, &mapping::from>(std::begin(bases), std::end(bases), c);
  if (base && base->from == c) return {{base->to}, 1};
  if (const auto* const entry = long_entry(std::begin(long_bases), std::end(long_bases), c)) return mapped(*entry);
  return {{c}, 1};
}

}  // namespace weft
