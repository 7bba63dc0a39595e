#include <weft/simd/x86_level.hpp>

#include "catch.hpp"

namespace {
using weft::simd::processor_features, weft::simd::level_of, weft::simd::level_named;

constexpr std::uint32_t bits(auto... n) { return ((1u << n) | ...); }
constexpr processor_features second{.basic = bits(0, 9, 13, 19, 20, 23), .extended = 0, .more = bits(0), .kept = 0};
constexpr processor_features third{
    .basic = second.basic | bits(12, 22, 27, 28, 29), .extended = bits(3, 5, 8), .more = bits(0, 5), .kept = 0b111};
constexpr processor_features fourth{.basic = third.basic,
                                    .extended = third.extended | bits(16, 17, 28, 30, 31),
                                    .more = third.more,
                                    .kept = 0b11100111};
}  // namespace

TEST_CASE("a level of x86-64 is what all its features amount to") {
  STATIC_REQUIRE(level_of({}) == 1);
  STATIC_REQUIRE(level_of(second) == 2);
  STATIC_REQUIRE(level_of(third) == 3);
  STATIC_REQUIRE(level_of(fourth) == 4);
}

TEST_CASE("a level that lacks a feature, or registers that the system does not keep, is not reached") {
  for (const int bit : {0, 9, 13, 19, 20, 23}) {
    auto f = fourth;
    f.basic &= ~bits(bit);
    CHECK(level_of(f) == 1);
  }
  for (const int bit : {12, 22, 27, 28, 29}) {
    auto f = fourth;
    f.basic &= ~bits(bit);
    CHECK(level_of(f) == 2);
  }
  for (const int bit : {16, 17, 28, 30, 31}) {
    auto f = fourth;
    f.extended &= ~bits(bit);
    CHECK(level_of(f) == 3);
  }
  auto f = fourth;
  f.kept = 0b111;
  CHECK(level_of(f) == 3);
  f.kept = 0b11;
  CHECK(level_of(f) == 2);
}

TEST_CASE("levels have the names that compilers give them") {
  STATIC_REQUIRE(level_named("x86-64") == 1);
  STATIC_REQUIRE(level_named("x86-64-v3") == 3);
  for (const char* other : {"", "native", "x86-64-v1", "x86-64-v5", "x86-64-v33", "armv8-a"})
    CHECK(level_named(other) == 0);
  for (const int level : {1, 2, 3, 4}) CHECK(level_named(weft::simd::name_of_level(level)) == level);
}

#if defined(__AVX2__)
TEST_CASE("this processor has what this program was compiled for") {
  CHECK(level_of(weft::simd::features_of_this_processor()) >= 3);
}
#endif
