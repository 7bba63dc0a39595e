// What happens when a task throws, memory or threads run out, or the process forks.
#include <weft/memory/thread_pool.hpp>

#include <new>
#include <stdexcept>
#include <string>
#include <weft/head/model.hpp>
#include <weft/head/pooler.hpp>
#include <weft/model/bert.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "testing/counted_allocations.hpp"
#if defined(__unix__)
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define WEFT_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define WEFT_TEST_SANITIZED 1
#endif
#endif

namespace {
[[maybe_unused]] std::atomic<bool> mappings_fail{false};
[[maybe_unused]] std::atomic<int> threads_left{1 << 20};
}  // namespace

#if defined(__linux__) && !defined(WEFT_TEST_SANITIZED)
// The system maps memory and starts threads as it is told to here.
extern "C" void* mmap(void* at, std::size_t bytes, int use, int how, int file, off_t offset) noexcept {
  static const auto real = reinterpret_cast<decltype(&mmap)>(::dlsym(RTLD_NEXT, "mmap"));
  if (!mappings_fail) return real(at, bytes, use, how, file, offset);
  errno = ENOMEM;
  return MAP_FAILED;
}
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* how, void* (*body)(void*), void* with) noexcept {
  static const auto real = reinterpret_cast<decltype(&pthread_create)>(::dlsym(RTLD_NEXT, "pthread_create"));
  return --threads_left < 0 ? EAGAIN : real(thread, how, body, with);
}
#endif

namespace {
// Runs tasks backwards, on one thread, and knows nothing of exceptions.
struct backwards {
  weft::index_t workers() const { return 2; }
  void for_each(weft::index_t n, weft::task t) const noexcept {
    for (auto i = n; i-- > 0;) t(i, i % 2);
  }
};

struct small_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 32, .heads = 4, .hidden = 72};
};

// What the tasks of a pool throw: every third from the 7th on.
std::string thrown_by(weft::executor run, weft::index_t n) {
  try {
    run.for_each(n, [](weft::index_t i, weft::index_t) {
      if (i >= 7 && i % 3 == 1) throw std::runtime_error("task " + std::to_string(i));
    });
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "nothing";
}

weft::index_t sum_by(weft::thread_pool& pool) {
  std::atomic<weft::index_t> sum{0};
  const auto add = [&](weft::index_t i, weft::index_t) { sum += i; };
  pool.for_each(1000, weft::task(add));
  return sum;
}
}  // namespace

TEST_CASE("what a task throws reaches the caller: that of the first by number") {
  weft::thread_pool one(1), two(2), five(5);
  backwards unaware;
  for (int again = 0; again < 50; ++again)
    for (const weft::executor run :
         {weft::executor(), weft::executor(one), weft::executor(two), weft::executor(five), weft::executor(unaware)}) {
      CHECK(thrown_by(run, 100) == "task 7");
      CHECK(thrown_by(run, 7) == "nothing");
    }
  // Asked directly, too; and the pool is as good as before.
  const auto fail = [](weft::index_t i, weft::index_t) {
    if (i > 1) throw i;
  };
  for (int again = 0; again < 50; ++again) {
    weft::index_t first = 0;
    try {
      five.for_each(40, weft::task(fail));
    } catch (weft::index_t i) {
      first = i;
    }
    CHECK(first == 2);
    CHECK(sum_by(five) == 499500);
  }
}

TEST_CASE("memory that runs out while weights are packed is the caller's exception, whichever request fails") {
  using model = weft::model<small_bert, weft::pooler>;
  const weft::sizes sizes{.layers = 4, .vocabulary = 60, .positions = 150, .segments = 2, .labels = 5};
  const auto [record, store] = weft::testing::random_weights<model>(sizes, 11);
  for (const auto& [once, mapped] : {std::pair(false, true), {true, true}, {false, false}, {true, false}})
    for (weft::index_t n = 0;; ++n) {
      mappings_fail = !mapped;  // then all memory is operator new's
      bool made = false;
      weft::index_t workers = 0;
      fail_allocation(n, once);
      try {
        weft::thread_pool pool(2);
        workers = pool.workers();
        const model m(record, sizes, {}, pool);
        made = true;
      } catch (const std::bad_alloc&) {
      }
      const bool failed = no_allocation_fails();
      mappings_fail = false;
      // A thread for which there is no memory is done without; anything else that is lacking is said.
      if (failed && made != (once && workers == 1)) FAIL(n);
      REQUIRE(n < 10000);
      if (!failed) {
        CHECK(made);
        CHECK(workers == 2);
        CHECK(n > 10);
        break;
      }
    }
}

#if defined(__linux__) && !defined(WEFT_TEST_SANITIZED)
TEST_CASE("a pool does with the threads that the system starts") {
  for (int given = 0; given < 6; ++given) {
    threads_left = given;
    weft::thread_pool pool(5);
    CHECK(pool.workers() == 1 + std::min(given, 4));
    CHECK(sum_by(pool) == 499500);
    const auto said = refusal_of([&] { pool.require(5); });
    CHECK(said.empty() == (given >= 4));
    if (given == 2) CHECK_THAT(said, Catch::Matchers::StartsWith("threads: found 5, wanted at most 3"));
  }
  threads_left = 1 << 20;
}
#endif

#if defined(__unix__)
namespace {
weft::thread_pool& kept_until_exit() {
  static weft::thread_pool pool(3);
  return pool;
}

// What a child of fork() returns that does body(); -1 where it has to be ended.
int in_a_child(const auto& body) {
  std::fflush(nullptr);
  const auto child = ::fork();
  if (child == 0) {
    ::alarm(30);
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
}  // namespace

TEST_CASE("a pool made before a fork works in the child, and ends there without waiting") {
  auto pool = std::make_unique<weft::thread_pool>(3);
  for (const bool rested : {false, true}) {  // threads that look out for tasks, and threads that sleep
    CHECK(sum_by(*pool) == 499500);
    CHECK(sum_by(kept_until_exit()) == 499500);
    if (rested) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(in_a_child([&] {
            if (sum_by(*pool) != 499500 || pool->workers() != 3) ::_exit(1);
            ::_exit(thrown_by(*pool, 100) == "task 7" ? 5 : 2);
          }) == 5);
    CHECK(in_a_child([&] { pool.reset(), ::_exit(6); }) == 6);
    CHECK(in_a_child([&] { std::exit(7); }) == 7);
    CHECK(in_a_child([&] {  // a child's child
            ::_exit(in_a_child([&] { ::_exit(sum_by(*pool) == 499500 ? 8 : 1); }));
          }) == 8);
#if !defined(WEFT_TEST_SANITIZED)  // the thread sanitizer starts no threads behind a fork
    CHECK(in_a_child([&] {
            weft::thread_pool own(2);
            ::_exit(sum_by(own) == 499500 && own.workers() == 2 ? 9 : 1);
          }) == 9);
#endif
    // The parent's pool does not notice.
    CHECK(sum_by(*pool) == 499500);
  }
}
#endif
