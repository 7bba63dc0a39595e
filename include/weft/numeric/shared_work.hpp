#pragma once
#include <algorithm>
#include <weft/memory/executor.hpp>

namespace weft {

/// f(row, last_row, panel, last_panel): the product of `rows` rows and `panels` panels of columns, once, in pieces.
/// Few rows: every weight is read once, the workers share the columns. Many: each takes at most `step` rows a time.
void share_product(index rows, index panels, index step, executor run, const auto& f) {
  if (rows == 0) return;
  const auto workers = run.workers(), row_tasks = ceil_div(rows, step);
  const auto panel_tasks = row_tasks >= 2 * workers ? 1 : std::min(panels, ceil_div(2 * workers, row_tasks));
  run.for_each(row_tasks * panel_tasks, [&](index i, index) {
    const auto r = i / panel_tasks, p = i % panel_tasks;
    f(r * step, std::min(rows, (r + 1) * step), panels * p / panel_tasks, panels * (p + 1) / panel_tasks);
  });
}

}  // namespace weft
