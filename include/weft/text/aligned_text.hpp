#pragma once
// Changes to a text that keep track of where every byte came from, as the reference's normalised strings do.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/text/normalise.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// One character of a changed text, and what it stands in place of. 0: the next character of the old text; -n: that one
/// and the n after it, of which it takes the first one's origin; 1: none, it shares the origin of the one before.
struct character_change {
  char32_t value;
  std::int32_t change = 0;
};

namespace detail {

/// How long a text may become. Enough for every table of Unicode, whose longest makes 33 bytes of three, and an end to
/// rules that lengthen without bound.
constexpr index_t longest_normal_form(index_t bytes) { return 64 * bytes + 1024; }

[[noreturn]] inline void refuse_growth() {
  fail({.subject = "text",
        .found = "a normal form that is more than 64 times as long",
        .wanted = "at most that, and 1024 bytes",
        .remedy = "the tokenizer's normaliser lengthens texts without bound"});
}

/// The text in UTF-8, each byte that is not UTF-8 replaced.
inline std::string well_formed(std::string_view text) {
  std::string out;
  for (index_t at = 0; at < static_cast<index_t>(text.size());) {
    const auto [value, bytes] = decode_utf8(text, at);
    append_utf8(value, out);
    at += bytes;
  }
  return out;
}

inline void append_character(char32_t c, normalised_text::source from, normalised_text& out) {
  if (c < 0x80)
    out.text += static_cast<char>(c), out.sources.push_back(from);
  else
    out.sources.insert(out.sources.end(), static_cast<std::size_t>(append_utf8(c, out.text)), from);
}

}  // namespace detail

/// Appends bytes [part.begin, part.end) of a text as they are. A byte that is not UTF-8 becomes U+FFFD.
inline void append_unchanged(std::string_view text, text_range part, normalised_text& out) {
  text = text.substr(0, static_cast<std::size_t>(part.end));
  for (index_t at = part.begin; at < part.end;) {
    const auto [value, bytes] = decode_utf8(text, at);
    detail::append_character(value, {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + bytes)}, out);
    at += bytes;
  }
}

/// Appends bytes [part.begin, part.end) of another text, with their origins.
inline void append_part(const normalised_text& from, text_range part, normalised_text& out) {
  out.text.append(from.text, static_cast<std::size_t>(part.begin), static_cast<std::size_t>(part.end - part.begin));
  out.sources.insert(out.sources.end(), from.sources.begin() + part.begin, from.sources.begin() + part.end);
}

/// Makes the text what `changes` say, after passing over its first `skipped` characters.
inline void apply_changes(const std::vector<character_change>& changes, index_t skipped, normalised_text& text) {
  const auto size = static_cast<index_t>(text.text.size());
  index_t at = 0;  // in the old text
  const auto pass = [&](index_t characters) {
    for (; characters > 0 && at < size; --characters) at += decode_utf8(text.text, at).bytes;
  };
  pass(skipped);
  normalised_text out;
  out.text.reserve(text.text.size());
  out.sources.reserve(text.sources.size());
  const std::uint32_t start = size > 0 ? text.sources.front().begin : 0;
  for (const auto [value, change] : changes) {
    normalised_text::source from{start, start};
    if (change > 0 ? at > 0 : at < size) from = text.sources[static_cast<std::size_t>(change > 0 ? at - 1 : at)];
    detail::append_character(value, from, out);
    if (change <= 0) pass(1 - index_t{change});
  }
  text = std::move(out);
}

/// Deletes the characters for which `keep(code point)` is false.
template <class Keep>
void keep_characters(normalised_text& text, Keep&& keep) {
  std::size_t end = 0;
  for (index_t at = 0; at < static_cast<index_t>(text.text.size());) {
    const auto [value, bytes] = decode_utf8(text.text, at);
    if (keep(value))
      for (index_t i = at; i < at + bytes; ++i, ++end) {
        text.text[end] = text.text[static_cast<std::size_t>(i)];
        text.sources[end] = text.sources[static_cast<std::size_t>(i)];
      }
    at += bytes;
  }
  text.text.resize(end);
  text.sources.resize(end);
}

/// Puts `before`, which must be UTF-8, in front of a text that is not empty; it shares the first character's origin.
inline void prepend(std::string_view before, normalised_text& text) {
  if (text.text.empty() || before.empty()) return;
  text.sources.insert(text.sources.begin(), before.size(), text.sources.front());
  text.text.insert(0, before);
}

}  // namespace weft
