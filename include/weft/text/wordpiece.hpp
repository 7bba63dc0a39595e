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
#include <weft/text/piece_automaton.hpp>
#include <weft/text/place_added_tokens.hpp>
#include <weft/text/sequence_template.hpp>
#include <weft/text/trim_offsets.hpp>
#include <weft/text/vocabulary.hpp>
#include <weft/text/wordpiece_options.hpp>
#include <weft/text/words.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Built once, then only read: threads may share it.
class wordpiece : public sequence_encoder<wordpiece> {
 public:
  /// `pieces[id]` is the text of a piece. Throws weft::error if the vocabulary is unsound (see vocabulary.hpp), lacks
  /// the unknown, separator or classifier token, or if an added token contradicts it.
  explicit wordpiece(std::vector<std::string> pieces, wordpiece_options options = {})
      : options_(std::move(options)),
        added_(placed(pieces)),
        vocabulary_(pieces, options_.continuing_prefix, options_.file),
        normaliser_(options_.steps()),
        raw_(added_, contents(false)),
        normalised_(added_, contents(true)),
        unknown_(required(options_.unknown, "unknown token")),
        separator_(required(options_.separator, "separator token")),
        classifier_(required(options_.classifier, "classifier token")),
        layout_(sequence_template::bert(classifier_, separator_)) {
    for (const auto& token : added_)
      if (token.special) special_.push_back(token.id);
    std::sort(special_.begin(), special_.end());
    if (4 * options_.max_characters <= short_word) return;  // there are no long words
    const auto prefix = static_cast<std::ptrdiff_t>(options_.continuing_prefix.size());
    for (index_t id = 0; id < vocabulary_.size(); ++id)
      if (const auto piece = vocabulary_[id]; piece.starts_with(options_.continuing_prefix))
        continuing_.add(piece.rbegin(), piece.rend() - prefix, static_cast<std::int32_t>(id));
    continuing_.finish();
  }

  /// The tokens of a text alone: no special tokens around them, no truncation. A byte that is not UTF-8 is dropped, as
  /// BERT's normaliser drops U+FFFD. Throws weft::error if the text is longer than 2^31 - 1 bytes.
  encoding pieces(std::string_view text) const {
    check_text_length(text);
    encoding out;
    out.reserve(static_cast<index_t>(text.size()) / 4 + 4);
    memory m{text, detail::longest_normal_form(static_cast<index_t>(text.size())), {}, {}};
    raw_.split(
        text, [&](text_range part) { add_text(part, m, out); },
        [&](added_token_match match) { add_added(match, match.bytes, text, text, out); });
    return out;
  }

  /// The text of tokens, as far as it can be had back. Throws weft::error for an id outside the vocabulary.
  std::string decode(list<const std::int32_t> ids, const decode_options& how = {}) const {
    std::string text;
    bool first = true;
    for (const std::int32_t id : ids) {
      const std::string_view piece = token(id);
      if (piece.empty() || (how.skip_special && is_special(id))) continue;  // an empty one is a hole
      detail::append_piece(piece, first, options_.continuing_prefix, how.clean_up.value_or(options_.clean_up), text);
      first = false;
    }
    return text;
  }

  /// The number of ids, added tokens included.
  index_t size() const { return vocabulary_.size(); }
  /// The text of a token. Throws weft::error for an id outside the vocabulary.
  std::string_view token(std::int32_t id) const { return vocabulary_.at(id); }
  /// The id of a token, or -1.
  std::int32_t find(std::string_view token) const { return vocabulary_.find(token); }
  bool is_special(std::int32_t id) const { return std::binary_search(special_.begin(), special_.end(), id); }

  std::int32_t unknown_id() const { return unknown_; }
  std::int32_t separator_id() const { return separator_; }
  std::int32_t classifier_id() const { return classifier_; }
  std::int32_t padding_id() const { return find(options_.padding); }  ///< -1 if the vocabulary has none
  std::int32_t mask_id() const { return find(options_.mask); }        ///< -1 if the vocabulary has none

  const wordpiece_options& options() const { return options_; }
  const sequence_template& layout() const { return layout_; }
  const std::optional<truncation>& own_truncation() const { return options_.truncation; }

