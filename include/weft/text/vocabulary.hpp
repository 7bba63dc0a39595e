#pragma once
// The pieces of a WordPiece vocabulary: from text to id and back, and the longest piece at a place of a word.
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/list.hpp>
#include <weft/text/characters.hpp>
#include <weft/text/table_key.hpp>
#include <weft/text/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Throws weft::error unless a token id lies in [0, size).
inline void check_token_id(std::int32_t id, index_t size) {
  if (id < 0 || id >= size)
    fail({.subject = "token id", .found = std::to_string(id), .wanted = "0 to " + std::to_string(size - 1)});
}

class vocabulary {
 public:
  /// A piece and the bytes of the word that it covers; no piece: id -1.
  struct match {
    std::int32_t id = -1;
    index_t bytes = 0;
  };

  /// `pieces[id]` is the text of a piece; an empty one is a hole, an id without a piece. Pieces that continue a word
  /// begin with `continuing_prefix`. Throws weft::error that names `file` if a piece occurs twice or is not UTF-8, or
  /// if there are more than 2^24.
  explicit vocabulary(list<const std::string> pieces, std::string_view continuing_prefix = "##",
                      std::string_view file = "") {
    if (pieces.size() > most_pieces)
      fail({.file = file,
            .subject = "vocabulary",
            .found = std::to_string(pieces.size()) + " pieces",
            .wanted = "at most " + std::to_string(most_pieces)});
    std::size_t bytes = 0;
    for (const auto& piece : pieces) bytes += piece.size();
    text_.reserve(bytes);
    begins_.reserve(static_cast<std::size_t>(pieces.size()) + 1);
    slots_.resize(std::bit_ceil(2 * static_cast<std::size_t>(pieces.size()) + 2));
    for (const auto& piece : pieces) add(piece, file);
    continuing_prefix_ = continuing_prefix;
    continuing_ = hash(continuing_prefix);
  }

  index_t size() const { return static_cast<index_t>(begins_.size()) - 1; }

  /// The text of a piece; the id must be in [0, size()).
  std::string_view operator[](index_t id) const {
    const auto begin = begins_[static_cast<std::size_t>(id)], end = begins_[static_cast<std::size_t>(id) + 1];
    return std::string_view(text_).substr(begin, end - begin);
  }

  /// The text of a piece. Throws weft::error for an id outside [0, size()).
  std::string_view at(std::int32_t id) const {
    check_token_id(id, size());
    return (*this)[id];
  }

  /// The id of a piece, or -1.
  std::int32_t find(std::string_view piece) const { return find(hash(piece), "", piece); }

  std::string_view continuing_prefix() const { return continuing_prefix_; }

  /// The longest piece that `rest`, the remainder of a word, begins with. `continuing`: `rest` is not the whole word.
  match longest(std::string_view rest, bool continuing) const {
    const std::string_view prefix = continuing ? std::string_view(continuing_prefix_) : "";
    const std::size_t most = std::min(rest.size(), longest_piece_), kept = std::min(most, kept_hashes);
    // All prefixes are hashed in one pass; then the longest that is a piece wins.
    std::uint64_t hashes[kept_hashes];
    std::uint64_t state = continuing ? continuing_ : key_;
    for (std::size_t n = 0; n < kept; ++n) hashes[n] = state = detail::hash_step(state, rest[n]);
    match longest;
    for (std::size_t n = kept; n < most; ++n) {
      state = detail::hash_step(state, rest[n]);
      if (const std::int32_t id = find(state, prefix, rest.substr(0, n + 1)); id >= 0)
        longest = {id, static_cast<index_t>(n + 1)};
    }
    for (std::size_t n = kept; longest.id < 0 && n > 0; --n)
      if (const std::int32_t id = find(hashes[n - 1], prefix, rest.substr(0, n)); id >= 0)
        longest = {id, static_cast<index_t>(n)};
    return longest;
  }

 private:
  struct slot {
    std::uint32_t check = 0;
    std::int32_t id = -1;
  };
  static constexpr index_t most_pieces = index_t{1} << 24;
  static constexpr std::size_t kept_hashes = 256;  // pieces are short; longer ones are looked up on the way

  std::uint64_t hash(std::string_view text) const {
    std::uint64_t state = key_;
    for (const char byte : text) state = detail::hash_step(state, byte);
    return state;
  }
  std::size_t place(std::uint64_t hashed) const { return detail::mixed(hashed, key_) & (slots_.size() - 1); }
  static std::uint32_t check(std::uint64_t hashed) { return static_cast<std::uint32_t>(hashed >> 32); }

  // The id of `prefix` followed by `rest`, whose hash is given.
  std::int32_t find(std::uint64_t hashed, std::string_view prefix, std::string_view rest) const {
    for (std::size_t at = place(hashed);; at = (at + 1) & (slots_.size() - 1)) {
      const slot& s = slots_[at];
      if (s.id < 0) return -1;
      if (s.check != check(hashed)) continue;
      const std::string_view piece = (*this)[s.id];
      if (piece.size() == prefix.size() + rest.size() && piece.starts_with(prefix) && piece.ends_with(rest))
        return s.id;
    }
  }

  void add(const std::string& piece, std::string_view file) {
    const auto id = static_cast<std::int32_t>(size());
    const auto refuse = [&](const std::string& found, std::string_view wanted) {
      fail({.file = file, .subject = "vocabulary, id " + std::to_string(id), .found = found, .wanted = wanted});
    };
    if (piece.empty()) return begins_.push_back(text_.size());
    if (find_invalid_utf8(piece) >= 0) refuse("a piece that is not UTF-8", "UTF-8 text");
    const std::uint64_t hashed = hash(piece);
    if (const std::int32_t other = find(hashed, "", piece); other >= 0)
      refuse("\"" + piece.substr(0, 100) + "\", the piece of id " + std::to_string(other), "a piece of its own");
    std::size_t at = place(hashed);
    while (slots_[at].id >= 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {check(hashed), id};
    text_ += piece;
    begins_.push_back(text_.size());
    longest_piece_ = std::max(longest_piece_, piece.size());
  }

  std::uint64_t key_ = detail::table_key();
  std::string text_;                    // all pieces, end to end
  std::vector<std::size_t> begins_{0};  // size() + 1
  std::vector<slot> slots_;             // open addressing, at most half full
  std::size_t longest_piece_ = 0;
  std::string continuing_prefix_;
  std::uint64_t continuing_ = 0;  // the hash after the prefix
};

namespace detail {
/// A text without the white space at its end.
inline std::string_view trimmed_end(std::string_view text) {
  index_t end = 0;
  for (index_t at = 0; at < static_cast<index_t>(text.size());) {
    const auto [value, bytes] = decode_utf8(text, at);
    at += bytes;
    if (!classify(value).white_space()) end = at;
  }
  return text.substr(0, static_cast<std::size_t>(end));
}
}  // namespace detail

/// The pieces of a vocab.txt: one a line, the id is the number of the line, counted from 0. White space at the end of a
/// line is none of the piece's. Of lines that are the same the last one wins, as published vocabularies need it; the
/// others, and blank lines, are holes.
inline std::vector<std::string> vocabulary_lines(std::string_view text) {
  std::vector<std::string> pieces;
  std::unordered_map<std::string_view, std::size_t, detail::text_hash> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = detail::trimmed_end(text.substr(0, end));
    if (const auto [same, is_new] = lines.emplace(line, pieces.size()); !is_new) {
      pieces[same->second].clear();
      same->second = pieces.size();
    }
    pieces.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pieces;
}

}  // namespace weft
