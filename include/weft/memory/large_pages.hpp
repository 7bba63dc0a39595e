#pragma once
// Zeroed memory on pages as large as the system gives: reading gigabytes of weights through pages of 4 KiB takes a
// fifth longer, and faulting them in several times as long.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <weft/base/index.hpp>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace weft::inline WEFT_INLINE_NAMESPACE {

inline constexpr index_t cache_line = 64;  // bytes
inline constexpr index_t large_page = index_t{2}
                                      << 20;  // bytes; of x86-64, and of 64-bit Arm with small pages of 4 KiB

namespace detail {
/// Under the address sanitizer all memory is operator new's, which it watches.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool memory_is_watched = true;
#elif defined(__has_feature)
inline constexpr bool memory_is_watched = __has_feature(address_sanitizer);
#else
inline constexpr bool memory_is_watched = false;
#endif
}  // namespace detail

/// Frees what zeroed_pages gave.
struct free_pages {
  void* mapping = nullptr;  // null: the memory is operator new's
  std::size_t bytes = 0;
  void operator()(std::byte* p) const {
#if defined(__linux__)
    if (mapping) {
      munmap(mapping, bytes);
      return;
    }
#endif
    ::operator delete (p, std::align_val_t{cache_line});
  }
};
using page_block = std::unique_ptr<std::byte, free_pages>;

/// `bytes` > 0 zeroed bytes. On Linux they begin on a large page where they fill one, the kernel is asked for large
/// pages (madvise; it may refuse), and what is never touched is never resident. Throws std::bad_alloc.
inline page_block zeroed_pages(index_t bytes) {
  const auto size = static_cast<std::size_t>(bytes);
#if defined(__linux__)
  // A mapping begins on a small page, so there is room to move to the next large one.
  const auto room = static_cast<std::size_t>(bytes >= large_page ? large_page : 0);
  void* const mapping = detail::memory_is_watched
                            ? MAP_FAILED
                            : mmap(nullptr, size + room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping != MAP_FAILED) {
    auto* begin = static_cast<std::byte*>(mapping);
    if (room > 0) {
      begin += (room - reinterpret_cast<std::uintptr_t>(begin) % room) % room;
      madvise(begin, size, MADV_HUGEPAGE);
    }
    return page_block(begin, free_pages{mapping, size + room});
  }
#endif
  auto* const begin = static_cast<std::byte*>(::operator new (size, std::align_val_t{cache_line}));
  std::fill_n(begin, size, std::byte{});
  return page_block(begin, free_pages{});
}

}  // namespace weft
