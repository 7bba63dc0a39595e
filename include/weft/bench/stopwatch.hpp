#pragma once
// Where threads spend their time: at any moment a thread is in one stage, and a tick counts for that stage alone, so
// that stages sum to the whole.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>
#include <weft/bench/peak.hpp>
#include <weft/memory/executor.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::bench {

/// The parts of an encoder that are told apart. A companion works beside a mixer's attention.
enum class part : std::uint8_t { none, embedding, mixer, companion, feed_forward, layer };
inline constexpr std::size_t part_count = 6, piece_count = 32;

/// A part, or one piece of it: a norm, a linear. Piece 0 is what has no name of its own.
struct stage {
  part in = part::none;
  std::uint8_t piece = 0;
  constexpr std::size_t number() const { return static_cast<std::size_t>(in) * piece_count + piece; }
};

/// Ticks of the cheapest clock that there is: reading it takes some nanoseconds.
inline std::uint64_t ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t now;
  asm volatile("mrs %0, cntvct_el0" : "=r"(now));
  return now;
#else
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

/// Sums for every stage.
struct stage_sums {
  std::array<double, part_count * piece_count> ticks{}, operations{};
};

namespace detail {
struct thread_stage {
  stage_sums sums;
  stage now;
  std::uint64_t since = ticks();

  void enter(stage next) {
    const auto at = ticks();
    sums.ticks[now.number()] += static_cast<double>(at - since);
    since = at;
    now = next;
  }
};

// What all threads have in common. Records outlive their threads.
struct stage_records {
  std::mutex alone;
  std::vector<std::unique_ptr<thread_stage>> threads;
  std::vector<std::string> pieces{""};
  static stage_records& all() {
    static stage_records one;
    return one;
  }
};

inline thread_stage& this_thread() {
  thread_local thread_stage& own = []() -> thread_stage& {
    auto& all = stage_records::all();
    const std::lock_guard hold(all.alone);
    return *all.threads.emplace_back(std::make_unique<thread_stage>());
  }();
  return own;
}
}  // namespace detail

/// The number of a piece by its name, a new one where there was none. Where numbers run out, 0.
inline std::uint8_t piece_of(const std::string& name) {
  auto& all = detail::stage_records::all();
  const std::lock_guard hold(all.alone);
  const auto found = std::find(all.pieces.begin(), all.pieces.end(), name);
  const auto number = static_cast<std::size_t>(found - all.pieces.begin());
  if (number == piece_count) return 0;
  if (found == all.pieces.end()) all.pieces.push_back(name);
  return static_cast<std::uint8_t>(number);
}
inline std::vector<std::string> piece_names() {
  auto& all = detail::stage_records::all();
  const std::lock_guard hold(all.alone);
  return all.pieces;
}

/// This thread is in a stage while this lives, then in the one before.
class in_stage {
 public:
  explicit in_stage(stage s) : thread_(detail::this_thread()), before_(thread_.now) { thread_.enter(s); }
  /// A piece of the part that this thread is in.
  explicit in_stage(std::uint8_t piece) : thread_(detail::this_thread()), before_(thread_.now) {
    thread_.enter({before_.in, piece});
  }
  ~in_stage() { thread_.enter(before_); }
  in_stage(const in_stage&) = delete;
  in_stage& operator=(const in_stage&) = delete;

  /// Operations that were done in this stage.
  void count(double operations) const { thread_.sums.operations[thread_.now.number()] += operations; }

 private:
  detail::thread_stage& thread_;
  stage before_;
};

/// The sums of all threads since the last call, which begin again at 0. To be called while no other thread is in a
/// stage.
inline stage_sums take_stage_sums() {
  auto& all = detail::stage_records::all();
  const std::lock_guard hold(all.alone);
  stage_sums total;
  for (auto& thread : all.threads) {
    for (std::size_t i = 0; i < total.ticks.size(); ++i)
      total.ticks[i] += thread->sums.ticks[i], total.operations[i] += thread->sums.operations[i];
    thread->sums = {};
  }
  return total;
}

/// An executor whose tasks are in the stage of the thread that asked for them, on whatever thread they run. That thread
/// is in none while it waits for others.
class timed_executor {
 public:
  explicit timed_executor(executor run) : run_(run) {}
  index_t workers() const { return run_.workers(); }
  void for_each(index_t n, task t) {
    const auto caller = detail::this_thread().now;
    const in_stage waiting(stage{});
    run_.for_each(n, [&](index_t i, index_t worker) {
      const in_stage working(caller);
      t(i, worker);
    });
  }

 private:
  executor run_;
};

}  // namespace weft::bench
