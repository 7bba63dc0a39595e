// Counts what every case costs at two sizes; scripts/check_cost.py runs it under callgrind and compares. Prints for
// each case and size the bytes that were allocated, and marks the instructions for callgrind by the same words.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else  // compiles everywhere, counts bytes only
#define CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_DUMP_STATS_AT(name) (void)(name)
#endif

#include "cost.hpp"

namespace {
std::atomic<weft::index_t> allocated{0};

void* counted(std::size_t bytes) {
  allocated += static_cast<weft::index_t>(bytes);
  if (void* p = std::malloc(bytes ? bytes : 1)) return p;
  throw std::bad_alloc();
}

std::vector<weft_test::cost_case>& cases() {
  static std::vector<weft_test::cost_case> all;
  return all;
}
}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

bool weft_test::add_cost(cost_case one) {
  cases().push_back(std::move(one));
  return true;
}

int main(int count, char** words) {
  for (const auto& one : cases()) {
    if (count > 1 && !std::strstr(one.name.c_str(), words[1])) continue;
    for (const weft::index_t n : {one.n, 4 * one.n}) {
      const auto work = one.make(n);
      const weft::index_t before = allocated;
      CALLGRIND_TOGGLE_COLLECT;
      work();
      CALLGRIND_TOGGLE_COLLECT;
      const std::string name = one.name + ": " + std::to_string(n);
      std::printf("%s: %td\n", name.c_str(), allocated - before);
      std::fflush(stdout);
      CALLGRIND_DUMP_STATS_AT(name.c_str());
    }
  }
}
