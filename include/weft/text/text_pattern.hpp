#pragma once
// What a tokenizer's rules look for in a text: a literal, or runs of characters, which is all of the regular
// expressions that such rules use.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/text/aligned_text.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

class text_pattern {
 public:
  /// Between `least` and `most` characters in a row, each one of `characters` or, with `white_space`, white space.
  struct run {
    std::u32string characters = {};
    bool white_space = false;
    index least = 1, most = 1;
  };

  /// This text, which must not be empty.
  static text_pattern literal(std::string_view text) { return text_pattern(detail::well_formed(text), {}); }

  /// The first of the runs that fits, as many characters as it can get.
  static text_pattern any_of(std::vector<run> runs) { return text_pattern("", std::move(runs)); }

  /// A regular expression of alternatives `x|y`, each one character, `\s` or a set `[xy\n]`, and perhaps `+`, `{n}`,
  /// `{n,}` or `{n,m}` (n from 1 to 1000) after it. Nothing for other expressions, and for those of over 100 bytes.
  static std::optional<text_pattern> parse(std::string_view expression) {
    if (expression.size() > 100) return {};
    std::vector<run> runs;
    do {
      auto next = parse_run(expression);
      if (!next) return {};
      runs.push_back(std::move(*next));
    } while (skip(expression, '|'));
    if (!expression.empty()) return {};
    return any_of(std::move(runs));
  }

  /// The first match at or after byte `from`; {size, size} if there is none. The text is UTF-8.
  text_range find(std::string_view text, index from) const {
    const auto size = static_cast<index>(text.size());
    if (runs_.empty()) {
      const auto at = text.find(literal_, static_cast<std::size_t>(from));
      if (literal_.empty() || at == text.npos) return {size, size};
      return {static_cast<index>(at), static_cast<index>(at + literal_.size())};
    }
    for (index at = from; at < size; at += decode_utf8(text, at).bytes)
      for (const run& r : runs_)
        if (const index end = end_of(r, text, at); end > at) return {at, end};
    return {size, size};
  }

 private:
  static constexpr index unlimited = index{1} << 40;

  text_pattern(std::string literal, std::vector<run> runs) : literal_(std::move(literal)), runs_(std::move(runs)) {}

  static index end_of(const run& r, std::string_view text, index at) {
    index count = 0, end = at;
    while (count < r.most && end < static_cast<index>(text.size())) {
      const auto [value, bytes] = decode_utf8(text, end);
      if (!(r.white_space && classify(value).white_space()) && r.characters.find(value) == r.characters.npos) break;
      ++count, end += bytes;
    }
    return count < r.least ? at : end;
  }

  static bool skip(std::string_view& rest, char c) {
    if (!rest.starts_with(c)) return false;
    rest.remove_prefix(1);
    return true;
  }

  static bool parse_character(std::string_view& rest, bool in_set, run& r) {
    if (rest.empty()) return false;
    const auto [value, bytes] = decode_utf8(rest, 0);
    const std::string_view reserved = in_set ? "[]^-&" : "^$.|?*+()[]{}";
    if (value != U'\\') {
      if (value < 0x80 && reserved.find(static_cast<char>(value)) != reserved.npos) return false;
      r.characters += value;
      rest.remove_prefix(static_cast<std::size_t>(bytes));
      return true;
    }
    if (rest.size() < 2) return false;
    constexpr std::string_view letters = "nrtfv", controls = "\n\r\t\f\v";
    const char escaped = rest[1];
    if (escaped == 's')
      r.white_space = true;
    else if (const auto at = letters.find(escaped); at != letters.npos)
      r.characters += static_cast<char32_t>(controls[at]);
    else if (escaped > ' ' && escaped < 0x7f && !is_digit(escaped) && !is_letter(escaped))
      r.characters += static_cast<char32_t>(escaped);
    else
      return false;
    rest.remove_prefix(2);
    return true;
  }

  static std::optional<run> parse_run(std::string_view& rest) {
    run r;
    if (skip(rest, '[')) {
      do
        if (!parse_character(rest, true, r)) return {};
      while (!skip(rest, ']'));
    } else if (!parse_character(rest, false, r)) {
      return {};
    }
    if (skip(rest, '+')) {
      r.most = unlimited;
    } else if (skip(rest, '{')) {
      const index least = parse_number(rest);
      const bool open = skip(rest, ',');
      r.least = least;
      r.most = !open ? least : rest.starts_with('}') ? unlimited : parse_number(rest);
      if (least < 1 || r.most < least || !skip(rest, '}')) return {};
    }
    return r;
  }

  static index parse_number(std::string_view& rest) {
    index n = 0;
    while (!rest.empty() && is_digit(rest[0]) && n <= 1000) n = 10 * n + (rest[0] - '0'), rest.remove_prefix(1);
    return n <= 1000 ? n : 0;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

  std::string literal_;
  std::vector<run> runs_;
};

/// Replaces every match by `content`, which must be UTF-8; all of it gets the origin of the match's last character.
inline void replace(const text_pattern& pattern, std::string_view content, normalised_text& text) {
  const auto size = static_cast<index>(text.text.size());
  text_range match = pattern.find(text.text, 0);
  if (match.begin == size) return;
  const index most = detail::longest_normal_form(size);
  normalised_text out;
  index begin = 0;
  for (; match.begin < size; match = pattern.find(text.text, begin)) {
    append_part(text, {begin, match.begin}, out);
    out.text += content;
    out.sources.insert(out.sources.end(), content.size(), text.sources[static_cast<std::size_t>(match.end - 1)]);
    begin = match.end;
    if (static_cast<index>(out.text.size()) > most) detail::refuse_growth(most);
  }
  append_part(text, {begin, size}, out);
  text = std::move(out);
}

}  // namespace weft
