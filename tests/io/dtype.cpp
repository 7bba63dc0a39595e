#include <weft/io/dtype.hpp>

#include <cmath>
#include <limits>

#include "catch.hpp"

namespace dtype_test {

using namespace weft;

TEST_CASE("types are found by their names, and only by those") {
  for (int i = 0; i <= static_cast<int>(dtype::f4); ++i)
    CHECK(find_dtype(dtype_name(static_cast<dtype>(i))) == static_cast<dtype>(i));
  CHECK(!find_dtype("f32"));
  CHECK(!find_dtype("F33"));
  CHECK(!find_dtype(""));
  CHECK(dtype_bits(dtype::f6_e2m3) == 6);
  CHECK(is_floating(dtype::f64));
  CHECK(!is_floating(dtype::boolean));
  CHECK(!is_floating(dtype::f8_e4m3));
}

TEST_CASE("every F16 is converted exactly") {
  for (std::uint32_t b = 0; b < 65536; ++b) {
    const auto bits = static_cast<std::uint16_t>(b);
    const float got = float_from_f16(bits);
    const int exponent = (bits >> 10) & 31;
    const double fraction = bits & 0x3ff;
    double due = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    if (exponent == 31) due = fraction != 0 ? std::nan("") : std::numeric_limits<double>::infinity();
    if (bits >> 15) due = -due;
    if (std::isnan(due) ? !std::isnan(got) : static_cast<double>(got) != due || std::signbit(got) != (bits >> 15 != 0))
      FAIL("bits " << b << " gave " << got);
  }
}

TEST_CASE("BF16 is the upper half of a float, F64 is rounded to nearest even") {
  CHECK(from_bfloat16(0x3f80) == 1.f);
  CHECK(from_bfloat16(0xc049) == -3.140625f);
  CHECK(std::isinf(from_bfloat16(0x7f80)));
  CHECK(std::isnan(from_bfloat16(0x7fc0)));
  const double values[] = {1 + 0x1p-24, 1 + 0x3p-24, 1 + 0x1.8p-24, -0.0, 0x1p-149, 1e300};
  const float due[] = {1.f, 1 + 0x2p-23f, 1 + 0x1p-23f, -0.f, 0x1p-149f, std::numeric_limits<float>::infinity()};
  float got[6];
  convert_to_float(dtype::f64, reinterpret_cast<const std::byte*>(values), 6, got);
  for (int i = 0; i < 6; ++i) CHECK(got[i] == due[i]);
  CHECK(std::signbit(got[3]));
}

TEST_CASE("stored elements may lie at any address") {
  const unsigned char f32[] = {0, 0, 0, 0x80, 0x3f};
  const unsigned char f16[] = {0, 0, 0x3c, 0, 0xc0};
  float got[2];
  convert_to_float(dtype::f32, reinterpret_cast<const std::byte*>(f32) + 1, 1, got);
  CHECK(got[0] == 1.f);
  convert_to_float(dtype::f16, reinterpret_cast<const std::byte*>(f16) + 1, 2, got);
  CHECK(got[0] == 1.f);
  CHECK(got[1] == -2.f);
  CHECK_THROWS_AS(convert_to_float(dtype::i32, reinterpret_cast<const std::byte*>(f32), 1, got), weft::error);
}

}  // namespace dtype_test
