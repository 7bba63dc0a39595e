// Slopes that lines of code find themselves, against differences and formulas in double precision.
#include <weft/simd/dual.hpp>

#include <cmath>
#include <numbers>
#include <weft/kernel/activation.hpp>
#include <weft/score/alibi.hpp>
#include <weft/score/soft_cap.hpp>

#include "catch.hpp"
#include "largest.hpp"

namespace weft {
namespace {

using vector = simd::vector<simd::native>;

// The largest distance of f's slope from `slope`, in vectors and in single floats; and whether its value is f's own.
double worst_slope(auto f, auto slope) {
  double worst = 0;
  for (float x = -6; x < 6; x += 0.173f) {
    const auto many = f(simd::dual<vector>(vector(x), vector(1.0f)));
    const auto one = f(simd::dual<float>(x, 1.0f));
    CHECK(std::abs(many.value.get(0) - f(vector(x)).get(0)) <= 2e-7f * std::max(1.0f, std::abs(x)));
    weft_test::raise(worst, std::abs(double{many.slope.get(simd::lanes<simd::native> - 1)} - slope(double{x})));
    weft_test::raise(worst, std::abs(double{one.slope} - slope(double{x})));
  }
  return worst;
}

TEST_CASE("activations differentiate themselves") {
  constexpr double root = 0.7978845608028654;
  CHECK(worst_slope(gelu{}, [](double x) {
          return .5 * std::erfc(-x / std::numbers::sqrt2) +
                 x * std::exp(-x * x / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
        }) < 2e-6);
  CHECK(worst_slope(gelu_tanh{}, [](double x) {
          const double t = std::tanh(root * (x + .044715 * x * x * x));
          return .5 * (1 + t) + .5 * x * (1 - t * t) * root * (1 + .134145 * x * x);
        }) < 2e-6);
  CHECK(worst_slope(silu{}, [](double x) {
          const double s = 1 / (1 + std::exp(-x));
          return s * (1 + x * (1 - s));
        }) < 2e-6);
  CHECK(worst_slope(hyperbolic_tangent{}, [](double x) { return 1 - std::tanh(x) * std::tanh(x); }) < 1e-6);
  CHECK(worst_slope(relu{}, [](double x) { return x > 0 ? 1.0 : 0.0; }) < 1e-12);
  CHECK(worst_slope(identity{}, [](double) { return 1.0; }) < 1e-12);
}

TEST_CASE("the slope of relu at 0 is 0") {
  CHECK(relu{}(simd::dual<float>(0.0f, 1.0f)).slope == Approx(0.0));
  CHECK(relu{}(simd::dual<vector>(vector(0.0f), vector(1.0f))).slope.get(0) == Approx(0.0));
}

TEST_CASE("scores differentiate themselves") {
  arena store;
  alibi sloped;
  sloped.prepare({1, 64, 6}, store);
  soft_cap<5, alibi> capped;
  capped.of = sloped;
  const score_site at{40, 0, 7, 2, 6, 0, 0.25f};
  const auto check = [&](const auto& score) {
    for (float dot = -9; dot < 9; dot += 0.37f) {
      const auto key = simd::lane_numbers<simd::native>() + vector(3.0f);
      const auto found = score(at, key, simd::dual<vector>(vector(dot), vector(1.0f)));
      const auto up = score(at, key, vector(dot + 0x1p-6f)), down = score(at, key, vector(dot - 0x1p-6f));
      for (std::size_t i = 0; i < array_size(simd::lanes<simd::native>); ++i)
        CHECK(found.slope.get(i) == Approx((double{up.get(i)} - double{down.get(i)}) * 32).margin(5e-5));
    }
  };
  check(scaled{}), check(sloped), check(capped);
}

TEST_CASE("quotients, products and the smaller of two have their slopes") {
  const simd::dual<float> x(3.0f, 1.0f), y(2.0f, 0.5f);
  CHECK(simd::divide(x, y).slope == Approx((1 * 2 - 3 * 0.5) / 4));
  CHECK((x * y).slope == Approx(1 * 2 + 3 * 0.5));
  CHECK((-x).slope == Approx(-1));
  CHECK(simd::min(x, y).slope == Approx(0.5));
  CHECK(simd::fma(x, y, y).slope == Approx(1 * 2 + 3 * 0.5 + 0.5));
}

}  // namespace
}  // namespace weft
