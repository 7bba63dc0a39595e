#pragma once
#include <algorithm>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Rows cut into blocks of at most `most`, all of the same size but for a row, so that workers that run equally many
/// end together. Where there are rows enough for each worker, the blocks are a multiple of the workers.
struct row_blocks {
  index_t rows, count;

  /// Rows of its own that make it worth a worker's while to read all weights, some of which others read too. With fewer
  /// it waits for memory longer than it would for rows that others computed.
  static constexpr index_t enough = 16;

  static constexpr row_blocks of(index_t rows, index_t workers, index_t most) {
    const index_t least = ceil_div(rows, most);
    return {rows, rows >= workers * std::min(most, enough) ? std::min(rows, round_up(least, workers)) : least};
  }
  /// Where block i begins and block i - 1 ends, i in [0, count].
  constexpr index_t first(index_t i) const { return rows * i / count; }
};

}  // namespace weft
