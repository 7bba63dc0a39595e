#pragma once
// Where a tokenizer cuts a normalised text before its model sees the parts: the pre-tokenizers of a tokenizer.json.
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>
#include <weft/text/byte_level.hpp>
#include <weft/text/text_pattern.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A text and its parts, from left to right; what is in no part is left out.
struct parted_text {
  normalised_text whole;
  std::vector<text_range> parts;
};

/// What becomes of a match that separates.
enum class separator_use { removed, isolated, merged_with_previous, merged_with_next, contiguous };

namespace detail {

/// Cuts parts at what `next(text, range)` finds: the first match in a range, or an empty range at its end.
template <class Next>
void cut_parts(parted_text& text, separator_use use, bool invert, Next&& next) {
  struct stretch {
    text_range bytes;
    bool match;
  };
  std::vector<text_range> out;
  std::vector<stretch> stretches;
  for (const text_range part : text.parts) {
    stretches.clear();
    for (index_t begin = part.begin; begin < part.end;) {
      const text_range match = next(std::string_view(text.whole.text), text_range{begin, part.end});
      if (begin < match.begin) stretches.push_back({{begin, match.begin}, invert});
      if (match.begin < match.end) stretches.push_back({match, !invert});
      begin = match.begin < match.end ? match.end : part.end;
    }
    for (std::size_t i = 0; i < stretches.size(); ++i) {
      const auto [bytes, match] = stretches[i];
      const bool after = i > 0, matched_before = after && stretches[i - 1].match;
      bool joins = false;  // the part before
      switch (use) {
        case separator_use::removed:
          if (match) continue;
          break;
        case separator_use::merged_with_previous:
          joins = after && match && !matched_before;
          break;
        case separator_use::merged_with_next:
          joins = matched_before && !match;
          break;
        case separator_use::contiguous:
          joins = after && match == matched_before;
          break;
        case separator_use::isolated:
          break;
      }
      if (joins)
        out.back().end = bytes.end;
      else
        out.push_back(bytes);
    }
  }
  text.parts = std::move(out);
}

/// The first character in a range for which `is(code point)` holds.
template <class Is>
text_range find_character(std::string_view text, text_range in, Is&& is) {
  for (index_t at = in.begin; at < in.end;) {
    const auto [value, bytes] = decode_utf8(text, at);
    if (is(value)) return {at, at + bytes};
    at += bytes;
  }
  return {in.end, in.end};
}

}  // namespace detail

/// Leaves white space out.
struct white_space_split {
  void operator()(parted_text& text) const {
    detail::cut_parts(text, separator_use::removed, false, [](std::string_view all, text_range in) {
      return detail::find_character(all, in, [](char32_t c) { return classify(c).white_space(); });
    });
  }
};

/// Cuts at punctuation: ASCII's, and Unicode's category P. Behind a byte_level_split the library sees the characters
/// that stand for bytes (byte_level.hpp): `of_bytes`.
struct punctuation_split {
  separator_use use = separator_use::isolated;
  bool of_bytes = false;

  void operator()(parted_text& text) const {
    detail::cut_parts(text, use, false, [&](std::string_view all, text_range in) {
      if (!of_bytes) return detail::find_character(all, in, [](char32_t c) { return classify(c).punctuation(); });
      for (index_t at = in.begin; at < in.end; ++at)
        if (classify(byte_character(static_cast<unsigned char>(all[static_cast<std::size_t>(at)]))).punctuation())
          return text_range{at, at + 1};
      return text_range{in.end, in.end};
    });
  }
};

/// BERT's words: white space left out, each punctuation character by itself.
struct bert_words_split {
  void operator()(parted_text& text) const {
    white_space_split{}(text);
    punctuation_split{}(text);
  }
};

/// Runs of letters, marks, digits and underscores, and runs of what is neither these nor white space: \w+|[^\w\s]+
struct word_characters_split {
  void operator()(parted_text& text) const {
    white_space_split{}(text);
    const auto is_word = [](char32_t c) { return classify_unicode(c).word(); };
    detail::cut_parts(text, separator_use::contiguous, false,
                      [&](std::string_view all, text_range in) { return detail::find_character(all, in, is_word); });
  }
};