 private:
  std::vector<added_token> placed(std::vector<std::string>& pieces) const {
    const std::string names[] = {options_.unknown, options_.separator, options_.classifier, options_.padding,
                                 options_.mask};
    return detail::place_added_tokens(pieces, names, options_.added, options_.file);
  }

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
      const text_range whole{0, static_cast<index_t>(token.content.size())};
      if (token.normalised)
        append_normalised(token.content, whole, detail::longest_normal_form(whole.end), text);
      else
        text.text = token.content;
      out.push_back(token.normalised == normalised ? text.text : "");
    }
    return out;
  }

  std::int32_t id_of(const added_token_match& match) const { return added_[static_cast<std::size_t>(match.token)].id; }

  struct memory {
    std::string_view text;
    index_t left;  // bytes that steps may still make of it, all stretches together
    normalised_text clean;
    parted_text parted;
  };

  void append_normalised(std::string_view text, text_range part, index_t most, normalised_text& out) const {
    if (!options_.other_steps) return normaliser_.append(text, part, out);
    append_unchanged(text, part, out);
    take_steps(*options_.other_steps, out, most);
  }

  // A stretch of raw text.
  void add_text(text_range part, memory& m, encoding& out) const {
    normalised_text& clean = m.clean;
    clean.clear();
    append_normalised(m.text, part, m.left, clean);
    if (options_.other_steps) m.left -= static_cast<index_t>(clean.text.size());
    const auto add_words = [&](text_range between) {
      if (options_.other_splits) {
        m.parted.whole.clear();
        append_part(clean, between, m.parted.whole);
        cut_text(*options_.other_splits, m.parted);
        for (const text_range word : m.parted.parts) add_word(m.parted.whole, word, out);
        return;
      }
      const auto words =
          std::string_view(clean.text)
              .substr(static_cast<std::size_t>(between.begin), static_cast<std::size_t>(between.end - between.begin));
      for_each_word(words, [&](index_t begin, index_t end) {
        add_word(clean, {between.begin + begin, between.begin + end}, out);
      });
    };
    normalised_.split(clean.text, add_words, [&](added_token_match match) {
      add_added(match, clean.original(match.bytes.begin, match.bytes.end), clean.text, m.text, out);
    });
  }

  // `bytes` are those of `text`; the match was found in `searched`.
  void add_added(const added_token_match& match, text_range bytes, std::string_view searched, std::string_view text,
                 encoding& out) const {
    const auto content = searched.substr(static_cast<std::size_t>(match.bytes.begin),
                                         static_cast<std::size_t>(match.bytes.end - match.bytes.begin));
    out.add(id_of(match), 0,
            detail::trimmed_offsets(bytes, content, text, out.empty(),
                                    {options_.trim_offsets, options_.trim_keeps_prefix}));
  }

  void add_word(const normalised_text& clean, text_range word, encoding& out) const {
    const auto text = std::string_view(clean.text).substr(0, static_cast<std::size_t>(word.end));
    const index_t before = out.size(), bytes = word.end - word.begin;
    index_t at = word.begin;
    if (bytes <= options_.max_characters || characters(text, word) <= options_.max_characters) {
      std::vector<piece_automaton::beginning> places;
      if (bytes > short_word) places = continuing_.beginnings(text.substr(static_cast<std::size_t>(word.begin)));
      while (at < word.end) {
        vocabulary::match piece;
        if (bytes <= short_word || at == word.begin) {
          piece = vocabulary_.longest(text.substr(static_cast<std::size_t>(at)), at > word.begin);
        } else {
          while (!places.empty() && places.back().place < at - word.begin) places.pop_back();
          if (!places.empty() && places.back().place == at - word.begin)
            piece = {places.back().longest.id, places.back().longest.bytes};
        }
        if (piece.id < 0) break;
        out.add(piece.id, 0, clean.original(at, at + piece.bytes));
        at += piece.bytes;
      }
    }
    if (at == word.end) return;
    out.shrink(before);
    out.add(unknown_, 0, clean.original(word.begin, word.end));
  }

  static index_t characters(std::string_view text, text_range word) {
    return std::count_if(text.begin() + word.begin, text.begin() + word.end,
                         [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; });
  }

  // Bytes of a word up to which the longest piece is looked for at each place. In a longer one those that continue it
  // are found in one pass, or each place would take as many steps as a piece may be long.
  static constexpr index_t short_word = 512;

  wordpiece_options options_;
  std::vector<added_token> added_;
  vocabulary vocabulary_;
  normaliser normaliser_;
  added_token_finder raw_, normalised_;
  std::vector<std::int32_t> special_;  // ascending
  piece_automaton continuing_;         // backwards, without the prefix; empty where no word may be long
  std::int32_t unknown_ = -1, separator_ = -1, classifier_ = -1;
  sequence_template layout_;
};

}  // namespace weft
