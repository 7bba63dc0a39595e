#pragma once
// An executor with threads of its own, for callers who have none. Opt in: no other header of weft starts a thread.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <weft/base/unit_containers.hpp>
#include <weft/memory/executor.hpp>
#include <weft/memory/processors.hpp>
#if defined(__unix__) || defined(__APPLE__)
#define WEFT_DETAIL_FORKS 1
#include <pthread.h>
#endif

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// How many forks lie between this process and the one that loaded this code.
inline std::atomic<index_t>& forks() {
  static std::atomic<index_t> count{0};
  return count;
}
/// From the first call on, forks are counted.
inline index_t forks_so_far() {
#if defined(WEFT_DETAIL_FORKS)
  [[maybe_unused]] static const int counted = ::pthread_atfork(nullptr, nullptr, [] { ++forks(); });
#endif
  return forks();
}
}  // namespace detail

/// A team of `workers` threads, the calling one included. Each worker begins with its own share of the tasks, the same
/// for the same number of tasks, and then helps others with theirs; a thread without work looks out for some for a
/// tenth of a millisecond and then sleeps, so an idle pool costs nothing. Calls from several threads take turns; a call
/// from inside a task runs its tasks on the thread that makes it.
/// After fork() the child has none of the threads: there the pool runs all tasks on the thread that calls, as well as
/// it did in the parent, and its destructor does nothing. A child that wants threads makes a pool of its own.
class thread_pool {
 public:
  /// Starts workers - 1 threads; 0 means a worker for each of usable_processors(). Where the system gives fewer threads
  /// (limits of memory or of processes), the team is as large as it became: see workers().
  explicit thread_pool(index_t workers = 0) {
    if (workers <= 0) workers = usable_processors();
    shares_ = unit_vector<share>(static_cast<std::size_t>(workers));
    threads_.reserve(static_cast<std::size_t>(workers - 1));  // nothing fails once a thread runs
    new (&wake_) std::condition_variable();
    while (workers_ < workers && start(workers_)) ++workers_;
  }
  ~thread_pool() {
    if (forked()) return;  // nobody to wait for, and the condition variable would wait for those who slept on it
    {
      const std::lock_guard hold(sleep_);
      stop_ = true;
      round_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    for (auto& t : threads_) t.value.join();
    wake_.~condition_variable();
  }
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;

  /// How many threads run tasks, the calling one included.
  index_t workers() const { return workers_; }

  /// Fails where the team is smaller than `workers`: for those who were told a number and have to keep to it.
  void require(index_t workers) const {
    if (workers_ < workers)
      fail({.subject = "threads",
            .found = decimal(workers),
            .wanted = "at most " + decimal(workers_) + ", since the system starts no more here",
            .remedy =
                "ask for fewer, or raise its limits of memory and of processes (ulimit -v and -u, a container's)"});
  }

  /// Runs t(i, worker) for every i in [0, n) and returns when all are done. Throws what the first task that fails
  /// throws, first by number; those behind it may then be left out.
  void for_each(index_t n, task t) {
    if (workers_ == 1 || n < 2 || inside() == this || forked()) {
      for (index_t i = 0; i < n; ++i) t(i, 0);
      return;
    }
    const std::lock_guard turn(one_caller_);
    work_ = &t;
    for (index_t w = 0; w < workers_; ++w) {
      auto& own = shares_[static_cast<std::size_t>(w)];
      own.next.store(n * w / workers_, std::memory_order_relaxed);
      own.end = n * (w + 1) / workers_;
    }
    busy_.store(workers_ - 1, std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_seq_cst);
    if (asleep_.load(std::memory_order_seq_cst) > 0) {
      { const std::lock_guard hold(sleep_); }  // a thread that is about to sleep has either seen the round or waits
      wake_.notify_all();
    }
    take_tasks(0);
    for (int spin = 0; busy_.load(std::memory_order_acquire) > 0; ++spin) {
      if (forked())
        fail({.subject = "thread_pool", .found = "a fork() by one of its tasks", .wanted = "forks outside of tasks"});
      if (spin > 4000) std::this_thread::yield();
    }
    failure_.rethrow();
  }

 private:
  // Tasks of a worker that nobody has begun. On a line of the cache of its own.
  struct alignas(64) share {
    std::atomic<index_t> next{0};
    index_t end = 0;
  };
  static constexpr int looks = 100;  // between two looks at the clock
  // Parts that one thread computes alone take longer than it takes to fall asleep and to be woken again.
  static constexpr std::chrono::microseconds patience{100};

  // A thread that a child of fork(), which does not have it, need not join: its destructor does nothing.
  struct team_thread {
    union {
      std::thread value;
    };
    explicit team_thread(std::thread t) : value(std::move(t)) {}
    team_thread(team_thread&& o) noexcept : value(std::move(o.value)) {}
    ~team_thread() {}
  };

  bool forked() const { return detail::forks().load(std::memory_order_relaxed) != born_after_; }

  // Starts worker `number`; false where the system has no thread for it.
  bool start(index_t number) {
#if defined(__cpp_exceptions)
    try {
      threads_.emplace_back(std::thread([this, number] { serve(number); }));
      return true;
    } catch (const std::system_error&) {
    } catch (const std::bad_alloc&) {
    }
    return false;
#else
    threads_.emplace_back(std::thread([this, number] { serve(number); }));
    return true;
#endif
  }

  // The pool whose task this thread is running.
  static const thread_pool*& inside() {
    thread_local const thread_pool* pool = nullptr;
    return pool;
  }
  void take_tasks(index_t worker) {
    const auto* const outer = std::exchange(inside(), this);
    for (index_t w = 0; w < workers_; ++w) {
      auto& from = shares_[static_cast<std::size_t>((worker + w) % workers_)];
      if (from.next.load(std::memory_order_relaxed) >= from.end) continue;
      for (index_t i; (i = from.next.fetch_add(1, std::memory_order_relaxed)) < from.end;)
        failure_.guard(i, [&] { (*work_)(i, worker); });
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
  void serve(index_t worker) {
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
  alignas(64) std::atomic<index_t> busy_{0};
  alignas(64) std::atomic<index_t> asleep_{0};
  std::atomic<bool> stop_{false};
  const task* work_ = nullptr;
  first_failure failure_;
  const index_t born_after_ = detail::forks_so_far();
  index_t workers_ = 1;
  unit_vector<share> shares_;
  std::mutex one_caller_, sleep_;
  union {
    std::condition_variable wake_;  // see the destructor
  };
  unit_vector<team_thread> threads_;
};

}  // namespace weft
#undef WEFT_DETAIL_FORKS
