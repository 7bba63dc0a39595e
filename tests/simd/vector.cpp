#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>
#include <weft/simd/each.hpp>
#include <weft/simd/math.hpp>
#include "catch.hpp"

namespace weft {
namespace {

using arch = simd::native;
constexpr index_t lanes = simd::lanes<arch>;

TEST_CASE("partial loads and stores touch only their lanes") {
  for (index_t n = 0; n <= lanes; ++n) {
    std::vector<float> exact(static_cast<std::size_t>(n));  // of exact size: the address sanitizer sees a stray read
    for (index_t i = 0; i < n; ++i) exact[static_cast<std::size_t>(i)] = static_cast<float>(i + 1);
    const auto v = simd::load_partial<arch>(exact.data(), n);
    float all[lanes];
    simd::store(all, v);
    for (index_t i = 0; i < lanes; ++i) CHECK(all[i] == (i < n ? static_cast<float>(i + 1) : 0.0f));
    std::vector<float> back(static_cast<std::size_t>(n));
    simd::store_partial(back.data(), v, n);
    CHECK(back == exact);
    simd::store(all, simd::keep_first<arch>(simd::set<arch>(2.0f), n));
    for (index_t i = 0; i < lanes; ++i) CHECK(all[i] == (i < n ? 2.0f : 0.0f));
  }
}

TEST_CASE("fma rounds once where the architecture can, twice where it cannot") {
  // a * a needs 25 bits. Volatile, since folded constants are never contracted.
  const volatile float a = 1 + std::ldexp(1.0f, -12), c = -1 - std::ldexp(1.0f, -11);
  const float once = std::ldexp(1.0f, -24);
  const float got = simd::fma(simd::set<arch>(a), simd::set<arch>(a), simd::set<arch>(c)).get(0);
  CHECK(got == (simd::has_fma<arch> ? once : 0.0f));
  const auto x = simd::set<arch>(a), product = simd::rounded<arch>(x * x);
  CHECK((product + simd::set<arch>(c)).get(0) == 0.0f);
}

TEST_CASE("divide rounds once") {
  std::uint32_t state = 1;
  const auto next = [&] {  // any normal number between 2^-40 and 2^40
    state = state * 1664525u + 1013904223u;
    return std::ldexp(1 + static_cast<float>(state >> 9) / 8388608.0f, static_cast<int>(state % 81) - 40);
  };
  for (int i = 0; i < 10'000; ++i) {
    const float a = next(), b = next();
    if (simd::divide(simd::set<arch>(a), simd::set<arch>(b)).get(0) != a / b) FAIL(a << " / " << b);
  }
}

TEST_CASE("neighbours change places") {
  const auto swapped = simd::swap_neighbours<arch>(simd::lane_numbers<arch>());
  for (index_t i = 0; i < lanes; ++i)
    CHECK(swapped.get(static_cast<std::size_t>(i)) == static_cast<float>(i % 2 == 0 ? i + 1 : i - 1));
}

TEST_CASE("joined lanes are what lies behind the first") {
  float both[2 * lanes];
  for (index_t i = 0; i < 2 * lanes; ++i) both[i] = static_cast<float>(i);
  simd::each<lanes + 1>([&](auto n) {
    const auto joined = simd::join_lanes<n>(simd::load<arch>(both), simd::load<arch>(both + lanes));
    for (index_t i = 0; i < lanes; ++i) CHECK(joined.get(static_cast<std::size_t>(i)) == static_cast<float>(n + i));
  });
}

TEST_CASE("reductions take the halves in order") {
  float x[lanes];
  for (index_t i = 0; i < lanes; ++i) x[i] = 1.0f / static_cast<float>(3 + i);
  float sum[lanes];
  std::copy(x, x + lanes, sum);
  for (index_t half = lanes / 2; half > 0; half /= 2)
    for (index_t i = 0; i < half; ++i) sum[i] += sum[i + half];
  CHECK(simd::reduce_add<arch>(simd::load<arch>(x)) == sum[0]);
  CHECK(simd::reduce_max<arch>(simd::load<arch>(x)) == x[0]);
}

TEST_CASE("max and min let a NaN in the second argument through") {
  const auto nan = simd::set<arch>(std::numeric_limits<float>::quiet_NaN()), one = simd::set<arch>(1.0f);
  CHECK(std::isnan(simd::max<arch>(one, nan).get(0)));
  CHECK(std::isnan(simd::min<arch>(one, nan).get(0)));
  CHECK(simd::max<arch>(nan, one).get(0) == 1.0f);
  CHECK(simd::min<arch>(nan, one).get(0) == 1.0f);
}

TEST_CASE("each counts with constants, and lanes are numbered") {
  index_t sum = 0;
  simd::each<5>([&](auto i) { sum += decltype(i)::value; });
  CHECK(sum == 10);
  for (index_t i = 0; i < lanes; ++i)
    CHECK(simd::lane_numbers<arch>().get(static_cast<std::size_t>(i)) == static_cast<float>(i));
}

#if defined(__aarch64__)
TEST_CASE("64-bit Arm computes with NEON") {
  CHECK(std::string(simd::name<arch>()) == "arm64+neon");
  CHECK(lanes == 4);
  CHECK(simd::has_fma<arch>);
  CHECK(simd::registers<arch> == 32);
}
#endif

TEST_CASE("an architecture has a name to print") { CHECK_FALSE(std::string(simd::name<arch>()).empty()); }

}  // namespace
}  // namespace weft
