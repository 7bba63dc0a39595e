#pragma once
#include <algorithm>
#include <weft/memory/context.hpp>
#include <weft/memory/row_blocks.hpp>
#include <weft/memory/weight_order.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A product of rows and packed weights that is still to be computed: multiply(row, last_row, panel, last_panel, after)
/// does some rows in some panels of columns, and may ask memory for what the weights_ahead `after` says is read then.
/// It may take one argument more: memory of the worker's own (concept/part.hpp), null where the context has none, as a
/// std::byte* or as task_memory.
template <class Multiply>
struct shared_product {
  index_t rows, panels;
  index_t inputs;  ///< weights of a column
  index_t step;    ///< the most rows of a task
  Multiply multiply;
  weight_block* block = nullptr;  ///< where the weights stand among the model's, if that is known
};
template <class Multiply>
shared_product(index_t rows, index_t panels, index_t inputs, index_t step, Multiply, weight_block* = nullptr)
    -> shared_product<Multiply>;

/// Rows that a product has written to the worker's memory, in its format.
struct written_rows {
  const float* x = nullptr;  ///< the first of all rows
  index_t stride = 0, inputs = 0;
  const void* format = nullptr;
  bool operator==(const written_rows&) const = default;
};
/// The worker's memory, and what the task's product before this one left there of the same rows.
struct task_memory {
  std::byte* from;
  written_rows* written;
  [[gnu::always_inline]] operator std::byte*() const { return from; }  // NOLINT
};

namespace detail {
template <class Multiply>
concept takes_task_memory = requires(const Multiply& multiply, index_t i, const weights_ahead& after) {
  multiply(i, i, i, i, after, task_memory{});
}
&&!requires(const Multiply& multiply, index_t i, const weights_ahead& after, std::byte* own) {
  multiply(i, i, i, i, after, own);
};
/// Parts into which so many workers cut the columns of products of a few rows, in `row_tasks` blocks. Of a worker's
/// share of one block of rows there are several where it has weights enough, for others to take over while it is
/// slowed; every weight is read once all the same.
inline index_t column_parts(index_t workers, index_t row_tasks, index_t weights, index_t panels) {
  if (workers == 1 || row_tasks >= 2 * workers) return 1;
  constexpr index_t piece = index_t{1} << 16, most = 6;  // weights of a part at least; parts of a worker at most
  if (row_tasks > 1) return std::min(panels, ceil_div(2 * workers, row_tasks));
  return std::min(panels, workers * std::clamp<index_t>(weights / (workers * piece), 1, most));
}
}  // namespace detail

/// As below, with memory of the workers' own.
template <class... Multiply>
void share_products(executor run, worker_memory own, const shared_product<Multiply>&... each) {
  const auto rows = std::min({each.rows...}), step = std::min({each.step...});
  if (rows == 0) return;
  // Columns are cut by what they cost: a column's inputs.
  const index_t weights = (0 + ... + (each.panels * each.inputs)), panels = (0 + ... + each.panels);
  const auto workers = run.workers();
  const auto row_cut = row_blocks::of(rows, workers, step);
  const auto row_tasks = row_cut.count;
  const auto parts = detail::column_parts(workers, row_tasks, weights, panels);
  // What is read after all of these: the part that the same worker will have, if it has its usual share of the tasks.
  const weight_block* const blocks[] = {each.block...};
  const auto *const first_block = blocks[0], *const last_block = blocks[sizeof...(each) - 1];
  const auto* const then = first_block && last_block && row_tasks == 1 ? last_block->next : nullptr;
  const auto after = [&](index_t part) -> weights_ahead {
    const auto worker = part * workers / parts;
    if (!then || (worker + 1) * parts > (part + 1) * workers) return {};  // its next part lies behind this one
    const auto next_parts = detail::column_parts(workers, 1, then->cost(), then->all_panels());
    return {first_block->begin_of(part + 1, parts),
            then->begin_of(std::min(worker * next_parts / workers, next_parts - 1), next_parts)};
  };
  run.for_each(row_tasks * parts, [&](index_t i, index_t worker) {
    const auto row = row_cut.first(i / parts), last_row = row_cut.first(i / parts + 1), part = i % parts;
    index_t begin = weights * part / parts, end = weights * (part + 1) / parts;  // counted from this product's first
    const auto next = after(part);
    const auto multiply = [&](const auto& p, auto&... written) {
      const auto panel = panel_behind(begin, p.inputs, p.panels), last = panel_behind(end, p.inputs, p.panels);
      begin -= p.panels * p.inputs;
      end -= p.panels * p.inputs;
      if (panel >= last) return;
      if constexpr (detail::takes_task_memory<decltype(p.multiply)>)
        p.multiply(row, last_row, panel, last, next, task_memory{own.of(worker), &written...});
      else if constexpr (requires { p.multiply(row, last_row, panel, last, next, own.from); })
        p.multiply(row, last_row, panel, last, next, own.of(worker));
      else
        p.multiply(row, last_row, panel, last, next);
    };
    if constexpr ((detail::takes_task_memory<Multiply> || ...)) {
      written_rows written;
      (multiply(each, written), ...);
    } else {
      (multiply(each), ...);
    }
  });
}

/// Computes products of equally many rows, sharing the workers. Few rows: every weight is read once, the workers share
/// the columns of all products. Many: each worker takes at most `step` rows at a time through all of them.
template <class... Multiply>
void share_products(const context& ctx, const shared_product<Multiply>&... each) {
  share_products(ctx.run, ctx.own, each...);
}
template <class... Multiply>
void share_products(executor run, const shared_product<Multiply>&... each) {
  share_products(run, worker_memory{}, each...);
}

}  // namespace weft
