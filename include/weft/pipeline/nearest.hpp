#pragma once
// The vectors that are nearest to one.
#include <algorithm>
#include <vector>
#include <weft/kernel/pooling.hpp>
#include <weft/memory/executor.hpp>
#include <weft/memory/rows.hpp>
#include <weft/pipeline/scores.hpp>
#include <weft/pipeline/similarity.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A row and how near it is; more is nearer.
struct neighbour {
  index_t row = 0;
  float score = 0;
};

/// The k rows that are nearest to a query, the nearest first, of equals the earlier; fewer if there are not so many.
/// Every row is compared; the executor's workers share them. Throws weft::error for a query of another width.
inline std::vector<neighbour> nearest(matrix<const float> all, list<const float> query, index_t k,
                                      similarity how = similarity::cosine, executor run = {}) {
  if (query.size() != all.width)
    fail({.subject = "query",
          .found = std::to_string(query.size()) + " values",
          .wanted = std::to_string(all.width) + ", those of a row"});
  std::vector<float> scores(static_cast<std::size_t>(all.count));
  constexpr index_t step = 256;
  run.for_each(ceil_div(all.count, step), [&](index_t block, index_t) {
    for (index_t i = block * step; i < std::min(all.count, (block + 1) * step); ++i)
      scores[static_cast<std::size_t>(i)] = similarity_of(how, {all.row(i), all.width}, query);
  });
  std::vector<neighbour> best;
  for (const index_t i : detail::best_of(scores, k)) best.push_back({i, scores[static_cast<std::size_t>(i)]});
  return best;
}

}  // namespace weft
