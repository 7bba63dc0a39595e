#include <weft/base/finite.hpp>

#include <limits>
#include <vector>

#include "catch.hpp"

// This file is compiled with -ffast-math, which promises the compiler that what is asked here never happens.
TEST_CASE("finite numbers are told from others even where the compiler may assume that there are no others") {
  using floats = std::numeric_limits<float>;
  using doubles = std::numeric_limits<double>;
  for (const float x : {0.0f, -0.0f, 1.0f, -3e38f, floats::max(), floats::lowest(), floats::denorm_min()})
    CHECK(weft::is_finite(x));
  for (const double x : {0.0, 1e300, doubles::max(), doubles::denorm_min()}) CHECK(weft::is_finite(x));
  for (const float x : {floats::infinity(), -floats::infinity(), floats::quiet_NaN(), weft::not_a_number()}) {
    CHECK(!weft::is_finite(x));
    CHECK(!weft::is_finite(double{x}));
  }
  // What arithmetic makes, of numbers that the compiler does not know.
  volatile float large = 1e30f, zero = 0;
  CHECK(!weft::is_finite(large * large));
  CHECK(!weft::is_finite(1.0f / zero));
  CHECK(!weft::is_finite(large * large * zero));
  CHECK(!weft::is_finite(weft::not_a_number() * zero));
}

TEST_CASE("one value that is not finite is found wherever it stands") {
  for (const std::size_t size : {1u, 2u, 255u, 256u, 257u, 1000u}) {
    std::vector<float> values(size, std::numeric_limits<float>::max());
    CHECK(weft::all_finite(values));
    for (std::size_t i = 0; i < size; ++i)
      for (const float odd : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                              weft::not_a_number(), -weft::not_a_number()}) {
        values[i] = odd;
        REQUIRE(!weft::all_finite(values));
        values[i] = -1;
      }
  }
  CHECK(weft::all_finite({}));
}
