// Rows times packed weights, one thread. Expected: 0.85 to 0.95 of the peak from 64 rows on; with 8 rows the weights'
// way from memory counts.
#include <weft/kernel/linear.hpp>

#include "report.hpp"

namespace weft {
namespace {

using arch = simd::native;

template <index_t Columns, class Then>
void run(benchmark::State& state) {
  const index_t rows = state.range(0), out = state.range(1), in = state.range(2);
  const auto x = bench::values(rows * in), weight = bench::values(in * out), bias = bench::values(out);
  std::vector<float> panels(static_cast<std::size_t>(packed_words<float_format<arch>>(in, out, Columns)));
  std::vector<float> padded(static_cast<std::size_t>(round_up(out, Columns)));
  std::vector<float> y(static_cast<std::size_t>(rows * out));
  pack_panels<float_format<arch>, Columns>(
      [&](index_t o, index_t i) { return weight[static_cast<std::size_t>(o * in + i)]; }, bias.data(), in, out,
      panels.data(), padded.data());
  const double operations = 2.0 * static_cast<double>(rows) * static_cast<double>(in) * static_cast<double>(out);
  bench::report_flops<arch>(state, operations, [&] {
    multiply_panels<float_format<arch>, Columns, Then>({x.data(), rows, in},
                                                       {panels.data(), padded.data(), in, in, out}, 0,
                                                       ceil_div(out, Columns), {y.data(), rows, out});
  });
}

template <class Then>
void linear_768(benchmark::State& state) {
  run<panel_columns<arch>(768), Then>(state);
}
void linear_256(benchmark::State& state) { run<panel_columns<arch>(256), identity>(state); }

BENCHMARK(linear_768<identity>)
    ->ArgNames({"rows", "out", "in"})
    ->Args({128, 768, 768})
    ->Args({128, 3072, 768})
    ->Args({128, 768, 3072})
    ->Args({512, 768, 768})
    ->Args({1122, 768, 768})
    ->Args({1122, 3072, 768})
    ->Args({1122, 768, 3072})
    ->Args({128, 384, 384})
    ->Args({8, 768, 768});
BENCHMARK(linear_768<gelu>)->ArgNames({"rows", "out", "in"})->Args({128, 3072, 768});
BENCHMARK(linear_256)
    ->ArgNames({"rows", "out", "in"})
    ->Args({128, 256, 256})
    ->Args({128, 128, 512})
    ->Args({128, 512, 128});

}  // namespace
}  // namespace weft
