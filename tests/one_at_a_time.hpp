#pragma once
#include <atomic>
#include <weft/memory/thread_pool.hpp>

namespace weft_test {

/// A pool whose calls take turns, as docs/how-to/use-threads.md allows. Behind a lock a task that asks its own pool for
/// tasks would wait for ever; this one notices.
struct one_at_a_time {
  weft::thread_pool team{2};
  std::atomic<bool> busy{false}, nested{false};
  weft::index_t workers() const { return 2; }
  void for_each(weft::index_t n, weft::task t) {
    if (busy.exchange(true)) nested = true;
    team.for_each(n, t);
    busy = false;
  }
};

}  // namespace weft_test
