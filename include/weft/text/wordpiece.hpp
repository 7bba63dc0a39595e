#pragma once
// The tokenizer of BERT, ELECTRA, ConvBERT and MobileBERT: words, then the longest known pieces of each word.
// Its output is that of Hugging Face's fast tokenizers.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/text/added_tokens.hpp>
#include <weft/text/decode.hpp>
#include <weft/text/encoding.hpp>
#include <weft/text/truncate.hpp>
#include <weft/text/vocabulary.hpp>
#include <weft/text/wordpiece_options.hpp>
#include <weft/text/words.hpp>

namespace weft {

/// Built once, then only read: threads may share it.
class wordpiece {
 public:
  /// `pieces[id]` is the text of a piece. Throws weft::error if the vocabulary is unsound (see vocabulary.hpp), lacks
  /// the unknown, separator or classifier token, or if an added token contradicts it.
  explicit wordpiece(std::vector<std::string> pieces, wordpiece_options options = {})
      : options_(std::move(options)),
        added_(detail::place_added_tokens(pieces, options_)),
        vocabulary_(pieces, options_.continuing_prefix, options_.file),
        normaliser_(options_.steps()),
        raw_(added_, contents(false)),
        normalised_(added_, contents(true)),
        unknown_(required(options_.unknown, "unknown token")),
        separator_(required(options_.separator, "separator token")),
        classifier_(required(options_.classifier, "classifier token")) {
    for (const auto& token : added_)
      if (token.special) special_.push_back(token.id);
    std::sort(special_.begin(), special_.end());
  }

  /// The tokens of a text with special tokens around them, cut to the truncation. A byte that is not UTF-8 is dropped,
  /// as the reference drops U+FFFD. Throws weft::error if the truncation is impossible (see truncate.hpp) or the text
  /// longer than 2^31 - 1 bytes.
  encoding encode(std::string_view text) const { return encode(text, options_.truncation); }
  encoding encode(std::string_view text, const std::optional<truncation>& how) const {
    const encoding a = pieces(text);
    return compose(a, cut(a, nullptr, how).first[0], nullptr, {});
  }

  /// The same for a pair of texts.
  encoding encode_pair(std::string_view first, std::string_view second) const {
    return encode_pair(first, second, options_.truncation);
  }
  encoding encode_pair(std::string_view first, std::string_view second, const std::optional<truncation>& how) const {
    const encoding a = pieces(first), b = pieces(second, 1);
    const truncated parts = cut(a, &b, how);
    return compose(a, parts.first[0], &b, parts.second[0]);
  }

  /// What encode returns, then the windows over the tokens that it cut off, each with its own special tokens.
  std::vector<encoding> windows(std::string_view text, const truncation& how) const {
    const encoding a = pieces(text);
    std::vector<encoding> out;
    for (const auto part : cut(a, nullptr, how).first) out.push_back(compose(a, part, nullptr, {}));
    return out;
  }

  /// The same for a pair. Where both texts are cut, all their parts are combined, in the reference's order.
  std::vector<encoding> windows_pair(std::string_view first, std::string_view second, const truncation& how) const {
    const encoding a = pieces(first), b = pieces(second, 1);
    const auto [parts_a, parts_b] = cut(a, &b, how);
    std::vector<encoding> out{compose(a, parts_a[0], &b, parts_b[0])};
    for (std::size_t i = 1; i < parts_a.size(); ++i)
      for (const auto part : parts_b) out.push_back(compose(a, parts_a[i], &b, part));
    for (std::size_t j = 1; j < parts_b.size(); ++j) out.push_back(compose(a, parts_a[0], &b, parts_b[j]));
    return out;
  }

  /// The tokens of a text alone: no special tokens around them, no truncation. Every segment is `segment`.
  encoding pieces(std::string_view text, std::int32_t segment = 0) const {
    if (static_cast<index>(text.size()) > normaliser::longest_text)
      fail({.subject = "text",
            .found = std::to_string(text.size()) + " bytes",
            .wanted = "at most " + std::to_string(normaliser::longest_text),
            .remedy = "tokenise it in parts"});
    encoding out;
    out.reserve(static_cast<index>(text.size()) / 4 + 4);
    normalised_text clean;
    raw_.split(
        text, [&](text_range part) { add_text(text, part, segment, clean, out); },
        [&](added_token_match match) { out.add(id_of(match), segment, match.bytes); });
    return out;
  }

  /// The text of tokens, as far as it can be had back. Throws weft::error for an id outside the vocabulary.
  std::string decode(list<const std::int32_t> ids, const decode_options& how = {}) const {
    std::string text;
    bool first = true;
    for (const std::int32_t id : ids) {
      const std::string_view piece = token(id);
      if (how.skip_special && is_special(id)) continue;
      detail::append_piece(piece, first, options_.continuing_prefix, how.clean_up.value_or(options_.clean_up), text);
      first = false;
    }
    return text;
  }

