#include <cmath>
#include <limits>
#include <weft/kernel/activation.hpp>
#include <weft/kernel/reference.hpp>
#include "catch.hpp"
#include "largest.hpp"

namespace weft::activation_test {
namespace {

using arch = simd::native;

// The largest error of an activation, over max(|x|, 1).
template <class F, class G>
double sweep(F f, G exact) {
  double worst = 0;
  for (float x = -12; x < 12; x += 0.000371f) {
    const double error = std::abs(double{f(x)} - exact(double{x})) / std::max(1.0, std::abs(double{x}));
    weft_test::raise(worst, error);
  }
  return worst;
}

TEST_CASE("activations keep their bounds") {
  CHECK(sweep(gelu{}, reference::gelu) < 3e-7);
  CHECK(sweep(gelu_tanh{}, reference::gelu_tanh) < 3e-7);
  CHECK(sweep(hyperbolic_tangent{}, reference::hyperbolic_tangent) < 4e-7);
  CHECK(sweep(silu{}, reference::silu) < 3e-7);
  CHECK(sweep(quick_gelu{}, reference::quick_gelu) < 3e-7);
  CHECK(sweep(gelu_10{}, [](double x) { return std::min(reference::gelu(x), 10.0); }) < 3e-7);
  CHECK(sweep(mish{}, reference::mish) < 3e-7);
  CHECK(sweep(relu{}, reference::relu) == 0);
}

template <class F>
void propagates_nan() {
  CHECK(std::isnan(F{}(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("activations let NaN through and are exact at zero") {
  propagates_nan<gelu>(), propagates_nan<gelu_tanh>(), propagates_nan<relu>(), propagates_nan<hyperbolic_tangent>();
  propagates_nan<silu>(), propagates_nan<quick_gelu>(), propagates_nan<gelu_10>(), propagates_nan<mish>();
  CHECK(gelu{}(0.0f) == 0.0f);
  CHECK(std::abs(gelu{}(20.0f) - 20.0f) < 5e-6f);
  CHECK(std::abs(gelu{}(-20.0f)) < 5e-6f);
  CHECK(silu{}(0.0f) == 0.0f);
  CHECK(silu{}(200.0f) == 200.0f);
  CHECK(silu{}(-200.0f) == 0.0f);
  CHECK(quick_gelu{}(200.0f) == 200.0f);
  CHECK(gelu_10{}(9.0f) == gelu{}(9.0f));
  CHECK(gelu_10{}(200.0f) == 10.0f);
  CHECK(mish{}(0.0f) == 0.0f);
  CHECK(mish{}(200.0f) == 200.0f);
  CHECK(mish{}(-200.0f) == 0.0f);
}

TEST_CASE("apply treats every value once, whatever the length") {
  for (index_t n = 0; n < 3 * simd::lanes<arch>; ++n) {
    std::vector<float> y(static_cast<std::size_t>(n)), want = y;
    for (index_t i = 0; i < n; ++i) y[static_cast<std::size_t>(i)] = static_cast<float>(i) * 0.3f - 1;
    for (index_t i = 0; i < n; ++i) want[static_cast<std::size_t>(i)] = gelu{}(y[static_cast<std::size_t>(i)]);
    apply<arch>(gelu{}, y.data(), n);
    CHECK(y == want);
  }
}

}  // namespace
}  // namespace weft::activation_test
