#include <benchmark/benchmark.h>

#include <fstream>
#include <string>
#include <thread>
#include <weft/base/version.hpp>
#include <weft/simd/vector.hpp>

namespace {

// The processor and its cores, in the words of scripts/peers/compare.py, so that results of one machine meet.
std::string machine() {
  std::ifstream in("/proc/cpuinfo");
  std::string name, family, model;
  for (std::string line; std::getline(in, line) && !line.empty();) {
    const auto colon = line.find(": ");
    if (colon == std::string::npos) continue;
    const auto value = line.substr(colon + 2), key = line.substr(0, line.find_last_not_of("\t ", colon - 1) + 1);
    if (key == "model name") name = value;
    if (key == "cpu family") family = " family " + value;
    if (key == "model") model = " model " + value;
  }
  if (name.empty()) name = "unknown";
  return name + family + model + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores";
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::AddCustomContext("weft", weft::version);
  benchmark::AddCustomContext("architecture", weft::simd::name<>());
  benchmark::AddCustomContext("machine", machine());
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
