// Whole encoders with random weights, one thread and two: floating point operations of the model's formula (linears and
// attention, 2 per multiply-add) over time, and the fraction of the peak of the cores used. Expected to move with
// kernel/linear and kernel/attend, and with how layout/ chains the row-wise parts.
#include <benchmark/benchmark.h>

#include <weft/encoder/encoder.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/electra.hpp>
#include <weft/testing/random_weights.hpp>

#include <weft/bench/peak.hpp>

namespace {

template <class Spec>
const weft::encoder<Spec>& model() {
  static const auto made = [] {
    const weft::sizes s{.layers = 12, .vocabulary = 1000, .positions = 512};
    auto [record, store] = weft::testing::random_weights<weft::encoder<Spec>>(s, 1);
    return weft::encoder<Spec>(record, s, std::move(store));
  }();
  return made;
}

template <class Spec>
double operations(double length) {
  const double width = Spec::shape.width, hidden = Spec::shape.hidden;
  return 12 * 2 * (length * (4 * width * width + 2 * width * hidden) + 2 * length * length * width);
}

template <class Spec>
void run(benchmark::State& state) {
  const auto length = state.range(0), workers = state.range(1);
  const auto& encoder = model<Spec>();
  weft::thread_pool pool(workers);
  const weft::executor on = workers > 1 ? weft::executor(pool) : weft::executor();
  const std::vector<std::int32_t> ids(static_cast<std::size_t>(length), 7);
  const std::vector<weft::index_t> offsets{0, length};
  const weft::batch in{ids, {}, offsets};
  weft::row_buffer<Spec::shape.width> out(length);
  weft::workspace work(encoder.workspace_bytes(in.size(), workers));
  weft::bench::speed speed{};
  for (auto _ : state) {
    speed = weft::bench::measure<weft::simd::native>(
        operations<Spec>(double(length)), [&] { encoder.forward(in, out, work, on); }, 9, 2e-2);
    state.SetIterationTime(operations<Spec>(double(length)) / speed.flops);
  }
  state.counters["GFLOP/s"] = speed.flops / 1e9;
  state.counters["of_peak"] = speed.of_peak / double(workers);  // the peak is one core's
}

}  // namespace

BENCHMARK(run<weft::bert_base>)
    ->Name("bert_base")
    ->ArgNames({"tokens", "workers"})
    ->ArgsProduct({{8, 32, 128, 512}, {1, 2}})
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(run<weft::electra_small>)
    ->Name("electra_small")
    ->ArgNames({"tokens", "workers"})
    ->ArgsProduct({{8, 32, 128, 512}, {1, 2}})
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
