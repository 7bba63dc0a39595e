#pragma once
// What a tokenizer makes of a text.
#include <cstdint>
#include <vector>
#include <weft/base/list.hpp>
#include <weft/text/normalise.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Tokens [begin, end).
struct token_range {
  index_t begin = 0, end = 0;

  constexpr index_t size() const { return end - begin; }
  friend constexpr bool operator==(const token_range&, const token_range&) = default;
};

/// Tokens of one text or a pair: three vectors of one length. `ids` and `segments` go into a batch as they are.
struct encoding {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> segments;  ///< as the model was trained: BERT has 1 in the second text, RoBERTa 0 in both
  std::vector<text_range> offsets;     ///< bytes of the text that each token came from; {0, 0} where none
  token_range first, second;           ///< the tokens of the first text, and of the second if there is one

  index_t size() const { return static_cast<index_t>(ids.size()); }
  bool empty() const { return ids.empty(); }

  /// Whether the tokenizer put this token there, rather than the text.
  bool inserted(index_t token) const { return offsets[static_cast<std::size_t>(token)] == text_range{}; }

  void add(std::int32_t id, std::int32_t segment, text_range from = {}) {
    ids.push_back(id), segments.push_back(segment), offsets.push_back(from);
  }
  /// Appends tokens of another encoding in a segment; returns where they lie.
  token_range append(const encoding& other, token_range part, std::int32_t segment) {
    const index_t begin = size();
    const auto copy = [part](auto& to, const auto& from) {
      to.insert(to.end(), from.begin() + part.begin, from.begin() + part.end);
    };
    copy(ids, other.ids), copy(offsets, other.offsets);
    segments.resize(ids.size(), segment);
    return {begin, size()};
  }
  /// Keeps the first `tokens`.
  void shrink(index_t tokens) {
    const auto n = static_cast<std::size_t>(tokens);
    ids.resize(n), segments.resize(n), offsets.resize(n);
  }
  void reserve(index_t tokens) {
    const auto n = static_cast<std::size_t>(tokens);
    ids.reserve(n), segments.reserve(n), offsets.reserve(n);
  }
};

}  // namespace weft
