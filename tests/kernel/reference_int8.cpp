#include <weft/kernel/reference_int8.hpp>

#include "catch.hpp"
#include "int8_goldens.hpp"

namespace weft::reference_int8_test {

TEST_CASE("the twin of int8 gives the codes, zeros, scales, sums and results of the goldens to the bit") {
  for (const std::string name : test::int8_goldens) {
    CAPTURE(name);
    const test::int8_golden g(name);
    const auto x = g.values<float>("x"), weight = g.values<float>("weight"), bias = g.values<float>("bias");
    const auto row_scales = g.values<float>("row_scales"), scales = g.values<float>("weight_scales");
    const auto y = g.values<float>("y");
    const auto row_codes = g.values<std::uint8_t>("row_codes");
    const auto weight_codes = g.values<std::int8_t>("weight_codes");
    const auto zeros = g.values<std::int32_t>("row_zeros"), code_sums = g.values<std::int32_t>("code_sums"),
               sums = g.values<std::int32_t>("sums");
    std::vector<std::int8_t> w(weight.size());
    for (index_t o = 0; o < g.out; ++o) {
      const auto at = static_cast<std::size_t>(o);
      const auto output = reference::int8_weights(weight.data() + o * g.in, g.in, g.bits, w.data() + o * g.in);
      REQUIRE(test::same_value(output.scale, scales[at]));
      REQUIRE(output.sum == code_sums[at]);
    }
    REQUIRE(w == weight_codes);
    for (index_t r = 0; r < g.rows; ++r) {
      std::vector<std::uint8_t> codes(static_cast<std::size_t>(g.in));
      const auto row = reference::int8_row(x.data() + r * g.in, g.in, codes.data());
      REQUIRE(std::equal(codes.begin(), codes.end(), row_codes.begin() + r * g.in));
      REQUIRE(row.zero == zeros[static_cast<std::size_t>(r)]);
      REQUIRE(test::same_value(row.scale, row_scales[static_cast<std::size_t>(r)]));
      for (index_t o = 0; o < g.out; ++o) {
        const auto at = static_cast<std::size_t>(r * g.out + o), output = static_cast<std::size_t>(o);
        const auto sum = reference::int8_sum(codes.data(), row.zero, w.data() + o * g.in, g.in);
        REQUIRE(sum == sums[at]);
        REQUIRE(test::same_value(reference::int8_value(sum, row.scale, scales[output], bias[output]), y[at]));
      }
    }
  }
}

}  // namespace weft::reference_int8_test
