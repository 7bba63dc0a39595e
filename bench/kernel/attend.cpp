// One head of one sequence, keys packed each time, one thread. Four operations for each pair of tokens and column;
// the exponentials are not counted, so about 0.8 of the peak is what head width 64 can reach.
#include <cmath>
#include <weft/kernel/attend.hpp>

#include "report.hpp"

namespace weft {
namespace {

using arch = simd::native;

struct everything {
  static constexpr index_t query_tile = 64;
  constexpr bool sees(const query_block&, index_t, index_t) const { return true; }
  void visit(const query_block& b, auto&& spans) const { spans.full({0, b.length}); }
};
struct scaled_score {
  auto operator()(const score_site& at, auto, auto dot) const { return dot * at.scale; }
};

template <index_t HeadWidth>
void attend_head(benchmark::State& state) {
  const index_t n = state.range(0), ld = 12 * HeadWidth;  // rows of twelve heads, as in a model
  const auto q = bench::values(n * ld), k = bench::values(n * ld), v = bench::values(n * ld);
  std::vector<float> panels(static_cast<std::size_t>(round_up(n, key_columns<arch>) * HeadWidth)), out(q.size());
  const score_site site{n, 0, 0, 0, 12, 0, 1 / std::sqrt(static_cast<float>(HeadWidth))};
  const double pairs = static_cast<double>(n) * static_cast<double>(n);
  bench::report_flops<arch>(state, 4.0 * pairs * HeadWidth, [&] {
    pack_keys<arch, HeadWidth>(k.data(), ld, 0, n, n, panels.data());
    for (index_t first = 0; first < n; first += everything::query_tile) {
      const query_block block{n, first, std::min(n, first + everything::query_tile), 0, 0};
      attend<arch, HeadWidth>(everything{}, scaled_score{}, block, site, n, q.data() + first * ld, ld, panels.data(),
                              v.data(), ld, out.data() + first * ld, ld);
    }
  });
}

BENCHMARK(attend_head<64>)->ArgName("length")->Arg(16)->Arg(128)->Arg(512);
BENCHMARK(attend_head<32>)->ArgName("length")->Arg(128)->Arg(512);

}  // namespace
}  // namespace weft
