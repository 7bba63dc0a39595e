// Sweeps of the elementary functions against double precision: the bounds stated in simd/math.hpp.
#include <cmath>
#include <limits>
#include <weft/simd/math.hpp>
#include "catch.hpp"
#include "largest.hpp"

namespace weft {
namespace {

using arch = simd::native;
constexpr float infinity = std::numeric_limits<float>::infinity();
const float not_a_number = std::numeric_limits<float>::quiet_NaN();

struct worst {
  double absolute = 0, relative = 0;
};

// The largest errors of f against the double function at evenly spaced points.
template <class F, class G>
worst sweep(F f, G exact, double first, double last, int points) {
  worst w;
  float x[simd::lanes<arch>], y[simd::lanes<arch>];
  for (int i = 0; i < points;) {
    for (auto& v : x) v = static_cast<float>(first + (last - first) * i++ / points);
    simd::store(y, f(simd::load<arch>(x)));
    for (index_t l = 0; l < simd::lanes<arch>; ++l) {
      const double want = exact(double{x[l]}), error = std::abs(double{y[l]} - want);
      weft_test::raise(w.absolute, error);
      if (want != 0) weft_test::raise(w.relative, error / std::abs(want));
    }
  }
  return w;
}

TEST_CASE("softplus keeps its bound") {
  const auto f = [](auto x) { return simd::softplus<arch>(x); };
  const auto exact = [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); };
  const auto below = sweep(f, exact, -80, 1, 400'000), above = sweep(f, exact, 1, 1000, 400'000);
  CAPTURE(below.absolute, above.relative);
  CHECK(below.absolute < 3e-7);
  CHECK(above.relative < 3e-7);
  CHECK(simd::softplus(-infinity) == 0.0f);
  CHECK(simd::softplus(infinity) == infinity);
  CHECK(std::isnan(simd::softplus(not_a_number)));
}

TEST_CASE("exp keeps its bound") {
  const auto f = [](auto x) { return simd::exp<arch>(x); };
  const auto w = sweep(
      f, [](double x) { return std::exp(x); }, -87.3, 88.3, 400'000);
  CAPTURE(w.relative);
  CHECK(w.relative < 1.2e-7);
  CHECK(simd::exp(0.0f) == 1.0f);
  CHECK(simd::exp(-infinity) == 0.0f);
  CHECK(simd::exp(-88.0f) == 0.0f);
  CHECK(simd::exp(-1e30f) == 0.0f);
  CHECK(simd::exp(infinity) == infinity);
  CHECK(simd::exp(100.0f) == infinity);
  CHECK(std::isnan(simd::exp(not_a_number)));
}

TEST_CASE("exp_of_nonpositive keeps its bound") {
  const auto f = [](auto x) { return simd::exp_of_nonpositive<arch>(x); };
  const auto exact = [](double x) { return std::exp(x); };
  const auto near = sweep(f, exact, -16, 0, 400'000), all = sweep(f, exact, -87.3, 0, 400'000);
  CAPTURE(near.relative, all.relative);
  CHECK(near.relative < 2.3e-7);
  CHECK(all.relative < 4.2e-7);
  CHECK(f(simd::set<arch>(0.0f)).get(0) == 1.0f);
  CHECK(f(simd::set<arch>(-infinity)).get(0) == 0.0f);
  CHECK(f(simd::set<arch>(-88.0f)).get(0) == 0.0f);
  CHECK(f(simd::set<arch>(-1e30f)).get(0) == 0.0f);
  CHECK(std::isnan(f(simd::set<arch>(not_a_number)).get(0)));
}

TEST_CASE("erf keeps its bound") {
  const auto f = [](auto x) { return simd::erf<arch>(x); };
  const auto w = sweep(
      f, [](double x) { return std::erf(x); }, -6, 6, 400'000);
  CAPTURE(w.absolute, w.relative);
  CHECK(w.absolute < 4e-7);
  CHECK(w.relative < 4e-7);
  CHECK(simd::erf(0.0f) == 0.0f);
  CHECK(std::abs(simd::erf(infinity) - 1.0f) < 4e-7f);
  CHECK(std::abs(simd::erf(-infinity) + 1.0f) < 4e-7f);
  CHECK(std::isnan(simd::erf(not_a_number)));
}

TEST_CASE("tanh keeps its bound") {
  const auto f = [](auto x) { return simd::tanh<arch>(x); };
  const auto w = sweep(
      f, [](double x) { return std::tanh(x); }, -12, 12, 400'000);
  CAPTURE(w.absolute, w.relative);
  CHECK(w.absolute < 4e-7);
  CHECK(w.relative < 4e-7);
  CHECK(simd::tanh(0.0f) == 0.0f);
  CHECK(std::abs(simd::tanh(infinity) - 1.0f) < 4e-7f);
  CHECK(std::abs(simd::tanh(-infinity) + 1.0f) < 4e-7f);
  CHECK(std::isnan(simd::tanh(not_a_number)));
}

TEST_CASE("one float gets the bits of a vector's lane") {
  for (float x = -9; x < 9; x += 0.37f) {
    CHECK(simd::exp(x) == simd::exp(simd::set<arch>(x)).get(0));
    CHECK(simd::erf(x) == simd::erf(simd::set<arch>(x)).get(0));
    CHECK(simd::tanh(x) == simd::tanh(simd::set<arch>(x)).get(0));
  }
}

}  // namespace
}  // namespace weft
