#pragma once
// Is a score the same for one key and for a vector of keys?
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>
#include <weft/base/finite.hpp>
#include <weft/concept/part.hpp>
#include <weft/concept/score.hpp>
#include <weft/kernel/key_panels.hpp>
#include <weft/testing/random_weights.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

namespace detail {
// What score.begin() starts the sums of some queries with, over keys of a sequence of `length` in one step.
template <index_t HeadWidth, class Score>
void start_of(const Score& score, const score_site& at, const query_rows& rows, index_t row, const float* panels,
              index_t origin, index_t width, float* to) {
  const auto start = begin_score<simd::native, HeadWidth>(score, at, rows);
  const auto last = std::min(at.length, origin + width);
  start.start(row, key_step{panels + origin * HeadWidth, origin, width, origin, last}, to);
}

// That of all rows at once.
template <index_t HeadWidth, class Score>
void starts_of(const Score& score, const score_site& at, const query_rows& rows, const float* panels, index_t width,
               float* to, index_t ld) {
  const auto start = begin_score<simd::native, HeadWidth>(score, at, rows);
  start_rows(start, rows.count, key_step{panels, 0, width, 0, at.length}, to, ld);
}

template <index_t HeadWidth, class Score>
std::string broken_start_law(const Score& score, const setup& model) {
  constexpr index_t columns = key_columns<simd::native>, many = 8;
  using start = decltype(begin_score<simd::native, HeadWidth>(score, {}, {}));
  random_source random(2);
  for (int trial = 0; trial < 200; ++trial) {
    const index_t length = 1 + random.below(model.positions), width = round_up(length, columns);
    const index_t rows = std::min(length, 1 + random.below(rows_of_start<start>(many)));
    const auto values = [&](index_t n) {
      std::vector<float> v(static_cast<std::size_t>(n));
      for (auto& x : v) x = static_cast<float>(random.normal());
      return v;
    };
    const auto q = values(rows * HeadWidth), k = values(length * HeadWidth);
    std::vector<float> panels(static_cast<std::size_t>(width * HeadWidth)), all(static_cast<std::size_t>(width)),
        one(all);
    pack_keys<simd::native, HeadWidth>(k.data(), HeadWidth, 0, length, length, panels.data());
    const index_t first = random.below(length - rows + 1), row = random.below(rows);
    score_site at{length, 0, first, random.below(model.heads), model.heads, random.below(model.layers), 0.3f};
    start_of<HeadWidth>(score, at, {q.data(), HeadWidth, first, rows}, row, panels.data(), 0, width, all.data());
    const index_t ld = width + 1;
    std::vector<float> together(static_cast<std::size_t>(rows * ld));
    starts_of<HeadWidth>(score, at, {q.data(), HeadWidth, first, rows}, panels.data(), width, together.data(), ld);
    at.query = first + row;
    for (index_t origin = 0; origin < length; origin += columns)
      start_of<HeadWidth>(score, at, {q.data() + row * HeadWidth, HeadWidth, first + row, 1}, 0, panels.data(), origin,
                          columns, one.data() + origin);
    for (std::size_t key = 0; key < static_cast<std::size_t>(length); ++key) {
      const char* law = nullptr;
      if (!is_finite(all[key]) && std::memcmp(&all[key], &unseen, sizeof unseen) != 0)
        law = "a start is neither finite nor `unseen`";
      else if (std::memcmp(&all[key], &one[key], sizeof(float)) != 0)
        law = "a start depends on the queries beside it or on the other keys of its step";
      else if (std::memcmp(&all[key], &together[static_cast<std::size_t>(row * ld) + key], sizeof(float)) != 0)
        law = "start_rows() writes another start than start()";
      if (!law) continue;
      char words[240];
      std::snprintf(words, sizeof words, "%s: query %td of %td, key %td, head %td, layer %td give %.9g, alone %.9g",
                    law, first + row, length, static_cast<std::ptrdiff_t>(key), at.head, at.layer,
                    static_cast<double>(all[key]), static_cast<double>(one[key]));
      return words;
    }
  }
  return "";
}
}  // namespace detail

/// Empty, or the first law that a score breaks, in words:
///   a vector of keys gets, lane by lane, the bits that one key gets
///   a finite dot product gets a finite score (a key that must not be seen is the pattern's business)
///   what the sums of a query begin with, if the score begins, depends on that query and key alone,
///   also where all are written at once
/// Tables are built as a model of that many layers, positions and heads builds them; heads are HeadWidth wide.
template <score_modifier Score, index_t HeadWidth = 8>
std::string broken_score_law(Score score = {}, const setup& model = {.layers = 2, .positions = 130, .heads = 3}) {
  arena store;
  set_up(score, model, store);
  using simd::lanes, simd::native;
  random_source random(1);
  for (int trial = 0; trial < 2000; ++trial) {
    const index_t length = 1 + random.below(model.positions);
    const score_site at{length,      random.below(1000),         random.below(length), random.below(model.heads),
                        model.heads, random.below(model.layers), 0.17677669f};
    float keys[lanes<native>], dots[lanes<native>], many[lanes<native>];
    const float size = trial % 3 == 0 ? 1.0f : trial % 3 == 1 ? 100.0f : 0.0f;  // zeros too
    const auto first = static_cast<float>(random.below(length));
    for (index_t lane = 0; lane < lanes<native>; ++lane) {
      keys[lane] = first + static_cast<float>(lane);
      dots[lane] = size * static_cast<float>(random.normal());
    }
    simd::store(many, score(at, simd::load<native>(keys), simd::load<native>(dots)));
    for (index_t lane = 0; lane < lanes<native>; ++lane) {
      const float one = score(at, keys[lane], dots[lane]);
      const char* law = nullptr;
      if (!is_finite(one))
        law = "the score of one key is not finite";
      else if (!is_finite(many[lane]))
        law = "the score of a vector of keys is not finite";
      else if (std::memcmp(&one, &many[lane], sizeof one) != 0)
        law = "one key and a vector of keys get different bits";
      if (!law) continue;
      char words[240];
      std::snprintf(words, sizeof words,
                    "%s: query %td, key %g, dot %.9g, head %td, layer %td give %.9g alone and %.9g in lane %td", law,
                    at.query, static_cast<double>(keys[lane]), static_cast<double>(dots[lane]), at.head, at.layer,
                    static_cast<double>(one), static_cast<double>(many[lane]), lane);
      return words;
    }
  }
  if constexpr (score_begins<Score, native, HeadWidth>()) return detail::broken_start_law<HeadWidth>(score, model);
  return "";
}

}  // namespace weft::testing
