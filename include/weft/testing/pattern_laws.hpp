#pragma once
// Does a pattern's `visit` cover exactly what its `sees` says?
#include <algorithm>
#include <string>
#include <vector>
#include <weft/concept/part.hpp>
#include <weft/concept/pattern.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// The first law that a pattern breaks, and where. `law` is null if it breaks none. -1: no query or key is to blame.
struct pattern_mistake {
  const char* law = nullptr;
  query_block block{};
  index_t query = -1, key = -1;
  index_t said = 0, found = 0;  ///< how often sees() says that the query sees the key, and how often visit() counts it
};

namespace detail {
// What a visit says of every key of a sequence.
struct coverage {
  struct key_state {
    index_t spans = 0, times = 0;
    bool masked = false;
  };
  index_t length;
  std::vector<key_state> keys;
  const char* law = nullptr;
  index_t key = -1;

  constexpr explicit coverage(index_t n) : length(n), keys(static_cast<std::size_t>(n)) {}
  constexpr void full(key_span s, index_t times = 1) {
    if (times < 1) blame("a full span counts its keys less than once", s.first);
    note(s, times, false);
  }
  constexpr void masked(key_span s) { note(s, 0, true); }

 private:
  constexpr void blame(const char* what, index_t k) {
    if (!law) law = what, key = k;
  }
  constexpr void note(key_span s, index_t times, bool masked_span) {
    if (s.first > s.last) return blame("a span ends before it begins", s.first);
    if (s.first < 0 || s.last > length)
      return blame("a span lies outside [0, length)", s.first < 0 ? s.first : s.last - 1);
    for (auto k = s.first; k < s.last; ++k) {
      auto& state = keys[static_cast<std::size_t>(k)];
      if (++state.spans > 1) blame("a key belongs to two spans of one visit", k);
      state.times = times, state.masked = masked_span;
    }
  }
};
}  // namespace detail

/// Judges one block of queries.
template <attention_pattern Pattern>
constexpr pattern_mistake find_block_mistake(const Pattern& pattern, const query_block& b) {
  const auto length = b.length;
  detail::coverage cover(length);
  pattern.visit(b, cover);
  if (cover.law) return {cover.law, b, -1, cover.key};
  for (auto q = b.first; q < b.last; ++q) {
    index_t all = 0;
    for (index_t k = 0; k < length; ++k) {
      const auto& state = cover.keys[static_cast<std::size_t>(k)];
      const index_t said = pattern.sees(b, q, k), found = state.masked ? said : state.times;
      const auto mistake = [&](const char* law) { return pattern_mistake{law, b, q, k, said, found}; };
      if (said < 0) return mistake("sees() counts a key less than never");
      if (found < said)
        return mistake(found == 0 ? "sees() allows a key that visit() misses"
                                  : "visit() counts a key less often than sees() says");
      if (found > said)
        return mistake(said == 0 ? "a full span holds a key that sees() refuses"
                                 : "visit() counts a key more often than sees() says");
      all += said;
    }
    if (all == 0) return {"a query sees no key at all", b, q};
  }
  return {};
}

/// Judges one tile: queries [first, first + query_tile) of a sequence of `length` rows.
template <attention_pattern Pattern>
constexpr pattern_mistake find_tile_mistake(const Pattern& pattern, index_t length, index_t first, index_t head = 0,
                                            index_t layer = 0, const batch* in = nullptr, index_t sequence = 0) {
  const auto last = std::min(length, first + Pattern::query_tile);
  return find_block_mistake(pattern, {length, first, last, head, layer, in, sequence});
}

/// Judges every tile, the first and the last included, of a sequence of `length` rows, and of every tile its end alone.
/// constexpr: `static_assert(!weft::testing::find_pattern_mistake(my_pattern{}, 100).law);`
template <attention_pattern Pattern>
constexpr pattern_mistake find_pattern_mistake(const Pattern& pattern, index_t length, index_t head = 0,
                                               index_t layer = 0, const batch* in = nullptr, index_t sequence = 0) {
  for (index_t first = 0; first < length; first += Pattern::query_tile) {
    if (const auto mistake = find_tile_mistake(pattern, length, first, head, layer, in, sequence); mistake.law)
      return mistake;
    const auto last = std::min(length, first + Pattern::query_tile), part = std::max(first, last - 3);
    if (const auto mistake = find_block_mistake(pattern, {length, part, last, head, layer, in, sequence}); mistake.law)
      return mistake;
  }
  return {};
}

namespace detail {
inline std::string words_of(const pattern_mistake& m) {
  if (!m.law) return "";
  const auto number = [](index_t n) { return std::to_string(n); };
  std::string words = m.law;
  if (m.query >= 0) words += ": query " + number(m.query);
  if (m.key >= 0 || m.query < 0) words += (m.query < 0 ? ": key " : ", key ") + number(m.key);
  if (m.query >= 0 && m.key >= 0) words += ", sees() says " + number(m.said) + ", visit() counts " + number(m.found);
  return words + " (length " + number(m.block.length) + ", queries " + number(m.block.first) + " to " +
         number(m.block.last) + ", head " + number(m.block.head) + ", layer " + number(m.block.layer) + ")";
}
}  // namespace detail

/// The default of broken_pattern_law: no batch.
struct no_batch {
  void operator()(index_t /*length*/, const auto& judge) const { judge(nullptr, 0); }
};

/// Empty, or the first law that a pattern breaks, in words:
///   spans lie inside [0, length) and do not overlap
///   full spans count every key as often as sees() says, for every query of the tile; masked ones hold the others
///   a key in no span is not seen; a query sees some key
///   all that also holds for the end of a tile alone, as combined patterns ask for it
/// Tables are built as a model of that many layers, positions and heads builds them. Judged are many lengths up to
/// `model.positions`: the short ones, those around multiples of the tile, and the longest.
/// A pattern that reads tables of the batch is judged on batches that `with_batch(length, judge)` makes: it calls
/// judge(&batch, sequence) for a sequence of that length, as often as it likes.
template <attention_pattern Pattern, class Batches = no_batch>
std::string broken_pattern_law(Pattern pattern = {}, const setup& model = {.layers = 2, .positions = 600, .heads = 2},
                               const Batches& with_batch = {}) {
  arena store;
  set_up(pattern, model, store);
  std::vector<index_t> lengths{1, 2, 3, 5, model.positions};
  for (index_t tiles = 1; tiles <= 9; ++tiles)
    for (const index_t odd : {-1, 0, 1}) lengths.push_back(tiles * Pattern::query_tile + odd);
  lengths.push_back(4 * Pattern::query_tile + Pattern::query_tile / 2);
  std::sort(lengths.begin(), lengths.end());
  for (const auto length : lengths) {
    if (length < 1 || length > model.positions) continue;
    std::string words;
    with_batch(length, [&](const batch* in, index_t sequence) {
      if (in) check_batch(pattern, *in);
      for (index_t layer = 0; layer < model.layers && words.empty(); ++layer)
        for (index_t head = 0; head < model.heads && words.empty(); ++head)
          words = detail::words_of(find_pattern_mistake(pattern, length, head, layer, in, sequence));
    });
    if (!words.empty()) return words;
  }
  return "";
}

}  // namespace weft::testing
