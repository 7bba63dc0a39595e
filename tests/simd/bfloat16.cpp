#include <weft/simd/bfloat16.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "catch.hpp"

namespace weft {
namespace {
using arch = simd::native;
constexpr index_t lanes = simd::lanes<arch>;
}  // namespace

TEST_CASE("every bfloat16 survives the way to float and back") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto narrow = static_cast<std::uint16_t>(bits);
    const float wide = simd::from_bfloat16(narrow);
    if (std::isnan(wide))
      REQUIRE(std::isnan(simd::from_bfloat16(simd::to_bfloat16(wide))));
    else
      REQUIRE(simd::to_bfloat16(wide) == narrow);
  }
}

TEST_CASE("a float becomes the nearest bfloat16, the even one of two") {
  static_assert(simd::to_bfloat16(1.0f) == 0x3f80);
  static_assert(simd::to_bfloat16(0x1.01p0f) == 0x3f80);      // half way: to even, down
  static_assert(simd::to_bfloat16(0x1.03p0f) == 0x3f82);      // half way: to even, up
  static_assert(simd::to_bfloat16(0x1.010002p0f) == 0x3f81);  // above half way
  CHECK(simd::to_bfloat16(std::numeric_limits<float>::max()) == 0x7f80);
  CHECK(simd::to_bfloat16(-std::numeric_limits<float>::infinity()) == 0xff80);
  // A NaN whose payload lies in the lower half alone stays a NaN.
  CHECK(std::isnan(simd::from_bfloat16(simd::to_bfloat16(std::bit_cast<float>(0x7f800001u)))));
  CHECK(simd::bfloat16_pair(1.0f, -2.0f) == 0xc0003f80u);
}

TEST_CASE("the halves of pairs are read as floats") {
  std::vector<std::uint32_t> pairs;
  for (index_t i = 0; i < lanes; ++i)
    pairs.push_back(simd::bfloat16_pair(static_cast<float>(i) + 0.5f, -static_cast<float>(i)));
  float first[lanes], second[lanes];
  simd::store(first, simd::first_of_pairs<arch>(pairs.data()));
  simd::store(second, simd::second_of_pairs<arch>(pairs.data()));
  for (index_t i = 0; i < lanes; ++i) {
    CHECK(first[i] == static_cast<float>(i) + 0.5f);
    CHECK(second[i] == -static_cast<float>(i));
  }
}

TEST_CASE("a vector of floats is rounded to pairs as one float is") {
  if constexpr (simd::has_bfloat16_dot<arch>) {
    std::vector<float> x;
    for (std::uint32_t bits = 0x3f7f0000; bits < 0x3f830000; bits += 0x111) x.push_back(std::bit_cast<float>(bits));
    for (const float v : {0.0f, -0.0f, 1e30f, -1e-30f, 3.0f, std::numeric_limits<float>::infinity()}) x.push_back(v);
    while (x.size() % (2 * lanes)) x.push_back(-1.23456f);
    std::vector<std::uint32_t> pairs(x.size() / 2);
    for (std::size_t i = 0; i < x.size(); i += 2 * lanes) simd::round_to_pairs<arch>(&x[i], &pairs[i / 2]);
    for (std::size_t i = 0; i < pairs.size(); ++i) REQUIRE(pairs[i] == simd::bfloat16_pair(x[2 * i], x[2 * i + 1]));
  } else {
    SUCCEED("there is no such instruction here");
  }
}

}  // namespace weft
