// Whole numbers of 64 bits, lane by lane, beside the same one at a time.
#include <weft/simd/long_numbers.hpp>

#include <algorithm>
#include <numeric>
#include <weft/base/random_source.hpp>

#include "catch.hpp"

namespace long_numbers_test {

using namespace weft;
using longs = simd::long_numbers<simd::native>;
// Where there are no lanes, the operations are of one number.
constexpr index_t count = sizeof(longs::vector) / 8;

std::int64_t lower(std::int64_t x) { return static_cast<std::int32_t>(x & 0xffffffff); }

TEST_CASE("long numbers: products, shifts and the smaller and larger, lane by lane") {
  random_source random(1);
  for (int round = 0; round < 2000; ++round) {
    std::int64_t a[count], b[count], by[count], out[count];
    for (index_t i = 0; i < count; ++i) {
      a[i] = static_cast<std::int64_t>(random.bits()) >> (random.bits() % 64);
      b[i] = static_cast<std::int64_t>(random.bits()) >> (random.bits() % 64);
      by[i] = static_cast<std::int64_t>(random.bits() % 64);
    }
    const auto x = longs::load(a), y = longs::load(b), n = longs::load(by);
    const auto each = [&](longs::vector v, auto&& wanted) {
      longs::store(out, v);
      for (index_t i = 0; i < count; ++i) {
        CAPTURE(a[i], b[i], by[i]);
        CHECK(out[i] == wanted(i));
      }
    };
    each(longs::product(x, y), [&](index_t i) { return lower(a[i]) * lower(b[i]); });
    each(longs::unsigned_product(x, y), [&](index_t i) {
      return static_cast<std::int64_t>(static_cast<std::uint64_t>(a[i] & 0xffffffff) *
                                       static_cast<std::uint64_t>(b[i] & 0xffffffff));
    });
    each(longs::right(x, n), [&](index_t i) { return a[i] >> by[i]; });
    each(longs::right_unsigned(x, n),
         [&](index_t i) { return static_cast<std::int64_t>(static_cast<std::uint64_t>(a[i]) >> by[i]); });
    each(longs::smaller(x, y), [&](index_t i) { return std::min(a[i], b[i]); });
    each(longs::larger(x, y), [&](index_t i) { return std::max(a[i], b[i]); });
    CHECK(longs::largest(x) == *std::max_element(a, a + count));
    const auto halves = longs::right(x, longs::set(8));  // whose sum has 64 bits
    longs::store(out, halves);
    CHECK(longs::sum(halves) == std::accumulate(out, out + count, std::int64_t{0}));
  }
}

template <class T>
void round_trip() {
  T from[count], to[count];
  for (index_t i = 0; i < count; ++i) from[i] = static_cast<T>(i % 2 ? -100 - i : 27 + i);
  longs::store(to, longs::load(from));
  CHECK(std::equal(from, from + count, to));
  std::int64_t wide[count];
  longs::store(wide, longs::load(from));
  for (index_t i = 0; i < count; ++i) CHECK(wide[i] == std::int64_t{from[i]});
}

TEST_CASE("long numbers of every size come from memory and go back") {
  round_trip<std::int8_t>();
  round_trip<std::uint8_t>();
  round_trip<std::int16_t>();
  round_trip<std::int32_t>();
  round_trip<std::int64_t>();
}

}  // namespace long_numbers_test
