#include <weft/base/random_source.hpp>

#include <cmath>

#include "catch.hpp"

namespace random_source_test {

TEST_CASE("random numbers are SplitMix64's, of whole numbers and nearly normal") {
  weft::random_source random(1234567);
  for (const std::uint64_t want : {6457827717110365317u, 3203168211198807973u, 9817491932198370423u})
    CHECK(random.bits() == want);
  weft::random_source same(1234567);
  CHECK(same.uniform() == static_cast<double>(6457827717110365317u >> 11) / 9007199254740992.0);  // 2^53
  weft::random_source first(7), again(7);
  double sum = 0, squares = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto below = first.below(10);
    CHECK((below >= 0 && below < 10 && below == again.below(10)));
    const auto x = first.normal();
    CHECK((x > -6 && x < 6));
    sum += x, squares += x * x;
    (void)again.normal();
  }
  CHECK(std::abs(sum / 10'000) < 0.05);
  CHECK(std::abs(squares / 10'000 - 1) < 0.05);
}

}  // namespace random_source_test
