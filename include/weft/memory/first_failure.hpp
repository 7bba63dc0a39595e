#pragma once
// What tasks throw is carried to whoever asked for them: an executor's threads never see an exception.
#include <atomic>
#include <exception>
#include <limits>
#include <utility>
#include <weft/base/error.hpp>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The exception of the task of the lowest number among those that threw: the one at which a single thread would have
/// stopped, whatever the number of workers and their order.
class first_failure {
 public:
  /// Runs body(), task number i, and keeps what it throws. Tasks behind one that has failed are left out. Built without
  /// exceptions it only runs body().
  template <bool Throws = detail::throws, class Body>
  void guard([[maybe_unused]] index_t i, const Body& body) {
#if defined(__cpp_exceptions)
    if constexpr (Throws) {
      if (i > lowest_.load(std::memory_order_relaxed)) return;
      try {
        body();
      } catch (...) {
        keep(i);
      }
      return;
    }
#endif
    body();
  }

  /// Throws what was kept, if anything was. All tasks must have returned.
  void rethrow() {
    if (!failure_) return;
    const auto failure = std::exchange(failure_, nullptr);
    lowest_ = std::numeric_limits<index_t>::max();
    std::rethrow_exception(failure);
  }

 private:
  void keep(index_t i) noexcept {
    while (busy_.test_and_set(std::memory_order_acquire)) {
    }
    if (i < lowest_.load(std::memory_order_relaxed)) {
      lowest_.store(i, std::memory_order_relaxed);
      failure_ = std::current_exception();
    }
    busy_.clear(std::memory_order_release);
  }

  std::atomic<index_t> lowest_{std::numeric_limits<index_t>::max()};
  std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
  std::exception_ptr failure_;
};

}  // namespace weft
