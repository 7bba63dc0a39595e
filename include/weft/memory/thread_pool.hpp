#pragma once
// An executor with threads of its own, for callers who have none. Opt in: no other header of weft starts a thread.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>
#include <weft/memory/executor.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A team of `workers` threads, the calling one included. Each worker begins with its own share of the tasks, the same
/// for the same number of tasks, and then helps others with theirs; a thread without work looks out for some for a
/// tenth of a millisecond and then sleeps, so an idle pool costs nothing. Calls from several threads take turns; a call
/// from inside a task runs its tasks on the thread that makes it. Tasks must not throw.
class thread_pool {
 public:
  /// Starts workers - 1 threads; 0 means one worker per hardware thread.
  explicit thread_pool(index workers = 0) {
    if (workers <= 0) workers = static_cast<index>(std::thread::hardware_concurrency());
    if (workers <= 0) workers = 1;
    shares_ = std::vector<share>(static_cast<std::size_t>(workers));
    for (index w = 1; w < workers; ++w) threads_.emplace_back([this, w] { serve(w); });
  }
  ~thread_pool() {
    {
      const std::lock_guard hold(sleep_);
      stop_ = true;
      round_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    for (auto& t : threads_) t.join();
  }
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;

  index workers() const { return static_cast<index>(shares_.size()); }

  /// Runs t(i, worker) for every i in [0, n) and returns when all are done.
  void for_each(index n, task t) {
    if (threads_.empty() || n < 2 || inside() == this) {
      for (index i = 0; i < n; ++i) t(i, 0);
      return;
    }
    const std::lock_guard turn(one_caller_);
    work_ = &t;
    for (index w = 0; w < workers(); ++w) {
      auto& own = shares_[static_cast<std::size_t>(w)];
      own.next.store(n * w / workers(), std::memory_order_relaxed);
      own.end = n * (w + 1) / workers();
    }
    busy_.store(static_cast<index>(threads_.size()), std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_seq_cst);
    if (asleep_.load(std::memory_order_seq_cst) > 0) {
      { const std::lock_guard hold(sleep_); }  // a thread that is about to sleep has either seen the round or waits
      wake_.notify_all();
    }
    take_tasks(0);
    for (int spin = 0; busy_.load(std::memory_order_acquire) > 0; ++spin)
      if (spin > 4000) std::this_thread::yield();
  }

 private:
  // Tasks of a worker that nobody has begun. On a line of the cache of its own.
  struct alignas(64) share {
    std::atomic<index> next{0};
    index end = 0;
  };
  static constexpr int looks = 100;  // between two looks at the clock
  // Parts that one thread computes alone take longer than it takes to fall asleep and to be woken again.
  static constexpr std::chrono::microseconds patience{100};

  // The pool whose task this thread is running.
  static const thread_pool*& inside() {
    thread_local const thread_pool* pool = nullptr;
    return pool;
  }
  void take_tasks(index worker) {
    const auto* const outer = std::exchange(inside(), this);
    for (index w = 0; w < workers(); ++w) {
      auto& from = shares_[static_cast<std::size_t>((worker + w) % workers())];
      if (from.next.load(std::memory_order_relaxed) >= from.end) continue;
      for (index i; (i = from.next.fetch_add(1, std::memory_order_relaxed)) < from.end;) (*work_)(i, worker);
    }
    inside() = outer;
  }
  // Whether a round after the one that was seen begins within this thread's patience.
  bool comes_soon(std::uint64_t seen) const {
    for (const auto end = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < end;)
      for (int look = 0; look < looks; ++look) {
        if (round_.load(std::memory_order_acquire) != seen) return true;
#if defined(__x86_64__)
        __builtin_ia32_pause();  // leaves the core to its other thread
#endif
      }
    return false;
  }
  void serve(index worker) {
    for (std::uint64_t seen = 0;;) {
      if (!comes_soon(seen)) {
        std::unique_lock hold(sleep_);
        asleep_.fetch_add(1, std::memory_order_seq_cst);
        wake_.wait(hold, [&] { return round_.load(std::memory_order_seq_cst) != seen; });
        asleep_.fetch_sub(1, std::memory_order_seq_cst);
      }
      ++seen;
      if (stop_) return;
      take_tasks(worker);
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }

  alignas(64) std::atomic<std::uint64_t> round_{0};
  alignas(64) std::atomic<index> busy_{0};
  alignas(64) std::atomic<index> asleep_{0};
  std::atomic<bool> stop_{false};
  const task* work_ = nullptr;
  std::vector<share> shares_;
  std::mutex one_caller_, sleep_;
  std::condition_variable wake_;
  std::vector<std::thread> threads_;
};

}  // namespace weft
