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
    index_t least = 1, most = 1;
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
  text_range find(std::string_view text, index_t from) const {
    return cursor(*this, text, {from, static_cast<index_t>(text.size())}).next();
  }

  /// The matches in a part of a text, one after the other; all of them together take one pass over it.
  class cursor {
   public:
    /// The pattern and the text, which is UTF-8, must outlive it.
    cursor(const text_pattern& pattern, std::string_view text, text_range part)
        : pattern_(pattern),
          text_(text.substr(0, static_cast<std::size_t>(part.end))),
          at_(part.begin),
          fits_nowhere_before_(pattern.runs_.size()) {}

    /// The next match, or the empty range at the end of the part.
    text_range next() {
      const text_range match = pattern_.runs_.empty() ? next_literal() : next_run();
      at_ = match.end;
      return match;
    }

   private:
    index_t size() const { return static_cast<index_t>(text_.size()); }

    text_range next_literal() {
      const std::string& literal = pattern_.literal_;
      const auto length = static_cast<index_t>(literal.size());
      if (literal.empty()) return {size(), size()};
      if (pattern_.shorter_.empty()) {
        const auto at = text_.find(literal, static_cast<std::size_t>(at_));
        return at == text_.npos ? text_range{size(), size()}
                                : text_range{static_cast<index_t>(at), static_cast<index_t>(at) + length};
      }
      index_t matched = 0;
      for (; at_ < size(); ++at_) {
        matched = pattern_.one_more(matched, text_[static_cast<std::size_t>(at_)]);
        if (matched == length) return {at_ + 1 - length, at_ + 1};
      }
      return {size(), size()};
    }

    text_range next_run() {
      for (; at_ < size(); at_ += decode_utf8(text_, at_).bytes)
        for (std::size_t i = 0; i < fits_nowhere_before_.size(); ++i) {
          if (at_ < fits_nowhere_before_[i]) continue;
          const run& r = pattern_.runs_[i];
          index_t count = 0, end = at_;
          while (count < r.most && end < size()) {
            const auto [value, bytes] = decode_utf8(text_, end);
            if (!holds(r, value)) break;
            ++count, end += bytes;
          }
          if (count >= r.least && count > 0) return {at_, end};
          fits_nowhere_before_[i] = end;  // from any place up to there on, there are even fewer
        }
      return {size(), size()};
    }

    const text_pattern& pattern_;
    std::string_view text_;
    index_t at_;
    std::vector<index_t> fits_nowhere_before_;  // for each run
  };

 private:
  static constexpr index_t unlimited = index_t{1} << 40;
  static constexpr std::size_t long_literal = 32;

  text_pattern(std::string literal, std::vector<run> runs) : literal_(std::move(literal)), runs_(std::move(runs)) {
    if (literal_.size() < long_literal) return;  // the library looks for it faster, though not always in one pass
    shorter_.resize(literal_.size() + 1);
    index_t matched = 0;
    for (std::size_t i = 1; i < literal_.size(); ++i) {
      matched = one_more(matched, literal_[i]);
      shorter_[i + 1] = matched;
    }
  }

  // How many bytes of the literal match behind one byte more, where `matched` did before it.
  // Knuth, Morris and Pratt, "Fast pattern matching in strings" (1977).
  index_t one_more(index_t matched, char byte) const {
    while (matched == static_cast<index_t>(literal_.size()) ||
           (matched > 0 && literal_[static_cast<std::size_t>(matched)] != byte))
      matched = shorter_[static_cast<std::size_t>(matched)];
    return matched + (literal_[static_cast<std::size_t>(matched)] == byte);
  }

  static bool holds(const run& r, char32_t c) {
    return (r.white_space && classify(c).white_space()) || r.characters.find(c) != r.characters.npos;
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
      const index_t least = parse_number(rest);
      const bool open = skip(rest, ',');
      r.least = least;
      r.most = !open ? least : rest.starts_with('}') ? unlimited : parse_number(rest);
      if (least < 1 || r.most < least || !skip(rest, '}')) return {};
    }
    return r;
  }

  static index_t parse_number(std::string_view& rest) {
    index_t n = 0;
    while (!rest.empty() && is_digit(rest[0]) && n <= 1000) n = 10 * n + (rest[0] - '0'), rest.remove_prefix(1);
    return n <= 1000 ? n : 0;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

  std::string literal_;
  std::vector<index_t>
      shorter_;  // of a long literal: the longest part of its first n bytes that it begins and they end with
  std::vector<run> runs_;
};

/// Replaces every match by `content`, which must be UTF-8; all of it gets the origin of the match's last character.
/// Throws weft::error if the text becomes longer than `most` bytes.
inline void replace(const text_pattern& pattern, std::string_view content, normalised_text& text, index_t most) {
  const auto size = static_cast<index_t>(text.text.size());
  text_pattern::cursor matches(pattern, text.text, {0, size});
  text_range match = matches.next();
  if (match.begin == size) return;
  normalised_text out;
  index_t begin = 0;
  for (; match.begin < size; match = matches.next()) {
    append_part(text, {begin, match.begin}, out);
    begin = match.end;
    if (static_cast<index_t>(out.text.size() + content.size()) > most) detail::refuse_growth();
    out.text += content;
    out.sources.insert(out.sources.end(), content.size(), text.sources[static_cast<std::size_t>(match.end - 1)]);
  }
  append_part(text, {begin, size}, out);
  text = std::move(out);
}
inline void replace(const text_pattern& pattern, std::string_view content, normalised_text& text) {
  replace(pattern, content, text, detail::longest_normal_form(static_cast<index_t>(text.text.size())));
}

}  // namespace weft
