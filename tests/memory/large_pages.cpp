#include <weft/memory/large_pages.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <weft/memory/arena.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace {
bool zero(const std::byte* p, weft::index_t n) {
  return std::all_of(p, p + n, [](std::byte b) { return b == std::byte{}; });
}
}  // namespace

TEST_CASE("pages are zeroed, writable to their last byte, and begin on a cache line or a large page") {
  for (const weft::index_t bytes : {weft::index_t{1}, weft::index_t{64}, weft::index_t{5000}, weft::large_page - 1,
                                    weft::large_page, 3 * weft::large_page + 7}) {
    CAPTURE(bytes);
    const auto block = weft::zeroed_pages(bytes);
    CHECK(zero(block.get(), bytes));
    std::fill_n(block.get(), bytes, std::byte{0xff});
    CHECK(reinterpret_cast<std::uintptr_t>(block.get()) % weft::cache_line == 0);
#if defined(__linux__)
    if (!weft::detail::memory_is_watched && bytes >= weft::large_page)
      CHECK(reinterpret_cast<std::uintptr_t>(block.get()) % static_cast<std::uintptr_t>(weft::large_page) == 0);
#endif
  }
}

TEST_CASE("an arena's tensors are zeroed, apart, on cache lines, and stay where they are when it moves") {
  weft::arena store;
  std::vector<weft::list<float>> taken;
  weft::index_t bytes = 0;
  for (weft::index_t n = 1; n < 3'000'000; n = n * 3 + 1) {
    taken.push_back(store.take<float>(n));
    CHECK(zero(reinterpret_cast<const std::byte*>(taken.back().data()), 4 * n));
    CHECK(reinterpret_cast<std::uintptr_t>(taken.back().data()) % weft::cache_line == 0);
    std::fill_n(taken.back().data(), n, static_cast<float>(n));
    bytes += weft::round_up(4 * n, weft::cache_line);
  }
  CHECK(store.bytes() == bytes);
  CHECK(store.take<float>(0).size() == 0);

  weft::arena owner = std::move(store);
  CHECK(owner.bytes() == bytes);
  CHECK(store.bytes() == 0);  // NOLINT: an arena that was moved from is empty, and can be used again
  const auto fresh = store.take<float>(5);
  const auto more = owner.take<float>(5);
  fresh[0] = 1, more[0] = 2;
  CHECK(fresh[0] == 1);
  for (const auto& tensor : taken) {
    const auto value = static_cast<float>(tensor.size());
    CHECK(std::all_of(tensor.data(), tensor.data() + tensor.size(), [value](float v) { return v == value; }));
  }
}

TEST_CASE("an arena that is rewound hands out the same memory again, and refuses other requests") {
  weft::arena store;
  const auto a = store.take<float>(100), b = store.take<float>(7);
  std::fill_n(a.data(), 100, 3.0f);
  const auto bytes = store.bytes();
  for (int time = 0; time < 2; ++time) {
    store.rewind();
    const auto again = store.take<float>(100);
    CHECK(again.data() == a.data());
    CHECK(again[99] == 3.0f);
    CHECK(store.take<float>(0).size() == 0);
    CHECK(store.take<float>(7).data() == b.data());
    CHECK(store.bytes() == bytes);
  }
  CHECK_THAT(refusal_of([&] { store.take<float>(1); }), mentions("rewound"));
  store.rewind();
  CHECK_THAT(refusal_of([&] { store.take<float>(200); }), mentions("found a request for 832 bytes"));
}
