#pragma once
// Who runs the tasks of a forward pass: this thread by default, or a pool that the caller brings. A pool needs
//   index workers() const;                how many of its threads may run tasks at once, the caller's included
//   void for_each(index_t n, auto task);    calls task(i, worker) once for every i in [0, n), in any order, on any
//                                         thread; two calls at the same time never have the same worker number
// Tasks never share sums, so neither the number of workers nor their order changes a bit of the result. What a body
// throws is kept until all tasks have returned: a pool never sees an exception.
#include <concepts>
#include <weft/memory/first_failure.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A task as a pool receives it: two pointers, nothing owned.
class task {
 public:
  template <class Body>
  explicit constexpr task(const Body& body)
      : body_(&body),
        call_([](const void* b, index_t i, index_t worker) { (*static_cast<const Body*>(b))(i, worker); }) {}
  void operator()(index_t i, index_t worker) const { call_(body_, i, worker); }

 private:
  const void* body_;
  void (*call_)(const void*, index_t, index_t);
};

template <class Pool>
concept thread_source = requires(Pool& pool, const Pool& constant, index_t n, task t) {
  { constant.workers() } -> std::convertible_to<index_t>;
  { pool.for_each(n, t) } -> std::same_as<void>;
};

class executor {
 public:
  constexpr executor() = default;  // serial
  /// Refers to `pool`, which must outlive it.
  template <thread_source Pool>
  requires(!std::same_as<Pool, executor>)  // a copy of an executor refers to the same pool
      executor(Pool& pool)                 // NOLINT: a pool is an executor
      : pool_(&pool),
        workers_(pool.workers()),
        run_([](void* p, index_t n, task t) { static_cast<Pool*>(p)->for_each(n, t); }) {}

  index_t workers() const { return workers_; }

  /// body(i, worker) for every i in [0, n), worker in [0, workers()). Throws what the first body that fails throws,
  /// first by number; those behind it may then be left out. A body never calls for_each of its own pool: a pool whose
  /// calls take turns would wait for itself.
  template <bool Throws = detail::throws, class Body>
  void for_each(index_t n, const Body& body) const {
    if (run_ && n > 1) {
      first_failure failure;
      const auto guarded = [&](index_t i, index_t worker) { failure.guard<Throws>(i, [&] { body(i, worker); }); };
      run_(pool_, n, task(guarded));
      return failure.rethrow();
    }
    for (index_t i = 0; i < n; ++i) body(i, 0);
  }

 private:
  void* pool_ = nullptr;
  index_t workers_ = 1;
  void (*run_)(void*, index_t, task) = nullptr;
};

}  // namespace weft
