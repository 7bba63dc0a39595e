#pragma once
// A batch in pieces of whole texts, which are forwarded one behind the other.
#include <utility>
#include <weft/memory/batch.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

class batch_pieces {
 public:
  /// f(piece, its first text, its first token) for pieces of at most so many tokens, or of one text; 0: of all.
  void each(const batch& in, index_t most, const auto& f) {
    for (index_t first = 0, last; first < in.sequences(); first = last) {
      last = first + 1;
      const auto tokens = [&](index_t end) { return in.offsets[end] - in.first(first); };
      while (last < in.sequences() && (most == 0 || tokens(last + 1) <= most)) ++last;
      const index_t begin = in.first(first), end = in.offsets[last];
      offsets_.clear();
      for (index_t s = first; s <= last; ++s) offsets_.push_back(in.offsets[s] - begin);
      batch piece = in;
      piece.ids = in.ids.part(begin, end), piece.offsets = offsets_;
      if (!in.segments.empty()) piece.segments = in.segments.part(begin, end);
      if (!in.visible.empty()) piece.visible = in.visible.part(first, last);
      if (!in.documents.empty()) piece.documents = in.documents.part(begin, end);
      f(std::as_const(piece), first, begin);
    }
  }
  /// Those of increasing numbers of tokens that lie in a piece, as the piece counts them; `from` is how many lie
  /// before.
  list<const index_t> tokens_of(const batch& piece, index_t begin, list<const index_t> chosen, index_t from) {
    chosen_.clear();
    for (index_t i = from; i < chosen.size() && chosen[i] < begin + piece.tokens(); ++i)
      chosen_.push_back(chosen[i] - begin);
    return chosen_;
  }
  /// Takes memory for so many texts and chosen tokens.
  void reserve(index_t texts, index_t chosen) {
    offsets_.reserve(static_cast<std::size_t>(texts + 1));
    if (chosen > 0) chosen_.reserve(static_cast<std::size_t>(chosen));
  }

 private:
  unit_vector<index_t> offsets_, chosen_;
};

}  // namespace weft