/// Cuts at digits: each by itself, or runs of them.
struct digits_split {
  bool individual = false;

  void operator()(parted_text& text) const {
    detail::cut_parts(text, individual ? separator_use::isolated : separator_use::contiguous, false,
                      [](std::string_view all, text_range in) {
                        return detail::find_character(all, in, [](char32_t c) { return classify_unicode(c).digit(); });
                      });
  }
};

/// Cuts at the matches of a pattern; with `invert` at what is between them.
struct pattern_split {
  text_pattern pattern;
  separator_use use = separator_use::isolated;
  bool invert = false;

  void operator()(parted_text& text) const {
    std::optional<text_pattern::cursor> matches;
    index_t end = -1;  // of the part that it is in
    detail::cut_parts(text, use, invert, [&](std::string_view all, text_range in) {
      if (in.end != end) matches.emplace(pattern, all, in);
      end = in.end;
      return matches->next();
    });
  }
};

/// SentencePiece's words: every space becomes `replacement`, each part gets one in front, and a part begins at each.
struct metaspace_split {
  enum class prepending { always, first, never };  ///< first: only at the beginning of the whole text

  std::string replacement = "\xe2\x96\x81";  ///< one character; U+2581
  prepending scheme = prepending::always;
  bool split = true;

  void operator()(parted_text& text) const {
    const text_pattern space = text_pattern::literal(" ");
    parted_text out;
    normalised_text word;
    for (const text_range part : text.parts) {
      word.clear();
      append_part(text.whole, part, word);
      replace(space, replacement, word);
      const bool wanted = scheme == prepending::always || (scheme == prepending::first && word.sources[0].begin == 0);
      if (wanted && !word.text.starts_with(replacement)) prepend(replacement, word);
      const auto begin = static_cast<index_t>(out.whole.text.size()), size = static_cast<index_t>(word.text.size());
      append_part(word, {0, size}, out.whole);
      out.parts.push_back({begin, begin + size});
    }
    text = std::move(out);
    if (split) pattern_split{text_pattern::literal(replacement), separator_use::merged_with_next}(text);
  }
};

/// GPT-2's words (see byte_level.hpp).
struct byte_level_split {
  bool prefix_space = false;  ///< a part that begins without a space gets one
  bool words = true;          ///< cut at all

  void operator()(parted_text& text) const {
    parted_text out;
    for (const text_range part : text.parts) {
      const auto begin = static_cast<index_t>(out.whole.text.size());
      if (prefix_space && text.whole.text[static_cast<std::size_t>(part.begin)] != ' ')
        detail::append_character(U' ', text.whole.sources[static_cast<std::size_t>(part.begin)], out.whole);
      append_part(text.whole, part, out.whole);
      const text_range whole{begin, static_cast<index_t>(out.whole.text.size())};
      const auto add = [&](index_t from, index_t to) { out.parts.push_back({from, to}); };
      if (words)
        for_each_byte_level_word(out.whole.text, whole, add);
      else
        add(whole.begin, whole.end);
    }
    text = std::move(out);
  }
};

using text_split = std::variant<white_space_split, punctuation_split, pattern_split, metaspace_split, byte_level_split,
                                bert_words_split, word_characters_split, digits_split>;

/// Cuts the one part of `text` that is all of it, split after split. Throws weft::error if the text becomes absurdly
/// long.
inline void cut_text(const std::vector<text_split>& splits, parted_text& text) {
  const auto size = static_cast<index_t>(text.whole.text.size());
  text.parts.clear();
  if (size > 0) text.parts.push_back({0, size});
  for (const auto& split : splits) {
    std::visit([&](const auto& s) { s(text); }, split);
    if (static_cast<index_t>(text.whole.text.size()) > detail::longest_normal_form(size)) detail::refuse_growth();
  }
}

}  // namespace weft
