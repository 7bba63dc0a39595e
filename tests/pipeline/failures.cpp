// Pipelines whose pool takes one caller at a time, whose files cannot be mapped, and programs whose memory runs out.
#include <cerrno>
#include <new>
#include <weft/memory/thread_pool.hpp>
#include <weft/pipeline/fill_mask.hpp>
#include <weft/program/c_interface.hpp>
#include <weft/program/embed.hpp>

#include "catch.hpp"
#include "one_at_a_time.hpp"
#include "pipeline/files.hpp"
#include "pipeline/program_files.hpp"
#include "small_stack.hpp"
#include "testing/counted_allocations.hpp"

#if defined(__linux__)
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

// A drive whose files cannot be mapped, where it is told to be one, and which gives a few bytes at a time. Memory is
// mapped as ever.
namespace {
bool files_are_mapped = true;
long bytes_given = 1 << 30;  // before the file ends
int reads = 0;
}  // namespace
extern "C" void* mmap(void* at, std::size_t bytes, int use, int how, int file, off_t offset) noexcept {
  static const auto real = reinterpret_cast<decltype(&mmap)>(::dlsym(RTLD_NEXT, "mmap"));
  if (file < 0 || files_are_mapped) return real(at, bytes, use, how, file, offset);
  errno = ENODEV;
  return MAP_FAILED;
}
extern "C" ssize_t pread(int file, void* to, std::size_t bytes, off_t offset) {
  static const auto real = reinterpret_cast<decltype(&pread)>(::dlsym(RTLD_NEXT, "pread"));
  if (++reads % 3 == 0) {
    errno = EINTR;
    return -1;
  }
  const auto some = real(file, to, std::min<std::size_t>({bytes, 1000, static_cast<std::size_t>(bytes_given)}), offset);
  bytes_given -= some;
  return some;
}
#endif

namespace failures_test {

using namespace weft_test;

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

#if defined(__linux__)
TEST_CASE("pipelines are loaded and run on a small stack") {
  const auto at = tiny_directory("bert_mlm", "small_stack");
  fs::copy_file(examples() / "classify" / "electra-gloss" / "tokenizer.json", at / "large_tokenizer.json");
  const weft::sentence_modules modules{.model = at};
  const auto wanted = weft::embedder<tiny_bert>(modules)("the cat sat on the mat");
  std::string text;
  while (text.size() < 100'000) text += "the cat sat on a red mat. ";
  on_small_stack([&] {
    weft::embedder<tiny_bert> embed(modules);
    CHECK(embed("the cat sat on the mat") == wanted);
    CHECK(embed(text).size() == wanted.size());
    CHECK(weft::read_tokenizer(at / "large_tokenizer.json").encode(text).size() > 10'000);
  });
}

TEST_CASE("files that cannot be mapped are read") {
  const weft::sentence_modules modules{.model = tiny_directory("bert_mlm", "not_mapped")};
  const auto mapped = weft::embedder<tiny_bert>(modules)("the cat sat on the mat");
  files_are_mapped = false;
  reads = 0;
  CHECK(weft::embedder<tiny_bert>(modules)("the cat sat on the mat") == mapped);
  CHECK(reads > 10);
  bytes_given = 1500;  // the weights end early
  const auto said = refusal_of([&] { weft::embedder<tiny_bert> embed(modules); });
  bytes_given = 1 << 30;
  files_are_mapped = true;
  CHECK_THAT(said, mentions("a file that changed while it was opened"));
}
#endif

TEST_CASE("memory that runs out is the exception of who loads a pipeline, whichever request fails") {
  const weft::sentence_modules modules{.model = tiny_directory("bert_mlm", "no_memory_pipeline")};
  const auto wanted = weft::embedder<tiny_bert>(modules)("the cat sat on the mat");
  weft::thread_pool pool(2);
  for (const bool once : {true, false}) {
    weft::index_t n = 0;
    for (bool failed = true; failed; ++n) {
      std::optional<weft::embedder<tiny_bert>> embed;
      fail_allocation(n, once);
      try {
        embed.emplace(modules, weft::pipeline_options{.run = pool});
      } catch (const std::bad_alloc&) {
      }
      failed = no_allocation_fails();
      if (!failed && !embed) FAIL(n);
      // A sort does without the memory that it asks for, only slower.
      if (embed && (*embed)("the cat sat on the mat") != wanted) FAIL(n);
    }
    CHECK(n > 100);
  }
}

using task = weft::program::embed<tiny_bert>;
using model = weft::program::c_model<task>;

#if defined(__linux__)
TEST_CASE("a library that was opened before a fork answers in the child") {
  const auto at = tiny_directory("bert_mlm", "forked").string();
  const char* const options[] = {"--threads=2"};
  model* m = nullptr;
  REQUIRE(model::open(at.c_str(), 1, options, "", "", &m) == weft::program::c_ok);
  const std::string text = "the cat sat on a red mat .";
  char* wanted = nullptr;
  REQUIRE(model::answer(m, text.data(), text.size(), &wanted) == weft::program::c_ok);
  std::fflush(nullptr);
  const auto child = ::fork();
  if (child == 0) {
    ::alarm(30);  // instead of waiting for ever
    char* json = nullptr;
    if (model::answer(m, text.data(), text.size(), &json) != weft::program::c_ok) ::_exit(1);
    if (std::string(json) != wanted) ::_exit(2);
    delete m;
    ::_exit(3);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 3);
  std::free(wanted);
  delete m;
}
#endif

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
    weft::index_t n = 0;
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
