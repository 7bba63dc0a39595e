#pragma once
// What a forward pass knows besides weights and rows. A part that needs none of it leaves the argument unnamed.
#include <algorithm>
#include <weft/memory/batch.hpp>
#include <weft/memory/executor.hpp>
#include <weft/memory/row_blocks.hpp>
#include <weft/memory/rows.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Rows [first, last) of one sequence, counted from its start.
struct tile {
  index_t sequence, first, last;
};

/// How a chain of row-wise parts is cut: `regions` pieces of scratch for `rows` rows each, `workers` inside a piece.
/// Rows enough for each worker: it takes blocks of them through the whole chain while they are in cache. Fewer: the
/// chain runs once over all rows and its parts share the columns among the workers. Bits do not depend on the choice.
struct chain_plan {
  static constexpr index_t block = 64;
  index_t regions, rows, workers;

  static constexpr chain_plan of(index_t rows, index_t workers) {
    if (workers > 1 && rows < workers * row_blocks::enough) return {1, rows, workers};
    return {workers, std::min(ceil_div(rows, workers), block), 1};
  }
};

/// Memory that every worker has for itself: `bytes` from `from` + worker * `bytes` on. None by default.
struct worker_memory {
  std::byte* from = nullptr;
  index_t bytes = 0;
  std::byte* of(index_t worker) const { return from + worker * bytes; }
};

/// How much of a slimmable model runs (Hou et al. 2020, "DynaBERT"): the first heads of every mixer, the first hidden
/// columns of every feed-forward, and these layers, in increasing order. 0 and none mean all.
struct active_size {
  index_t heads = 0, hidden = 0;
  list<const index_t> layers = {};
};

struct context {
  const batch& in;
  workspace& work;
  executor run = {};
  index_t layer = 0;
  extent size = in.size();              ///< of the rows that parts receive; smaller than the batch's inside a chain
  index_t first_row = 0;                ///< the first of those rows, counted in the batch
  worker_memory own = {};               ///< for a numeric policy that rounds rows; see concept/part.hpp
  const active_size* active = nullptr;  ///< of a slimmable model
  std::int32_t* routes = nullptr;       ///< where feed-forwards tell their experts, [tokens]; null: nobody asks

  weft::frame frame() const { return {size, work}; }

  /// f(first, last): every one of n rows once, a few at a time.
  void each_rows(index_t n, const auto& f) const {
    constexpr index_t step = 16;
    run.for_each(ceil_div(n, step), [&](index_t i, index_t) { f(i * step, std::min(n, (i + 1) * step)); });
  }

  /// f(tile, copy, worker): every sequence cut into pieces of `step` rows, each `copies` times (heads).
  /// Pieces count from the sequence's own start, so neighbours never change how a sequence is cut.
  void each_tile(index_t step, index_t copies, const auto& f) const {
    // Sequence s owns the numbers from before(s): at least one for each of its pieces, at most one to spare.
    // That makes finding a task's sequence a binary search without any table.
    const auto before = [&](index_t s) { return in.offsets[s] / step + s; };
    const auto sequences = in.sequences();
    if (sequences == 0) return;
    run.for_each(before(sequences) * copies, [&](index_t i, index_t worker) {
      const auto number = i / copies;
      index_t low = 0, high = sequences;  // before(low) <= number < before(high)
      while (high - low > 1) {
        const auto middle = (low + high) / 2;
        (before(middle) <= number ? low : high) = middle;
      }
      const auto first = (number - before(low)) * step;
      if (first < in.length(low)) f(tile{low, first, std::min(in.length(low), first + step)}, i % copies, worker);
    });
  }

  /// f(sequence, first, last): the rows [first, last) that parts received, cut where sequences begin; rows of a piece
  /// count from its sequence's start. For parts that look at neighbouring rows inside a chain.
  void each_piece(index_t first, index_t last, const auto& f) const {
    for (index_t row = first_row + first, end = first_row + last; row < end;) {
      // The sequence that holds `row`: the last one that begins at or before it, among equals the one with rows.
      const index_t* const after = std::upper_bound(in.offsets.begin(), in.offsets.end(), row);
      const index_t sequence = after - in.offsets.begin() - 1;
      const auto stop = std::min(end, *after);
      f(sequence, row - in.first(sequence), stop - in.first(sequence));
      row = stop;
    }
  }

  /// f(first, last, inner): a chain of row-wise parts over n rows, block by block (see chain_plan). `inner` has its
  /// own scratch of `bytes` bytes and counts rows from `first`.
  void each_block(index_t n, index_t bytes, const auto& f) const {
    const auto plan = chain_plan::of(n, run.workers());
    weft::frame all(size, work);
    auto* const memory = all.take<std::byte>(plan.regions * bytes);
    run_blocks(n, bytes, plan, memory, f);
  }

 private:
  void run_blocks(index_t n, index_t bytes, chain_plan plan, std::byte* memory, const auto& f) const {
    const auto piece = [&](index_t first, index_t last, index_t region, executor inside) {
      workspace piece_work(memory + region * bytes, bytes);
      context inner{in,
                    piece_work,
                    inside,
                    layer,
                    {last - first, std::min(size.longest, last - first), size.sequences},
                    first_row + first,
                    {own.of(region), own.bytes},
                    active,
                    routes};
      f(first, last, std::as_const(inner));
    };
    if (plan.workers > 1) return piece(0, n, 0, run);
    if (n == 0) return;
    const auto blocks = row_blocks::of(n, run.workers(), chain_plan::block);
    run.for_each(blocks.count,
                 [&](index_t i, index_t worker) { piece(blocks.first(i), blocks.first(i + 1), worker, executor{}); });
  }
};

}  // namespace weft
