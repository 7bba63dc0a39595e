// Pipelines whose pool takes one caller at a time, and programs whose memory runs out.
#include <mutex>
#include <new>
#include <weft/memory/thread_pool.hpp>
#include <weft/pipeline/fill_mask.hpp>
#include <weft/program/c_interface.hpp>
#include <weft/program/embed.hpp>

#include "catch.hpp"
#include "pipeline/files.hpp"
#include "pipeline/program_files.hpp"
#include "testing/counted_allocations.hpp"

namespace failures_test {

using namespace weft_test;

// A pool whose calls take turns, as docs/how-to/use-threads.md allows. An ordinary lock would wait for ever where this
// one notices.
struct one_at_a_time {
  weft::thread_pool team{2};
  std::mutex turn;
  bool nested = false;
  weft::index workers() const { return 2; }
  void for_each(weft::index n, weft::task t) {
    const std::unique_lock mine(turn, std::try_to_lock);
    if (!mine) nested = true;
    team.for_each(n, t);
  }
};

TEST_CASE("no pipeline calls its pool from within one of the pool's tasks") {
  one_at_a_time pool;
  const std::vector<std::string_view> texts{"the cat sat", "", "a red house in the mat . who ?"};
  const auto bert = tiny_directory("bert_mlm", "turns_bert");
  const weft::sentence_modules modules{.model = bert};
  weft::embedder<tiny_bert> embed(modules, {.run = pool}), alone(modules);
  CHECK(embed.all(texts).row(2)[3] == alone.all(texts).row(2)[3]);
  weft::fill_mask<tiny_bert> fill(bert, {.run = pool});
  CHECK_FALSE(fill("the [MASK] sat").empty());
  CHECK_FALSE(pool.nested);
}

TEST_CASE("memory that runs out is the exception of who loads a pipeline, whichever request fails") {
  const weft::sentence_modules modules{.model = tiny_directory("bert_mlm", "no_memory_pipeline")};
  weft::thread_pool pool(2);
  for (const bool once : {true, false}) {
    weft::index n = 0;
    for (bool failed = true; failed; ++n) {
      bool loaded = false;
      fail_allocation(n, once);
      try {
        weft::embedder<tiny_bert> embed(modules, {.run = pool});
        loaded = true;
      } catch (const std::bad_alloc&) {
      }
      failed = no_allocation_fails();
      if (failed == loaded) FAIL(n);
    }
    CHECK(n > 100);
  }
}

using task = weft::program::embed<tiny_bert>;
using model = weft::program::c_model<task>;

TEST_CASE("memory that runs out is an error of the C interface, whichever request fails") {
  const auto at = tiny_directory("bert_mlm", "no_memory").string();
  const char* const options[] = {"--threads=2", "--quiet"};
  // Every request while a model is opened, then every request of an answer.
  const auto open = [&](model*& m) { return model::open(at.c_str(), 2, options, "", "", &m); };
  model* good = nullptr;
  REQUIRE(open(good) == weft::program::c_ok);
  const std::string_view text = "the cat sat on a red mat .";
  const auto answer = [&](char*& json) { return model::answer(good, text.data(), text.size(), &json); };
  char* wanted = nullptr;
  REQUIRE(answer(wanted) == weft::program::c_ok);
  for (const bool once : {true, false}) {
    weft::index n = 0;
    for (bool failed = true; failed; ++n) {
      model* m = nullptr;
      fail_allocation(n, once);
      const auto code = open(m);
      failed = no_allocation_fails();
      if (!failed || code == weft::program::c_ok) {
        // Where it did without the memory, it answers as ever.
        REQUIRE(m);
        std::swap(m, good);
        char* json = nullptr;
        CHECK(answer(json) == weft::program::c_ok);
        CHECK(std::string(json) == wanted);
        std::free(json);
      } else if (m || weft::program::c_failure().empty()) {
        FAIL(n);
      }
      delete m;
    }
    CHECK(n > 100);
    n = 0;
    for (bool failed = true; failed; ++n) {
      char* json = nullptr;
      fail_allocation(n, once);
      const auto code = answer(json);
      failed = no_allocation_fails();
      if (code == weft::program::c_ok ? std::string(json) != wanted : json != nullptr) FAIL(n);
      if (failed && code != weft::program::c_memory) FAIL(n);
      std::free(json);
    }
    CHECK(n > 5);
  }
  std::free(wanted);
  delete good;
}

}  // namespace failures_test
