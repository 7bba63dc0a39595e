#pragma once
// What a pattern says of every pair of a query and a key, counted in the cells of a grid.
#include <algorithm>
#include <concepts>
#include <string_view>
#include <vector>
#include <weft/concept/pattern.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A pattern may tell its parts apart: kind(block, query, key) names why a query sees a key: "global", "window",
/// "random" or a word of its own. Pictures colour by it; nothing else asks.
template <class P>
concept names_kinds = requires(const P& p, const query_block& b, index_t i) {
  { p.kind(b, i, i) } -> std::convertible_to<std::string_view>;
};

namespace drawing {

/// One cell of the grid, and what its queries see of its keys.
struct pattern_cell {
  index_t pairs = 0, seen = 0, times = 0;  // times: the most that a key counts
  std::string_view kind = {};
  bool visited = false;
};

struct pattern_grid {
  index_t length, cell, cells;
  std::vector<pattern_cell> all;
  index_t seen = 0, visited = 0;  // pairs of a query and a key
  pattern_cell& at(index_t row, index_t column) { return all[static_cast<std::size_t>(row * cells + column)]; }
  const pattern_cell& at(index_t row, index_t column) const {
    return all[static_cast<std::size_t>(row * cells + column)];
  }
};

// What a visit says, noted for every cell of a row of cells.
struct visit_noter {
  pattern_grid& grid;
  index_t queries, row_first, row_last;
  constexpr void full(key_span s, index_t = 1) { masked(s); }
  constexpr void masked(key_span s) {
    s.first = std::max<index_t>(0, s.first), s.last = std::min(s.last, grid.length);
    if (s.first >= s.last) return;
    grid.visited += queries * (s.last - s.first);
    for (auto row = row_first; row <= row_last; ++row)
      for (auto column = s.first / grid.cell; column <= (s.last - 1) / grid.cell; ++column)
        grid.at(row, column).visited = true;
  }
};

template <class Pattern>
pattern_grid grid_of(const Pattern& pattern, query_block block, index_t cell) {
  const auto length = block.length;
  const auto cells = ceil_div(length, cell);
  pattern_grid grid{length, cell, cells, std::vector<pattern_cell>(static_cast<std::size_t>(cells * cells))};
  for (index_t first = 0; first < length; first += Pattern::query_tile) {
    block.first = first, block.last = std::min(length, first + Pattern::query_tile);
    visit_noter noter{grid, block.last - block.first, block.first / cell, (block.last - 1) / cell};
    pattern.visit(block, noter);
    for (auto query = block.first; query < block.last; ++query)
      for (index_t key = 0; key < length; ++key) {
        auto& c = grid.at(query / cell, key / cell);
        const index_t times = pattern.sees(block, query, key);
        ++c.pairs;
        if (times <= 0) continue;
        if constexpr (names_kinds<Pattern>)
          if (c.kind.empty()) c.kind = pattern.kind(block, query, key);
        ++c.seen, ++grid.seen;
        c.times = std::max(c.times, times);
      }
  }
  return grid;
}

}  // namespace drawing

}  // namespace weft
