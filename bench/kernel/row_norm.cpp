// Rows that are in cache: 128 rows of a model's width. Bytes read and written by the caller's view, not by passes.
#include <weft/kernel/gather.hpp>
#include <weft/kernel/pooling.hpp>
#include <weft/kernel/row_norm.hpp>
#include <weft/kernel/softmax.hpp>

#include "report.hpp"

namespace weft {
namespace {

using arch = simd::native;
constexpr index_t count = 128;

// `f(row of x, row of residual, row of y, gain, bias, width)` on every row; `streams` rows are read or written.
template <class F>
void each_row(benchmark::State& state, int streams, F f) {
  const index_t width = state.range(0);
  const auto x = bench::values(count * width), residual = bench::values(count * width);
  const auto gain = bench::values(width), bias = bench::values(width);
  std::vector<float> y(x.size());
  bench::report_bytes(state, 4.0 * streams * static_cast<double>(count * width), [&] {
    for (index_t i = 0; i < count; ++i)
      f(x.data() + i * width, residual.data() + i * width, y.data() + i * width, gain.data(), bias.data(), width);
  });
}

void layer_norm(benchmark::State& state) {
  each_row(state, 2,
           [](auto x, auto, auto y, auto g, auto b, index_t w) { layer_norm_row<arch>(x, g, b, 1e-12f, w, y); });
}
void affine(benchmark::State& state) {
  each_row(state, 2, [](auto x, auto, auto y, auto g, auto b, index_t w) { affine_row<arch>(x, g, b, w, y); });
}
void add_affine(benchmark::State& state) {
  each_row(state, 3, [](auto x, auto r, auto y, auto g, auto b, index_t w) { add_affine_row<arch>(x, r, g, b, w, y); });
}
void sum(benchmark::State& state) {
  each_row(state, 3, [](auto x, auto r, auto y, auto g, auto, index_t w) { sum_rows<arch>(x, r, g, w, y); });
}
void softmax(benchmark::State& state) {
  each_row(state, 2, [](auto x, auto, auto y, auto, auto, index_t w) {
    std::copy(x, x + w, y);
    softmax_row<arch>(y, w);
  });
}
void normalize(benchmark::State& state) {
  each_row(state, 2, [](auto x, auto, auto y, auto, auto, index_t w) {
    std::copy(x, x + w, y);
    normalize_length<arch>(y, w);
  });
}

void mean(benchmark::State& state) {
  const index_t width = state.range(0);
  const auto x = bench::values(count * width);
  std::vector<float> y(static_cast<std::size_t>(width));
  bench::report_bytes(state, 4.0 * static_cast<double>(count * width),
                      [&] { mean_rows<arch>(x.data(), width, count, width, y.data()); });
}
void dot_product(benchmark::State& state) {
  each_row(state, 2, [](auto x, auto r, auto y, auto, auto, index_t w) { y[0] = dot<arch>(x, r, w); });
}

BENCHMARK(layer_norm)->ArgName("width")->Arg(128)->Arg(384)->Arg(768);
BENCHMARK(add_affine)->ArgName("width")->Arg(128)->Arg(384)->Arg(768);
BENCHMARK(affine)->ArgName("width")->Arg(128);
BENCHMARK(sum)->ArgName("width")->Arg(768);
BENCHMARK(softmax)->ArgName("width")->Arg(768);
BENCHMARK(mean)->ArgName("width")->Arg(384);
BENCHMARK(dot_product)->ArgName("width")->Arg(384);
BENCHMARK(normalize)->ArgName("width")->Arg(384);

}  // namespace
}  // namespace weft
