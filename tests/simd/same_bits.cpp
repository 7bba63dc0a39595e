#include <weft/simd/same_bits.hpp>

#include <string_view>

#include "catch.hpp"

namespace {
namespace simd = weft::simd;
}

TEST_CASE("an architecture keeps the promise of the same bits where it has a fused multiply-add") {
  STATIC_REQUIRE(weft::arithmetic_as_written);
  STATIC_REQUIRE(simd::keeps_bits<> == simd::has_fma<simd::native>);
#if defined(__SSE2__)
  STATIC_REQUIRE_FALSE(simd::keeps_bits<xsimd::sse2>);
  CHECK(std::string_view(simd::why_not_same_bits<xsimd::sse2>()) == "no fused multiply-add");
  CHECK(simd::bits_sentence<xsimd::sse2>() ==
        "agrees with bits of version " + weft::decimal(weft::bits_version) + " to rounding: no fused multiply-add");
  STATIC_REQUIRE(simd::keeps_bits<xsimd::fma3<xsimd::avx2>>);
#endif
#if defined(__aarch64__)
  STATIC_REQUIRE(simd::keeps_bits<>);
#endif
  if (simd::keeps_bits<>) CHECK(simd::bits_sentence() == "bits of version " + weft::decimal(weft::bits_version));
}
