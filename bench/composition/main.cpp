// Composed encoders beside the same kernels called by hand. Options besides Google Benchmark's:
//   --limit=1.01    the median ratio composed / by hand that fails a pair when it is above
//   --pairs=31      how many pairs of turns are timed
// Exits with 1 if a pair is above the limit or its halves give different bits.
#include <charconv>
#include <cstdio>
#include <string_view>
#include <weft/base/version.hpp>

#include "pair.hpp"

namespace {

// True if `option` is `name` and a positive number behind it, which becomes `value`.
bool take(std::string_view option, std::string_view name, auto& value) {
  if (!option.starts_with(name)) return false;
  auto number = value;
  const auto [end, error] = std::from_chars(option.data() + name.size(), option.data() + option.size(), number);
  if (error != std::errc() || end != option.data() + option.size() || !(number > 0)) return false;
  value = number;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  auto& report = composition::the_report();
  benchmark::Initialize(&argc, argv);
  int left = 1;
  for (int i = 1; i < argc; ++i)
    if (!take(argv[i], "--limit=", report.limit) && !take(argv[i], "--pairs=", report.pairs)) argv[left++] = argv[i];
  if (benchmark::ReportUnrecognizedArguments(left, argv)) return 2;
  benchmark::AddCustomContext("weft", weft::version);
  benchmark::AddCustomContext("architecture", weft::simd::name<>());
  benchmark::RunSpecifiedBenchmarks();
  for (const auto& fault : report.faults) std::fprintf(stderr, "%s\n", fault.c_str());
  return report.faults.empty() ? 0 : 1;
}