  /// The number of ids, added tokens included.
  index size() const { return vocabulary_.size(); }
  /// The text of a token. Throws weft::error for an id outside the vocabulary.
  std::string_view token(std::int32_t id) const {
    if (id < 0 || id >= size())
      fail({.subject = "token id", .found = std::to_string(id), .wanted = "0 to " + std::to_string(size() - 1)});
    return vocabulary_[id];
  }
  std::vector<std::string_view> tokens(const encoding& e) const {
    std::vector<std::string_view> out;
    for (const std::int32_t id : e.ids) out.push_back(token(id));
    return out;
  }
  /// The id of a token, or -1.
  std::int32_t find(std::string_view token) const { return vocabulary_.find(token); }
  bool is_special(std::int32_t id) const { return std::binary_search(special_.begin(), special_.end(), id); }

  std::int32_t unknown_id() const { return unknown_; }
  std::int32_t separator_id() const { return separator_; }
  std::int32_t classifier_id() const { return classifier_; }
  std::int32_t padding_id() const { return find(options_.padding); }  ///< -1 if the vocabulary has none
  std::int32_t mask_id() const { return find(options_.mask); }        ///< -1 if the vocabulary has none

  const wordpiece_options& options() const { return options_; }

 private:
  std::int32_t required(const std::string& token, std::string_view what) const {
    const std::int32_t id = find(token);
    if (id < 0)
      fail({.file = options_.file,
            .subject = what,
            .found = "a vocabulary without " + token,
            .wanted = "a piece " + token,
            .remedy = "name the vocabulary's own in wordpiece_options"});
    return id;
  }

  // What to look for in the raw or in the normalised text: an empty string where a token is not looked for there.
  std::vector<std::string> contents(bool normalised) const {
    std::vector<std::string> out;
    for (const auto& token : added_) {
      normalised_text text;
      if (token.normalised)
        normaliser_.append(token.content, {0, static_cast<index>(token.content.size())}, text);
      else
        text.text = token.content;
      out.push_back(token.normalised == normalised ? text.text : "");
    }
    return out;
  }

  std::int32_t id_of(const added_token_match& match) const { return added_[static_cast<std::size_t>(match.token)].id; }

  // A stretch of raw text. `clean` is scratch memory.
  void add_text(std::string_view text, text_range part, std::int32_t segment, normalised_text& clean,
                encoding& out) const {
    clean.clear();
    normaliser_.append(text, part, clean);
    const auto add_words = [&](text_range between) {
      const auto words =
          std::string_view(clean.text)
              .substr(static_cast<std::size_t>(between.begin), static_cast<std::size_t>(between.end - between.begin));
      for_each_word(words, [&](index begin, index end) {
        add_word(clean, {between.begin + begin, between.begin + end}, segment, out);
      });
    };
    normalised_.split(clean.text, add_words, [&](added_token_match match) {
      out.add(id_of(match), segment, clean.original(match.bytes.begin, match.bytes.end));
    });
  }

  void add_word(const normalised_text& clean, text_range word, std::int32_t segment, encoding& out) const {
    const auto text = std::string_view(clean.text).substr(0, static_cast<std::size_t>(word.end));
    const index before = out.size();
    index at = word.begin;
    if (word.end - word.begin <= options_.max_characters || characters(text, word) <= options_.max_characters) {
      while (at < word.end) {
        const auto piece = vocabulary_.longest(text.substr(static_cast<std::size_t>(at)), at > word.begin);
        if (piece.id < 0) break;
        out.add(piece.id, segment, clean.original(at, at + piece.bytes));
        at += piece.bytes;
      }
    }
    if (at == word.end) return;
    out.shrink(before);
    out.add(unknown_, segment, clean.original(word.begin, word.end));
  }

  static index characters(std::string_view text, text_range word) {
    return std::count_if(text.begin() + word.begin, text.begin() + word.end,
                         [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; });
  }

  truncated cut(const encoding& first, const encoding* second, const std::optional<truncation>& how) const {
    const std::optional<index> pair = second ? std::optional(second->size()) : std::nullopt;
    return truncate(first.size(), pair, second ? 3 : 2, how);
  }

  encoding compose(const encoding& first, token_range a, const encoding* second, token_range b) const {
    encoding out;
    out.reserve(a.size() + b.size() + 3);
    out.add(classifier_, 0);
    out.append(first, a);
    out.add(separator_, 0);
    if (!second) return out;
    out.append(*second, b);
    out.add(separator_, 1);
    return out;
  }

  wordpiece_options options_;
  std::vector<added_token> added_;
  vocabulary vocabulary_;
  normaliser normaliser_;
  added_token_finder raw_, normalised_;
  std::vector<std::int32_t> special_;  // ascending
  std::int32_t unknown_ = -1, separator_ = -1, classifier_ = -1;
};

}  // namespace weft
