#include "counted_allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>

namespace {
std::atomic<weft::index_t> allocations{0};
constexpr auto never = std::numeric_limits<weft::index_t>::max();
std::atomic<weft::index_t> failing_from{never}, failing_until{never};  // of those numbers
std::atomic<bool> one_failed{false};

// Counts an allocation; whether it is to fail.
bool fails() {
  const auto number = allocations++;
  if (number < failing_from || number >= failing_until) return false;
  return one_failed = true;
}

void* counted(std::size_t bytes) {
  if (fails()) throw std::bad_alloc();
  if (void* p = std::malloc(bytes ? bytes : 1)) return p;
  throw std::bad_alloc();
}
void* counted(std::size_t bytes, std::align_val_t alignment) {
  if (fails()) throw std::bad_alloc();
  const auto to = static_cast<std::size_t>(alignment);
  if (void* p = std::aligned_alloc(to, (bytes + to - 1) / to * to)) return p;
  throw std::bad_alloc();
}
}  // namespace

weft::index_t allocations_so_far() { return allocations; }
void fail_allocation(weft::index_t number, bool once) {
  const auto from = allocations + number;
  one_failed = false;
  failing_until = once ? from + 1 : never;
  failing_from = from;
}
bool no_allocation_fails() {
  failing_from = failing_until = never;
  return one_failed;
}

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) { return counted(bytes, alignment); }
void* operator new[](std::size_t bytes, std::align_val_t alignment) { return counted(bytes, alignment); }
// The address sanitizer brings these forms itself unless they are replaced too.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return fails() ? nullptr : std::malloc(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return fails() ? nullptr : std::malloc(bytes);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { std::free(p); }
