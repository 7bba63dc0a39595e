#pragma once
// Tokenizers of unigram and byte-level BPE models: added tokens are cut out of a text, what is between them is
// normalised and parted, and the model cuts each part.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/text/byte_level_bpe.hpp>
#include <weft/text/decode.hpp>
#include <weft/text/place_added_tokens.hpp>
#include <weft/text/text_splits.hpp>
#include <weft/text/text_steps.hpp>
#include <weft/text/trim_offsets.hpp>
#include <weft/text/unigram.hpp>
#include <weft/text/vocabulary.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How pieces become text again.
enum class piece_decoding {
  spaced,      ///< a space between them
  metaspace,   ///< the replacement becomes a space, none at the beginning
  byte_level,  ///< characters become the bytes that they stand for
};

struct subword_options {
  std::vector<text_step> steps = {};    ///< what is done to a text
  std::vector<text_split> splits = {};  ///< how it is parted
  std::vector<added_token> added = {};  ///< tokens that are cut out first; the vocabulary gets those that it lacks
  bool trim_offsets = false;            ///< offsets leave out a token's white space at its ends
  bool trim_keeps_prefix = false;       ///< but not one in front of the text, which the tokenizer put there itself
  piece_decoding decoding = piece_decoding::metaspace;
  std::string replacement = "\xe2\x96\x81";  ///< what stands for a space in pieces, for decode
  bool drops_first_space = true;             ///< in decode: the replacement in the first piece stands for nothing
  bool clean_up = false;                     ///< what decode does where it is told nothing (see decode.hpp)
  std::string file = {};                     ///< where the vocabulary came from, for messages
};

/// Model is weft::unigram or weft::byte_level_bpe. Its output is that of Hugging Face's tokenizers library.
/// Built once, then only read: threads may share it.
template <class Model>
class subwords {
 public:
  /// `pieces[id]` is the text of a piece, as in the model. Throws weft::error if the vocabulary is unsound (see
  /// vocabulary.hpp) or an added token contradicts it.
  subwords(std::vector<std::string> pieces, Model model, subword_options options = {})
      : options_(std::move(options)),
        model_(std::move(model)),
        added_(detail::place_added_tokens(pieces, {}, options_.added, options_.file)),
        vocabulary_(pieces, "", options_.file),
        raw_(added_, contents(false)),
        normalised_(added_, contents(true)) {
    for (const auto& token : added_)
      if (token.special) special_.push_back(token.id);
    std::sort(special_.begin(), special_.end());
  }

  /// The tokens of a text alone: no special tokens around them, no truncation. A byte that is not UTF-8 counts as
  /// U+FFFD. Throws weft::error if the text is longer than 2^31 - 1 bytes, or if the model has nothing that stands for
  /// what it does not know.
  encoding pieces(std::string_view text) const {
    check_text_length(text);
    encoding out;
    out.reserve(static_cast<index_t>(text.size()) / 4 + 4);
    memory m{text, detail::longest_normal_form(static_cast<index_t>(text.size())), {}, {}, {}};
    raw_.split(
        text, [&](text_range part) { add_text(part, m, out); },
        [&](added_token_match match) { add(id_of(match), match.bytes, slice(text, match.bytes), m, out); });
    return out;
  }

  /// The text of tokens, as far as it can be had back. Throws weft::error for an id outside the vocabulary.
  std::string decode(list<const std::int32_t> ids, const decode_options& how = {}) const {
    std::string text;
    bool first = true;
    for (const std::int32_t id : ids) {
      const std::string_view piece = token(id);
      if (how.skip_special && is_special(id)) continue;
      if (options_.decoding == piece_decoding::byte_level) {
        text += bytes_of_piece(piece);
      } else if (options_.decoding == piece_decoding::metaspace) {
        std::string part(piece);
        if (!options_.replacement.empty())
          detail::replace_all(part, options_.replacement, first && options_.drops_first_space ? "" : " ");
        text += part;
      } else {
        text.append(first ? "" : " ").append(piece);
      }
      first = false;
    }
    if (options_.decoding == piece_decoding::byte_level) text = detail::well_formed(text);
    if (how.clean_up.value_or(options_.clean_up)) detail::clean_up_piece(text);
    return text;
  }

  /// The number of ids, added tokens included.
  index_t size() const { return vocabulary_.size(); }
  /// The text of a token. Throws weft::error for an id outside the vocabulary.
  std::string_view token(std::int32_t id) const { return vocabulary_.at(id); }
  /// The id of a token, or -1.
  std::int32_t find(std::string_view token) const { return vocabulary_.find(token); }
  bool is_special(std::int32_t id) const { return std::binary_search(special_.begin(), special_.end(), id); }

  const subword_options& options() const { return options_; }
  const Model& model() const { return model_; }

 private:
  struct memory {
    std::string_view text;
    index_t left;  // bytes that steps may still make of it, all stretches together
    normalised_text clean;
    parted_text parted;
    typename Model::scratch model;
  };

  // What to look for in the raw or in the normalised text: an empty string where a token is not looked for there.
  std::vector<std::string> contents(bool normalised) const {
    std::vector<std::string> out;
    for (const auto& token : added_) {
      normalised_text text;
      append_unchanged(token.content, {0, static_cast<index_t>(token.content.size())}, text);
      if (token.normalised) take_steps(options_.steps, text);
      out.push_back(token.normalised == normalised ? text.text : "");
    }
    return out;
  }

  std::int32_t id_of(const added_token_match& match) const { return added_[static_cast<std::size_t>(match.token)].id; }

  static std::string_view slice(std::string_view text, text_range part) {
    return text.substr(static_cast<std::size_t>(part.begin), static_cast<std::size_t>(part.end - part.begin));
  }

  // A stretch of raw text.
  void add_text(text_range part, memory& m, encoding& out) const {
    m.clean.clear();
    append_unchanged(m.text, part, m.clean);
    take_steps(options_.steps, m.clean, m.left);
    m.left -= static_cast<index_t>(m.clean.text.size());
    normalised_.split(
        m.clean.text, [&](text_range between) { add_parts(between, m, out); },
        [&](added_token_match match) {
          const auto [begin, end] = match.bytes;
          add(id_of(match), m.clean.original(begin, end), slice(m.clean.text, match.bytes), m, out);
        });
  }

  void add_parts(text_range between, memory& m, encoding& out) const {
    const normalised_text& whole = m.parted.whole;
    m.parted.whole.clear();
    append_part(m.clean, between, m.parted.whole);
    cut_text(options_.splits, m.parted);
    for (const text_range part : m.parted.parts)
      model_.cut(slice(whole.text, part), m.model, [&](std::int32_t id, index_t begin, index_t end) {
        add(id, whole.original(part.begin + begin, part.begin + end), vocabulary_[id], m, out);
      });
  }

  // A token; `content` is what it is called, which of an added one includes the white space that it took along.
  void add(std::int32_t id, text_range bytes, std::string_view content, const memory& m, encoding& out) const {
    out.add(id, 0,
            detail::trimmed_offsets(bytes, content, m.text, out.empty(),
                                    {options_.trim_offsets, options_.trim_keeps_prefix}));
  }

  subword_options options_;
  Model model_;
  std::vector<added_token> added_;
  vocabulary vocabulary_;
  added_token_finder raw_, normalised_;
  std::vector<std::int32_t> special_;  // ascending
};

}  // namespace weft
