// Whole numbers times a ratio of 31 bits, against the twin that divides.
#include <weft/kernel/reference_integer.hpp>

#include <weft/kernel/requantise.hpp>

#include <limits>
#include <weft/base/random_source.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace requantise_test {

using namespace weft;

TEST_CASE("a ratio becomes a multiplier of 31 bits and a shift") {
  CHECK(dyadic_of(1.0, "a").multiplier == 1 << 30);
  CHECK(dyadic_of(1.0, "a").shift == 30);
  CHECK(dyadic_of(-0.75, "a").multiplier == -1610612736);
  CHECK(dyadic_of(-0.75, "a").shift == 31);
  CHECK(dyadic_of(1 - 1e-12, "a").multiplier == 1 << 30);  // 2^31 of 2^31: a bit less of both
  CHECK(dyadic_of(1 - 1e-12, "a").shift == 30);
  CHECK(requantised(std::int64_t{1} << 61, dyadic_of(1e-60, "a")) == 0);
  CHECK_THAT(refusal_of([] { dyadic_of(1e10, "the residual"); }), mentions("the residual: found a scale that is 2^30"));
  CHECK_THAT(refusal_of([] { dyadic_of(std::numeric_limits<double>::quiet_NaN(), "the residual"); }),
             mentions("the residual"));
}

TEST_CASE("whole numbers are requantised to nearest, ties to even") {
  const dyadic half = dyadic_of(0.5, "a");
  const std::int64_t halves[] = {0, 0, 1, 2, 2, 2, 3, 4, 4};  // of 0, 1, 2, ...
  for (std::int32_t q = 0; q < 9; ++q) {
    CHECK(requantised(q, half) == halves[q]);
    CHECK(requantised(-q, half) == -halves[q]);
    CHECK(requantised(std::int64_t{q}, half) == halves[q]);
    CHECK(requantised(std::int64_t{-q}, half) == -halves[q]);
  }
  random_source random(1);
  for (int i = 0; i < 20000; ++i) {
    const auto bits = random.bits();
    const double sign = bits % 2 ? 1 : -1;
    const double ratio =
        sign * std::ldexp(1.0 + static_cast<double>(bits >> 40) * 1e-7, static_cast<int>(bits % 89) - 60);
    const auto d = dyadic_of(ratio, "a");
    int exponent = 0;
    const auto multiplier = static_cast<std::int64_t>(std::round(std::frexp(ratio, &exponent) * 2147483648.0));
    const auto small = static_cast<std::int32_t>(random.bits() >> 32);
    const auto large = static_cast<std::int64_t>(random.bits()) >> (2 + random.bits() % 40);
    if (31 - exponent < 90) {
      const auto wanted = reference::requantised(small, multiplier, 31 - exponent);
      CHECK(requantised(small, d) == wanted);
      CHECK(requantised(std::int64_t{small}, d) == wanted);
      if (31 - exponent >= 31) CHECK(requantised(large, d) == reference::requantised(large, multiplier, 31 - exponent));
    }
  }
}

}  // namespace requantise_test
