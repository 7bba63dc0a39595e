#pragma once
// Axis: score. From the raw dot product of a query and a key to what softmax sees.
#include <concepts>
#include <limits>
#include <utility>
#include <weft/base/shape.hpp>
#include <weft/simd/vector.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Where a score is taken: one query row of one head. Row `query` of a sequence is row `base + query` of the batch;
/// `scale` is 1 / sqrt(head width).
struct score_site {
  index_t length, base, query, head, heads, layer;
  float scale;
};

/// score(site, key, dot) turns the raw dot product into the score; the scale is the score's business. The same line
/// serves one key (floats) and a vector of keys: write `auto operator()(const score_site& at, auto key, auto dot)`.
/// `key` is the key's position as a number of the type of `dot`, so `key - float(at.query)` is a distance. The lanes of
/// a vector are consecutive keys; up to 31 behind the sequence's last key are scored, too, and dropped.
template <class S>
concept score_modifier = std::semiregular<S> &&
    requires(const S& s, const score_site& at, float one, simd::vector<simd::native> many) {
  { s(at, one, one) } -> std::same_as<float>;
  { s(at, many, many) } -> std::same_as<simd::vector<simd::native>>;
};

// ---- scores that begin ----------------------------------------------------------------------------------------------
// A score may have a say before there is a dot product: terms of the query's row (Shaw et al. 2018), of the key's, or
// of both (He et al. 2021, "DeBERTa"), chosen by how query and key are related. It offers
//
//   template <class Arch, index_t HeadWidth> auto begin(const score_site&, const query_rows&) const;
//
// which is called once for a few query rows of one head and returns an object with
//
//   void start(index_t row, const key_step& keys, float* to) const;
//
// start() writes what the sums of one of the rows begin with: to[j - keys.origin] for key j. The products of query and
// key are added to it, and the call operator is given the whole as `dot`. A second query beside the row, or another key
// in the step, changes no bit of it. Where rows that are taken together are quicker, the object may also have
//
//   void start_rows(const key_step& keys, float* to, index_t ld) const;
//
// which writes the same of all its rows, row i from to + i * ld on. The object may say `static constexpr index_t
// most_rows`, how many rows it has room for; it lives on the stack.

/// A few query rows of one head: row i, at `data` + i * `stride`, is row `first` + i of its sequence.
struct query_rows {
  const float* data;
  index_t stride, first, count;
};

/// Keys of one step: [first, last) among the columns [origin, origin + width) of packed keys (kernel/key_panels.hpp),
/// of which `panels` is the first panel. `width` is a multiple of a panel's columns, and so is `origin`.
struct key_step {
  const float* panels;
  index_t origin, width, first, last;
};

/// What a key that a query does not see scores. A start may be `unseen`, which hides a key that the pattern shows.
inline constexpr float unseen = -std::numeric_limits<float>::infinity();

/// The start of scores that have none.
struct no_start {};

namespace detail {
template <class Score, class Arch, index_t HeadWidth>
concept names_begin = requires {
  &Score::begin;
}
|| requires { &Score::template begin<Arch, HeadWidth>; };

template <class Score, class Arch, index_t HeadWidth>
concept begins = requires(const Score& s, const score_site& at, const query_rows& rows, const key_step& keys,
                          index_t row, float* to) {
  { s.template begin<Arch, HeadWidth>(at, rows).start(row, keys, to) } -> std::same_as<void>;
};

template <class Start>
concept starts_rows = requires(const Start& start, const key_step& keys, float* to, index_t ld) {
  { start.start_rows(keys, to, ld) } -> std::same_as<void>;
};
template <class Start>
concept names_start_rows = starts_rows<Start> || requires {
  &Start::start_rows;
};
}  // namespace detail

/// True; a score whose `begin` is not as above is refused in words.
template <class Score, class Arch, index_t HeadWidth>
constexpr bool keeps_begin_contract() {
  constexpr bool named = detail::names_begin<Score, Arch, HeadWidth>;
  static_assert(!named || detail::begins<Score, Arch, HeadWidth>,
                "weft: a score that has a member `begin` needs `template <class Arch, index_t HeadWidth> auto begin("
                "const score_site&, const query_rows&) const`, and what that returns `void start(index_t row, const "
                "key_step&, float* to) const`");
  if constexpr (detail::begins<Score, Arch, HeadWidth>) {
    using start = decltype(std::declval<const Score&>().template begin<Arch, HeadWidth>(score_site{}, query_rows{}));
    static_assert(!detail::names_start_rows<start> || detail::starts_rows<start>,
                  "weft: a score's start that has a member `start_rows` needs `void start_rows(const key_step&, float* "
                  "to, index_t ld) const`");
  }
  return true;
}

/// True for a score that begins, for heads of that width.
template <class Score, class Arch, index_t HeadWidth>
constexpr bool score_begins() {
  return keeps_begin_contract<Score, Arch, HeadWidth>() && detail::begins<Score, Arch, HeadWidth>;
}

/// What begin() returns, no_start for scores that do not begin.
template <class Arch, index_t HeadWidth, class Score>
auto begin_score(const Score& score, const score_site& at, const query_rows& rows) {
  if constexpr (score_begins<Score, Arch, HeadWidth>())
    return score.template begin<Arch, HeadWidth>(at, rows);
  else
    return no_start{};
}

/// Writes what the sums of `rows` rows begin with, all that `start` was begun for: row i from to + i * ld on.
template <class Start>
[[gnu::always_inline]] inline void start_rows(const Start& start, index_t rows, const key_step& keys, float* to,
                                              index_t ld) {
  if constexpr (detail::starts_rows<Start>)
    start.start_rows(keys, to, ld);
  else
    for (index_t i = 0; i < rows; ++i) start.start(i, keys, to + i * ld);
}

/// How many rows a start has room for: `most`, or as many as it says.
template <class Start>
constexpr index_t rows_of_start(index_t most) {
  if constexpr (requires { Start::most_rows; }) return Start::most_rows < most ? Start::most_rows : most;
  return most;
}

}  // namespace weft
