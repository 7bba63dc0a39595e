#pragma once
// Unicode's normalisation forms (UAX 15), with the origin of every character.
#include <algorithm>
#include <optional>
#include <vector>
#include <weft/text/aligned_text.hpp>
#include <weft/text/unicode_class.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

enum class unicode_form { nfd, nfkd, nfc, nfkc };

namespace detail {

inline int combining_class(char32_t c) {
  if (c < 0x300 || !classify_unicode(c).combining()) return 0;
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
}

/// The character that two make together, if there is one; Hangul too.
inline std::optional<char32_t> composed(char32_t first, char32_t second) {
  if (second < 0x300) return {};
  utf8proc_int32_t pair[2] = {static_cast<utf8proc_int32_t>(first), static_cast<utf8proc_int32_t>(second)};
  constexpr auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  if (utf8proc_normalize_utf32(pair, 2, options) != 1) return {};
  const auto both = static_cast<char32_t>(pair[0]);
  return classify_unicode(both).decomposes() ? std::optional(both) : std::nullopt;
}

inline void append_decomposition(char32_t c, bool compatible, std::vector<character_change>& out) {
  constexpr index_t most = 32;  // Unicode's longest has 18
  utf8proc_int32_t parts[most];
  int unused = 0;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0));
  const index_t count = c < 0x80 || !classify_unicode(c).decomposes()
                            ? 0
                            : utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts, most, options, &unused);
  if (count <= 0 || count > most) return out.push_back({c});
  for (index_t i = 0; i < count; ++i) out.push_back({static_cast<char32_t>(parts[i]), i > 0});
}

// Marks in a row stand in the order of their classes.
inline void sort_marks(std::vector<character_change>& characters) {
  const auto is_mark = [](const character_change& c) { return combining_class(c.value) != 0; };
  for (auto begin = characters.begin();;) {
    begin = std::find_if(begin, characters.end(), is_mark);
    if (begin == characters.end()) return;
    const auto end = std::find_if_not(begin, characters.end(), is_mark);
    std::stable_sort(begin, end, [](const character_change& a, const character_change& b) {
      return combining_class(a.value) < combining_class(b.value);
    });
    begin = end;
  }
}

// In place. A character that takes others in stands for all that they stood for.
inline void compose(std::vector<character_change>& characters) {
  std::size_t end = 0, base = 0;
  bool has_base = false;
  int last = -1;  // the class of the last character after the base that stayed; -1: none did
  for (const character_change next : characters) {
    const int kind = combining_class(next.value);
    if (has_base && last < kind)
      if (const auto both = composed(characters[base].value, next.value)) {
        characters[base] = {*both, characters[base].change + next.change - 1};
        continue;
      }
    characters[end] = next;
    if (kind == 0)
      base = end, has_base = true, last = -1;
    else
      last = kind;
    ++end;
  }
  characters.resize(end);
}

}  // namespace detail

/// Brings a text into a normalisation form. Decompositions are utf8proc's, of the code points that the reference knows.
inline void normalise(unicode_form form, normalised_text& text) {
  const bool ascii = std::all_of(text.text.begin(), text.text.end(), [](char c) { return (c & 0x80) == 0; });
  if (ascii) return;  // no form changes it
  std::vector<character_change> characters;
  characters.reserve(text.text.size());
  for (index_t at = 0; at < static_cast<index_t>(text.text.size());) {
    const auto [value, bytes] = decode_utf8(text.text, at);
    detail::append_decomposition(value, form == unicode_form::nfkd || form == unicode_form::nfkc, characters);
    at += bytes;
  }
  detail::sort_marks(characters);
  if (form == unicode_form::nfc || form == unicode_form::nfkc) detail::compose(characters);
  apply_changes(characters, 0, text);
}

}  // namespace weft
