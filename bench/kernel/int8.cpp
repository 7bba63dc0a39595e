// Rows of codes times packed weights of int8, one thread, beside the peak of the instructions that multiply them:
// chains of the same step as the kernel's, whose operands stay in registers. Expected: 0.85 of it from 64 rows on. And
// what writing rows takes beside.
#include <weft/numeric/int8.hpp>

#include "report.hpp"

namespace weft {
namespace {

using arch = simd::native;

double timed(const auto& body) {
  const double from = bench::thread_seconds();
  body();
  return bench::thread_seconds() - from;
}

// Products of a second, at most: a step of a quad's part for each of twelve sums.
template <int Bits>
double peak() {
  using kernel = simd::quads<arch, Bits>;
  using whole = simd::whole_vector<arch>;
  constexpr index_t sums = 12, steps = 20000;
  whole result = simd::set_whole<arch>(0);
  const double seconds = timed([&] {
    whole sum[sums];  // here, so that they stay in registers
    for (auto& s : sum) s = simd::set_whole<arch>(0);
    auto row = kernel::row(0x01010101u);
    auto column = simd::set_whole<arch>(0x00010001u);
    for (index_t i = 0; i < steps; ++i) {
      row = simd::detail::as_computed(row), column = simd::detail::as_computed(column);
      simd::each<sums>([&](auto k) __attribute__((always_inline)) { sum[k] = kernel::add(row, column, sum[k]); });
    }
    for (const auto& s : sum) result = result + s;
  });
  benchmark::DoNotOptimize(result);
  return 2.0 * double(sums * steps * simd::lanes<arch> * 4 / kernel::parts) / seconds;
}

template <int Bits>
void int8_linear(benchmark::State& state) {
  using format = quad_format<arch, Bits>;
  constexpr index_t columns = panel_columns<arch>(768);
  const index_t rows = state.range(0), out = state.range(1), in = state.range(2);
  const auto x = bench::values(rows * in), weight = bench::values(in * out), bias = bench::values(out);
  std::vector<std::uint32_t> panels(static_cast<std::size_t>(packed_words<format>(in, out, columns)));
  std::vector<float> padded(static_cast<std::size_t>(round_up(out, columns)));
  std::vector<float> y(static_cast<std::size_t>(rows * out));
  pack_panels<format, columns>([&](index_t o, index_t i) { return weight[static_cast<std::size_t>(o * in + i)]; },
                               bias.data(), in, out, panels.data(), padded.data());
  const index_t elements = format::row_elements(in);
  std::vector<std::uint32_t> codes(static_cast<std::size_t>(rows * elements));
  const auto write = [&] {
    for (index_t r = 0; r < rows; ++r) format::write_row(x.data() + r * in, in, codes.data() + r * elements);
    benchmark::ClobberMemory();
  };
  const auto multiply = [&] {
    multiply_panels<format, columns>({codes.data(), rows, elements},
                                     {panels.data(), padded.data(), format_lines<format>(in), in, out}, 0,
                                     ceil_div(out, columns), {y.data(), rows, out});
    benchmark::ClobberMemory();
  };
  write();
  for (auto _ : state) multiply();
  // In turns, so that neighbours on the machine move all alike.
  const double operations = 2.0 * static_cast<double>(rows) * static_cast<double>(in) * static_cast<double>(out);
  std::vector<double> of_peak, of_writing;
  for (int turn = 0; turn < 31; ++turn) {
    const double most = peak<Bits>(), product = timed(multiply), written = timed(write);
    of_peak.push_back(operations / product / most);
    of_writing.push_back(written / product);
  }
  const auto median = [](std::vector<double>& v) {
    std::sort(v.begin(), v.end());
    return v[v.size() / 2];
  };
  state.counters["of_own_peak"] = median(of_peak);
  state.counters["rows_of_product"] = median(of_writing);
  state.SetLabel(simd::quads<arch, Bits>::name());
}

BENCHMARK(int8_linear<8>)
    ->ArgNames({"rows", "out", "in"})
    ->Args({128, 768, 768})
    ->Args({128, 3072, 768})
    ->Args({128, 768, 3072})
    ->Args({8, 768, 768});
BENCHMARK(int8_linear<7>)
    ->ArgNames({"rows", "out", "in"})
    ->Args({128, 768, 768})
    ->Args({128, 3072, 768})
    ->Args({128, 768, 3072})
    ->Args({8, 768, 768});

}  // namespace
}  // namespace weft
