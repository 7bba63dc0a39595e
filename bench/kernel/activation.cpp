// Activations and exp on 768 values in the first cache; values a second.
#include <weft/kernel/activation.hpp>

#include "report.hpp"

namespace weft {
namespace {

using arch = simd::native;

struct exponential {
  template <class V>
  V operator()(V x) const {
    return simd::exp(x);
  }
};

template <class F>
void activation(benchmark::State& state) {
  const auto x = bench::values(768);
  std::vector<float> y(768);
  for (auto _ : state) {
    std::copy(x.begin(), x.end(), y.begin());
    apply<arch>(F{}, y.data(), 768);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(768 * static_cast<std::int64_t>(state.iterations()));
}

BENCHMARK(activation<gelu>);
BENCHMARK(activation<gelu_tanh>);
BENCHMARK(activation<relu>);
BENCHMARK(activation<hyperbolic_tangent>);
BENCHMARK(activation<exponential>);

}  // namespace
}  // namespace weft
