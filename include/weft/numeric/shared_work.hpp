#pragma once
#include <algorithm>
#include <weft/memory/executor.hpp>

namespace weft::inline v0_1 {

/// A product of rows and packed weights that is still to be computed: multiply(row, last_row, panel, last_panel) does
/// some rows in some panels of columns.
template <class Multiply>
struct shared_product {
  index rows, panels;
  index inputs;  ///< weights of a column
  index step;    ///< the most rows of a task
  Multiply multiply;
};
template <class Multiply>
shared_product(index rows, index panels, index inputs, index step, Multiply) -> shared_product<Multiply>;

/// Computes products of equally many rows, sharing the workers. Few rows: every weight is read once, the workers share
/// the columns of all products. Many: each worker takes at most `step` rows at a time through all of them.
template <class... Multiply>
void share_products(executor run, const shared_product<Multiply>&... each) {
  const auto rows = std::min({each.rows...}), step = std::min({each.step...});
  if (rows == 0) return;
  // Columns are cut by what they cost: a column's inputs.
  const index weights = (0 + ... + (each.panels * each.inputs)), panels = (0 + ... + each.panels);
  const auto workers = run.workers(), row_tasks = ceil_div(rows, step);
  const auto parts = row_tasks >= 2 * workers ? 1 : std::min(panels, ceil_div(2 * workers, row_tasks));
  run.for_each(row_tasks * parts, [&](index i, index) {
    const auto row = i / parts * step, last_row = std::min(rows, row + step), part = i % parts;
    index begin = weights * part / parts, end = weights * (part + 1) / parts;  // counted from this product's first
    const auto multiply = [&](const auto& p) {
      const auto panel_at = [&](index weight) {
        return std::min(ceil_div(std::max<index>(weight, 0), p.inputs), p.panels);
      };
      const auto panel = panel_at(begin), last = panel_at(end);
      if (panel < last) p.multiply(row, last_row, panel, last);
      begin -= p.panels * p.inputs;
      end -= p.panels * p.inputs;
    };
    (multiply(each), ...);
  });
}

}  // namespace weft
