// i-GELU against the table of its reference, its twin and the function that it stands for.
#include <weft/kernel/integer_gelu.hpp>
#include <weft/kernel/reference_integer.hpp>

#include <weft/base/random_source.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace integer_gelu_test {

using namespace weft;

TEST_CASE("i-GELU gives the codes of I-BERT's table") {
  const auto gelu = integer_gelu::of(1e-4, "a");
  CHECK(gelu.q_b == -25018);
  CHECK(gelu.q_c == -692507494);
  CHECK(gelu.q_1 == -42268);
  const std::int32_t q[] = {-60000, -10000, -5000, -1, 0, 1, 5000, 10000, 30000, 60000};
  const std::int64_t erf[] = {42267, 28501, 17809, 4068, 0, -4069, -17810, -28502, -42268, -42268};
  const std::int64_t out[] = {60000,  137670000,  122295000,  38200,       0,
                              -46337, -300390000, -707700000, -2536080000, -5072160000};
  for (int i = 0; i < 10; ++i) {
    CHECK(gelu.erf(q[i]) == erf[i]);
    CHECK(gelu(q[i]) == out[i]);
    CHECK(reference::integer_gelu(q[i], 1e-4).erf == erf[i]);
    CHECK(reference::integer_gelu(q[i], 1e-4).product == out[i]);
  }
}

TEST_CASE("i-GELU is its twin at every scale, and near the function") {
  random_source random(2);
  for (const double scale : {7e-7, 3e-6, 2e-5, 1e-4, 5e-4, 2e-3, 1e-2}) {
    const auto gelu = integer_gelu::of(scale, "a");
    double worst = 0;
    for (int i = 0; i < 5000; ++i) {
      const auto q = static_cast<std::int32_t>(random.bits() >> 32) >> (random.bits() % 31);
      CHECK(gelu(q) == reference::integer_gelu(q, scale).product);
      const double x = q * scale;
      if (std::abs(x) < 6)
        worst = std::max(worst, std::abs(static_cast<double>(gelu(q)) * integer_gelu::scale_of_results(scale) -
                                         x * 0.5 * std::erfc(-x / std::sqrt(2.0))));
    }
    INFO(scale);
    CHECK(worst < (scale < 2e-4 ? 0.0183 : scale < 1e-3 ? 0.0191 : scale < 5e-3 ? 0.033 : 1.11));
  }
  CHECK_THAT(refusal_of([] { integer_gelu::of(1e-8, "intermediate.dense"); }),
             mentions("intermediate.dense: found a scale"));
  CHECK_THAT(refusal_of([] { integer_gelu::of(0, "intermediate.dense"); }), mentions("intermediate.dense"));
}

TEST_CASE("i-GELU of columns is that of one number, whatever their scales") {
  constexpr index_t n = 29;
  random_source random(5);
  std::int64_t q_c[n];
  std::int32_t q_b[n], q_1[n], multipliers[n], shifts[n], sums[n];
  std::int8_t codes[n];
  for (const double least : {7e-7, 1e-5, 1e-3, 0.3, 2.0})  // the last ones' ratios have shifts below 33
    for (int i = 0; i < 200; ++i) {
      integer_gelus columns{q_c, q_b, q_1, {multipliers, shifts}};
      for (index_t c = 0; c < n; ++c) {
        const double scale = least * (1 + 0.05 * static_cast<double>(random.bits() % 20));
        columns.set(c, integer_gelu::of(scale, "a"), dyadic_of(integer_gelu::scale_of_results(scale) / 0.04, "a"));
        sums[c] = static_cast<std::int32_t>(random.bits() >> 32) >> (random.bits() % 31);
      }
      columns.row<simd::native>(sums + 2, 2, n - 2, codes + 2);
      for (index_t c = 2; c < n; ++c) {
        CAPTURE(sums[c], q_b[c], multipliers[c], shifts[c]);
        CHECK(codes[c] == detail::within<8>(requantised(columns[c](sums[c]), columns.ratios[c])));
      }
    }
}

}  // namespace integer_gelu_test
