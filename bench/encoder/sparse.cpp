// What sparse patterns cost. `growth`: an encoder of two layers at n and at 2 n tokens, in turns; `time` is the median
// of the pairs' ratios and `workspace` the ratio of the bytes, both 2 where cost is linear (BigBird's first and last
// block see all, so that its smallest lengths grow a little faster). `against_full`: full attention's time over the
// pattern's at one length, also in turns. `scores` is the share of all pairs of tokens that the pattern looks at.
// Expected to move with kernel/attend and, for masked edges, with what patterns name as full spans.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>
#include <weft/pattern/bigbird_blocks.hpp>
#include <weft/pattern/landmarks.hpp>
#include <weft/pattern/window.hpp>
#include <weft/testing/random_weights.hpp>

#include <weft/bench/peak.hpp>

namespace {
template <class Pattern>
struct long_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 256, .heads = 4, .hidden = 1024};
  using mixer = weft::attention<Pattern>;
};

template <class Pattern>
const auto& model() {
  using encoder_type = weft::encoder<long_bert<Pattern>>;
  static const auto made = [] {
    const weft::sizes s{.layers = 2, .vocabulary = 1000, .positions = 16384};
    auto [record, store] = weft::testing::random_weights<encoder_type>(s, 1);
    return encoder_type(record, s, std::move(store));
  }();
  return made;
}

// One forward pass over one sequence, with memory of its own.
template <class Pattern>
class pass {
 public:
  explicit pass(weft::index_t length)
      : ids_(static_cast<std::size_t>(length), 7),
        offsets_{0, length},
        out_(length),
        bytes_(model<Pattern>().workspace_bytes(view().size())),
        work_(bytes_) {
    seconds();
  }
  double seconds() {
    const double start = weft::bench::thread_seconds();  // of this thread: others on the machine do not count
    model<Pattern>().forward(view(), out_, work_);
    return weft::bench::thread_seconds() - start;
  }
  weft::index_t bytes() const { return bytes_; }

 private:
  weft::batch view() const { return {ids_, {}, offsets_}; }
  std::vector<std::int32_t> ids_;
  std::vector<weft::index_t> offsets_;
  weft::row_buffer<256> out_;
  weft::index_t bytes_;
  weft::workspace work_;
};

// The median of time(b) / time(a), run in turns.
double median_ratio(auto& a, auto& b, benchmark::State& state) {
  std::vector<double> ratios;
  for (auto _ : state) {
    const double first = a.seconds();
    ratios.push_back(b.seconds() / first);
    state.SetIterationTime(first);
  }
  std::nth_element(ratios.begin(), ratios.begin() + static_cast<long>(ratios.size() / 2), ratios.end());
  return ratios[ratios.size() / 2];
}

template <class Pattern>
double scores(weft::index_t length) {
  struct counter {
    weft::index_t keys = 0;
    void full(weft::key_span s, weft::index_t = 1) { keys += s.last - s.first; }
    void masked(weft::key_span s) { keys += s.last - s.first; }
  };
  double pairs = 0;
  for (weft::index_t first = 0; first < length; first += Pattern::query_tile) {
    const weft::query_block b{length, first, std::min(length, first + Pattern::query_tile)};
    counter seen;
    Pattern{}.visit(b, seen);
    pairs += static_cast<double>(seen.keys) * static_cast<double>(b.last - b.first);
  }
  return pairs / static_cast<double>(length) / static_cast<double>(length);
}

template <class Pattern>
void growth(benchmark::State& state) {
  pass<Pattern> once(state.range(0)), twice(2 * state.range(0));
  state.counters["time"] = median_ratio(once, twice, state);
  state.counters["workspace"] = static_cast<double>(twice.bytes()) / static_cast<double>(once.bytes());
}

template <class Pattern>
void against_full(benchmark::State& state) {
  pass<Pattern> sparse(state.range(0));
  pass<weft::full> dense(state.range(0));
  state.counters["full/sparse"] = median_ratio(sparse, dense, state);
  state.counters["scores"] = scores<Pattern>(state.range(0));
}

using bigbird = weft::bigbird_blocks<64, 3>;
using near_and_first = weft::landmarks<1, weft::window<64>>;

// A benchmark at lengths from 1,024 to `last`, doubling, with that many pairs of passes each.
void add(const char* name, void (*run)(benchmark::State&), std::int64_t last, benchmark::IterationCount pairs) {
  benchmark::RegisterBenchmark(name, run)
      ->ArgName("tokens")
      ->RangeMultiplier(2)
      ->Range(1024, last)
      ->Iterations(pairs)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}
const bool added = [] {
  add("growth/bigbird", growth<bigbird>, 8192, 9);
  add("growth/window", growth<weft::window<64>>, 8192, 9);
  add("growth/full", growth<weft::full>, 2048, 9);
  add("against_full/bigbird", against_full<bigbird>, 4096, 5);
  add("against_full/window_and_landmark", against_full<near_and_first>, 4096, 5);
  return true;
}();
}  // namespace
