#pragma once
#include <algorithm>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Rows cut into blocks of at most `most`. Where there are rows enough for each of several workers, every worker has a
/// share of the rows (shares differ by one), cut in the same way into blocks that become smaller: while a worker is
/// slowed, by another program or as a slower core, the others take the small blocks over that it has not begun, and all
/// end within a small block of each other (guided self-scheduling, Polychronopoulos and Kuck 1987). Otherwise blocks
/// are of the same size but for a row.
struct row_blocks {
  index_t rows, count;
  index_t most, shares = 1;

  /// Rows of its own that make it worth a worker's while to read all weights, some of which others read too. With fewer
  /// it waits for memory longer than it would for rows that others computed.
  static constexpr index_t enough = 16;
  /// What the last blocks of a share do not fall below by much: fewer rows use a weight too seldom.
  static constexpr index_t least = 12;

  static constexpr row_blocks of(index_t rows, index_t workers, index_t most) {
    const index_t fewest = ceil_div(rows, most);
    if (workers == 1 || rows < workers * std::min(most, enough)) return {rows, fewest, most};
    if (most < enough) return {rows, std::min(rows, round_up(fewest, workers)), most};  // they are small already
    row_blocks cut{rows, 0, most, workers};
    for (index_t done = 0; done < cut.share(); done += cut.next(done)) cut.count += workers;
    return cut;
  }
  /// Where block i begins and block i - 1 ends, i in [0, count].
  constexpr index_t first(index_t i) const {
    if (shares == 1) return rows * i / std::max<index_t>(1, count);
    const index_t each = count / shares, worker = i / each, begin = rows * worker / shares;
    if (worker == shares) return rows;
    index_t done = 0;  // in the largest share; a smaller one ends in the same proportion
    for (index_t block = i % each; block > 0; --block) done += next(done);
    return begin + (rows * (worker + 1) / shares - begin) * done / share();
  }

 private:
  constexpr index_t share() const { return ceil_div(rows, shares); }
  // Rows of the block of the largest share that begins behind `done` others: a third of what is left, at the end equal
  // parts of about `least`.
  constexpr index_t next(index_t done) const {
    const index_t left = share() - done;
    if (left > 3 * least) return std::min(most, ceil_div(left, index_t{3}));
    return ceil_div(left, ceil_div(left, least));
  }
};

}  // namespace weft
