#pragma once
// The unigram model of SentencePiece vocabularies: the cut of a text whose pieces have the highest sum of scores.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#include <weft/text/encoding.hpp>
#include <weft/text/piece_automaton.hpp>
#include <weft/text/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

struct unigram_options {
  std::optional<std::int32_t> unknown = {};  ///< id of what stands for characters that no piece holds
  bool byte_fallback = false;  ///< what is unknown becomes pieces <0x00> to <0xFF> where all of them exist
  std::string file = {};       ///< for messages
};

/// Kudo, "Subword regularization" (2018), with the search of SentencePiece's unigram_model.cc as the tokenizers library
/// has it: of equal sums the one found first wins, so among the pieces that end at a place the one that begins
/// earliest; an unknown character costs 10 more than the worst piece; unknown ones in a row are one token.
class unigram {
 public:
  static constexpr double unknown_penalty = 10;
  static constexpr std::size_t longest_piece = 4096;  ///< bytes; the search takes that many steps a character at most

  /// Memory that cut uses again.
  struct scratch {
    struct node {
      double score = 0;
      index_t begin = -1;  // of the best piece that ends here
      std::int32_t id = 0;
    };
    struct piece {
      text_range bytes;
      std::int32_t id;
    };
    std::vector<node> best;
    std::vector<piece> pieces;
  };

  /// `pieces[id]` is a piece and `scores[id]` its logarithmic probability. Throws weft::error if they are not equally
  /// many, a piece is longer than longest_piece, or the unknown id is none of theirs.
  unigram(list<const std::string> pieces, list<const double> scores, unigram_options options = {})
      : scores_(scores.begin(), scores.end()), options_(std::move(options)) {
    const auto refuse = [&](const std::string& subject, const std::string& found, const std::string& wanted) {
      fail({.file = options_.file, .subject = subject, .found = found, .wanted = wanted});
    };
    if (pieces.size() != scores.size())
      refuse("unigram scores", std::to_string(scores.size()), std::to_string(pieces.size()) + ", one a piece");
    if (options_.unknown && (*options_.unknown < 0 || *options_.unknown >= pieces.size()))
      refuse("unk_id", std::to_string(*options_.unknown), "0 to " + std::to_string(pieces.size() - 1));
    for (index_t id = 0; id < pieces.size(); ++id) {
      if (pieces[id].size() > longest_piece)
        refuse("vocabulary, id " + std::to_string(id), "a piece of " + std::to_string(pieces[id].size()) + " bytes",
               "at most " + std::to_string(longest_piece));
      pieces_.add(pieces[id].begin(), pieces[id].end(), static_cast<std::int32_t>(id));
      worst_ = id == 0 ? scores[id] : std::min(worst_, scores[id]);
    }
    pieces_.finish();
    for (std::size_t byte = 0; byte < 256; ++byte) {
      constexpr const char* digits = "0123456789ABCDEF";
      bytes_[byte] = pieces_.find(std::string("<0x") + digits[byte >> 4] + digits[byte & 15] + '>');
    }
  }

  /// Calls put(id, begin, end) for the pieces of a UTF-8 text, from left to right. Throws weft::error if a character
  /// is unknown and the model has nothing that stands for it.
  template <class Put>
  void cut(std::string_view text, scratch& s, Put&& put) const {
    search(text, s);
    s.pieces.clear();
    for (auto end = static_cast<index_t>(text.size()); end > 0;) {
      const auto& node = s.best[static_cast<std::size_t>(end)];
      if (node.id == unknown() && !s.pieces.empty() && s.pieces.back().id == unknown())
        s.pieces.back().bytes.begin = node.begin;
      else
        s.pieces.push_back({{node.begin, end}, node.id});
      end = node.begin;
    }
    for (auto piece = s.pieces.rbegin(); piece != s.pieces.rend(); ++piece) {
      const auto [bytes, id] = *piece;
      if (id == unknown())
        emit_unknown(text, bytes, put);
      else
        put(id, bytes.begin, bytes.end);
    }
  }

 private:
  std::int32_t unknown() const { return options_.unknown.value_or(-1); }

  void search(std::string_view text, scratch& s) const {
    const auto size = static_cast<index_t>(text.size());
    s.best.assign(text.size() + 1, {});
    std::int32_t state = 0;
    for (index_t begin = 0; begin < size;) {
      const index_t character = decode_utf8(text, begin).bytes, end = begin + character;
      auto& node = s.best[static_cast<std::size_t>(end)];
      const auto offer = [&](index_t from, std::int32_t id, double score) {
        const double sum = s.best[static_cast<std::size_t>(from)].score + score;
        if (node.begin < 0 || sum > node.score) node = {sum, from, id};
      };
      for (index_t at = begin; at < end; ++at) state = pieces_.next(state, text[static_cast<std::size_t>(at)]);
      bool known = false;
      pieces_.for_each(state, [&](piece_automaton::piece piece) {
        offer(end - piece.bytes, piece.id, scores_[static_cast<std::size_t>(piece.id)]);
        known = known || piece.bytes == character;
      });
      if (!known) {
        if (!options_.unknown)
          fail({.file = options_.file,
                .subject = "text",
                .found = "a character that no piece holds",
                .wanted = "an unk_id in the model to stand for it"});
        offer(begin, unknown(), worst_ - unknown_penalty);
      }
      begin = end;
    }
  }

  // A run of unknown characters: what they are together may be a piece after all.
  template <class Put>
  void emit_unknown(std::string_view text, text_range bytes, Put&& put) const {
    const auto run =
        text.substr(static_cast<std::size_t>(bytes.begin), static_cast<std::size_t>(bytes.end - bytes.begin));
    const auto piece_of = [&](char byte) { return bytes_[static_cast<unsigned char>(byte)]; };
    if (const std::int32_t id = pieces_.find(run); id >= 0)
      put(id, bytes.begin, bytes.end);
    else if (options_.byte_fallback &&
             std::all_of(run.begin(), run.end(), [&](char byte) { return piece_of(byte) >= 0; }))
      for (const char byte : run) put(piece_of(byte), bytes.begin, bytes.end);
    else
      put(unknown(), bytes.begin, bytes.end);
  }

  piece_automaton pieces_;
  std::vector<double> scores_;
  std::array<std::int32_t, 256> bytes_{};
  double worst_ = 0;
  unigram_options options_;
};

}  // namespace weft
