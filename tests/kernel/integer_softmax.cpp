// i-softmax against the row of its reference and its twin.
#include <weft/kernel/integer_softmax.hpp>
#include <weft/kernel/reference_integer.hpp>

#include <vector>
#include <weft/base/random_source.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace integer_softmax_test {

using namespace weft;

constexpr double range = 2998009579175936.0 / 32767;  // the largest exponential at a scale of 1e-3

TEST_CASE("i-softmax gives the codes of I-BERT's row") {
  std::vector<std::int32_t> row{1000, 0, -500, -3000, -20000, -30000};
  const auto softmax = integer_softmax::of(1e-3, range, "a");
  CHECK(softmax.ln2 == 694);
  CHECK(softmax.q_b == 2707);
  CHECK(softmax.q_c == 2792114);
  const auto twin = reference::integer_softmax(row.data(), 6, 1e-3, range);
  CHECK(twin.exponentials == unit_vector<std::int64_t>{32767, 12072, 7339, 601, 0, 0});
  CHECK(twin.sum == 52779);
  CHECK(twin.factor == 81376);
  CHECK(twin.probabilities == unit_vector<std::int64_t>{158, 58, 35, 2, 0, 0});
  std::uint8_t out[6];
  softmax.row<simd::native>(row.data(), 6, out);
  CHECK(std::vector<int>(out, out + 6) == std::vector<int>{158, 58, 35, 2, 0, 0});
}

TEST_CASE("i-softmax is its twin, and one key has 255") {
  random_source random(3);
  for (const double scale : {2e-5, 1e-4, 1e-3, 0.03, 0.7})
    for (int i = 0; i < 60; ++i) {
      const double largest = std::floor(1 / 0.35815147 / (scale * scale)) * 1073741824.0 * (0.5 + 0.02 * i);
      const auto softmax = integer_softmax::of(scale, largest / 32767, "a");
      const index_t n = 1 + static_cast<index_t>(random.bits() % 70);
      std::vector<std::int32_t> row(static_cast<std::size_t>(n));
      for (auto& x : row) x = static_cast<std::int32_t>(random.bits() >> 32) >> (2 + random.bits() % 29);
      const auto twin = reference::integer_softmax(row.data(), n, scale, largest / 32767);
      std::vector<std::uint8_t> out(row.size());
      softmax.row<simd::native>(row.data(), n, out.data());
      CHECK(std::equal(out.begin(), out.end(), twin.probabilities.begin()));
    }
  std::int32_t alone = -77;
  std::uint8_t all = 0;
  integer_softmax::of(1e-3, range, "a").row<simd::native>(&alone, 1, &all);
  CHECK(all == 255);
}

TEST_CASE("i-softmax refuses scales that leave 63 bits, and ranges that nothing reaches") {
  CHECK_THAT(refusal_of([] { integer_softmax::of(1e-6, range, "layer 0"); }),
             mentions("layer 0: found scores of a scale"));
  CHECK_THAT(refusal_of([] { integer_softmax::of(1e-3, 1e25, "layer 0"); }), mentions("they are all 0"));
}

}  // namespace integer_softmax_test
