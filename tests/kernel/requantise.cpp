// Whole numbers times a ratio of 31 bits, against the twin that divides.
#include <weft/kernel/reference_integer.hpp>

#include <weft/kernel/requantise.hpp>

#include <algorithm>
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

// As many columns as leave some for one at a time, with a ratio each.
template <int Bits, class Number>
void compare_columns(random_source& random, int least_shift, int most_shift) {
  constexpr index_t n = 37;
  std::int32_t multipliers[n], shifts[n];
  dyadics ratios{multipliers, shifts};
  Number q[n];
  std::int32_t codes[n];
  for (index_t c = 0; c < n; ++c) {
    const auto bits = random.bits();
    const auto size = static_cast<std::int32_t>((1u << 30) + (bits >> 34));
    ratios.set(c, {bits % 16 == 0 ? 0
                   : bits % 2     ? size
                                  : -size,
                   least_shift + static_cast<int>((bits >> 8) % static_cast<unsigned>(most_shift - least_shift))});
    // Of every size, powers of two among them, whose halves are ties.
    const auto any = static_cast<std::int64_t>(random.bits()) >> (2 + random.bits() % 61);
    q[c] = static_cast<Number>(bits % 5 == 0 ? std::int64_t{1} << (bits >> 20) % (sizeof(Number) == 4 ? 31 : 61) : any);
  }
  CHECK(ratios.in_halves == (*std::min_element(shifts, shifts + n) >= 33));
  requantise_columns<simd::native, Bits>(q + 1, ratios, 1, n - 1, codes + 1);
  for (index_t c = 1; c < n; ++c) {
    CAPTURE(q[c], multipliers[c], shifts[c]);
    CHECK(codes[c] == detail::within<Bits>(reference::requantised(q[c], multipliers[c], shifts[c])));
  }
}

TEST_CASE("columns are requantised as one number is") {
  random_source random(2);
  for (int i = 0; i < 300; ++i) {
    compare_columns<8, std::int32_t>(random, 1, 90);
    compare_columns<22, std::int32_t>(random, 20, 40);
    compare_columns<8, std::int64_t>(random, 33, 90);
    compare_columns<22, std::int64_t>(random, 33, 64);
    compare_columns<8, std::int64_t>(random, 31, 60);  // not all in halves
  }
  std::int32_t q[19];
  std::int8_t codes[19];
  for (index_t i = 0; i < 19; ++i) q[i] = static_cast<std::int32_t>(random.bits() >> 40) - (1 << 23);
  const auto ratio = dyadic_of(1e-5, "a");
  requantise_by<simd::native, 8>(q, ratio, 19, codes);
  for (index_t i = 0; i < 19; ++i)
    CHECK(codes[i] == detail::within<8>(reference::requantised(q[i], ratio.multiplier, ratio.shift)));
}

}  // namespace requantise_test
