#pragma once
// How kernels' benchmarks report: Google Benchmark times a call; the fraction of the peak comes from bursts of the peak
// between bursts of the kernel (see peak.hpp), so that neighbours on the machine move both alike.
#include <benchmark/benchmark.h>

#include <vector>

#include <weft/bench/peak.hpp>

namespace weft::bench {

/// Floating point work: reports GFLOP/s and, where the peak is known, of_peak.
template <class Arch, class Kernel>
void report_flops(benchmark::State& state, double operations, const Kernel& kernel) {
  for (auto _ : state) {
    kernel();
    benchmark::ClobberMemory();
  }
  const auto burst = [&] {
    kernel();
    benchmark::ClobberMemory();
  };
  const auto s = measure<Arch>(operations, burst, 31, 2e-3, thread_seconds);
  state.counters["GFLOP/s"] = s.flops * 1e-9;
  if (s.of_peak > 0) state.counters["of_peak"] = s.of_peak;
}

/// Work that moves memory: reports GB/s.
template <class Kernel>
void report_bytes(benchmark::State& state, double bytes, const Kernel& kernel) {
  for (auto _ : state) {
    kernel();
    benchmark::ClobberMemory();
  }
  state.counters["GB/s"] =
      benchmark::Counter(bytes * 1e-9, benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

/// n numbers between -1 and 1.
inline std::vector<float> values(index_t n) {
  std::vector<float> v(static_cast<std::size_t>(n));
  unsigned state = 1;
  for (auto& x : v) x = static_cast<float>((state = state * 1664525u + 1013904223u) >> 8) / 8388608.0f - 1.0f;
  return v;
}

}  // namespace weft::bench
