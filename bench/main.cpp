#include <benchmark/benchmark.h>

#include <weft/base/version.hpp>
#include <weft/simd/vector.hpp>

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::AddCustomContext("weft", weft::version);
  benchmark::AddCustomContext("architecture", weft::simd::name<>());
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
