#pragma once
// BERT's normaliser: cleans a text, sets Chinese characters apart, strips accents, lower-cases; every byte of the
// result knows the bytes of the original that it came from.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/text/characters.hpp>
#include <weft/text/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which steps of the normaliser run, in this order.
struct normalisation {
  bool clean = true;               ///< delete control characters, make all white space U+0020
  bool chinese_characters = true;  ///< put spaces around each
  bool strip_accents = true;       ///< decompose canonically and delete the accents
  bool lowercase = true;           ///< one code point at a time: a final sigma is an ordinary one
};

/// Bytes [begin, end) of a text.
struct text_range {
  index_t begin = 0, end = 0;

  friend constexpr bool operator==(const text_range&, const text_range&) = default;
};

/// A normalised text and, for every byte of it, the character of the original that it came from.
struct normalised_text {
  struct source {
    std::uint32_t begin, end;
  };
  std::string text;
  std::vector<source> sources;

  void clear() { text.clear(), sources.clear(); }
  /// The bytes of the original that bytes [begin, end) of `text` came from; the range must not be empty.
  text_range original(index_t begin, index_t end) const {
    return {sources[static_cast<std::size_t>(begin)].begin, sources[static_cast<std::size_t>(end - 1)].end};
  }
};

/// Longest text in bytes, because normalised_text counts in 32 bits.
inline constexpr index_t longest_text = 0x7fffffff;

/// Throws weft::error if a text is longer than longest_text.
inline void check_text_length(std::string_view text) {
  if (static_cast<index_t>(text.size()) > longest_text)
    fail({.subject = "text",
          .found = std::to_string(text.size()) + " bytes",
          .wanted = "at most " + std::to_string(longest_text),
          .remedy = "tokenise it in parts"});
}

class normaliser {
 public:
  explicit normaliser(const normalisation& steps) : steps_(steps) {
    for (char32_t c = 0; c < 0x80; ++c) {
      const short_text to = steps.lowercase ? lower_case(c) : short_text{{c}, 1};
      const bool space = steps.clean && classify(c).space(), removed = steps.clean && classify(c).removed();
      ascii_[c] = static_cast<std::int8_t>(removed ? -1 : space ? ' ' : static_cast<std::int8_t>(to.values[0]));
    }
  }

  /// Appends bytes [part.begin, part.end) of `text`, normalised. The text is no longer than longest_text. A byte that
  /// is not UTF-8 counts as U+FFFD, which cleaning deletes.
  void append(std::string_view text, text_range part, normalised_text& out) const {
    text = text.substr(0, static_cast<std::size_t>(part.end));
    for (index_t at = part.begin; at < part.end;) {
      const auto byte = static_cast<unsigned char>(text[static_cast<std::size_t>(at)]);
      if (byte < 0x80) {
        if (ascii_[byte] >= 0) {
          out.text += static_cast<char>(ascii_[byte]);
          out.sources.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at) + 1});
        }
        ++at;
      } else {
        const auto [value, bytes] = decode_utf8(text, at);
        append(value, {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + bytes)}, out);
        at += bytes;
      }
    }
  }

 private:
  using source = normalised_text::source;

  static void put(char32_t c, source from, normalised_text& out) {
    const index_t bytes = append_utf8(c, out.text);
    out.sources.insert(out.sources.end(), static_cast<std::size_t>(bytes), from);
  }

  void append(char32_t c, source from, normalised_text& out) const {
    const character_class kind = classify(c);
    if (steps_.clean && kind.removed()) return;
    if (steps_.clean && kind.space()) return put(' ', from, out);
    const bool apart = steps_.chinese_characters && kind.chinese();
    if (apart) put(' ', from, out);
    for (const char32_t base : steps_.strip_accents ? strip_accents(c) : short_text{{c}, 1})
      for (const char32_t low : steps_.lowercase ? lower_case(base) : short_text{{base}, 1}) put(low, from, out);
    if (apart) put(' ', from, out);
  }

  normalisation steps_;
  std::array<std::int8_t, 128> ascii_{};  // -1: removed
};

}  // namespace weft
