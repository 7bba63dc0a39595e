#pragma once
// Both halves of a pair, timed in turns within one process. Comes with pair.hpp.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <weft/bench/peak.hpp>
#include <weft/memory/thread_pool.hpp>

#include "pair.hpp"

namespace composition {

/// What main() was told, and what it has to say at the end.
struct report {
  index_t pairs = 31;
  double limit = 0;  ///< the largest ratio that passes; 0: any
  std::vector<std::string> faults;
};
inline report& the_report() {
  static report made;
  return made;
}

/// What a call took: by the clock, and of the processor in all threads.
struct duration {
  double clock, processor;
};

/// The mean of as many calls as take some 10 ms.
class stopwatch {
 public:
  explicit stopwatch(const auto& call) {
    call();
    calls_ = std::max<index_t>(1, static_cast<index_t>(1e-2 / std::max(1e-9, time(call).clock)));
  }
  duration time(const auto& call) const {
    const double clock = weft::bench::seconds(), processor = process_seconds();
    for (index_t i = 0; i < calls_; ++i) call();
    const auto calls = static_cast<double>(calls_);
    return {(weft::bench::seconds() - clock) / calls, (process_seconds() - processor) / calls};
  }

 private:
  static double process_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
  index_t calls_ = 1;
};

/// The median of some ratios, and the ranks around it between which it lies with a confidence of 95 %.
struct spread {
  double median, from, to;
  explicit spread(std::vector<double> ratios) {
    std::sort(ratios.begin(), ratios.end());
    const auto n = static_cast<double>(ratios.size());
    const auto at = [&](double rank) { return ratios[static_cast<std::size_t>(std::clamp(rank, 0.0, n - 1))]; };
    median = weft::bench::median(ratios);
    from = at(std::floor(n / 2 - 0.98 * std::sqrt(n)));
    to = at(std::ceil(n / 2 + 0.98 * std::sqrt(n)) - 1);
  }
};

/// The arguments of a benchmark: texts, tokens of each, workers.
template <class Spec, class Weights>
void run(benchmark::State& state, const std::string& name, const by_hand_encoder<Spec, Weights>& by_hand) {
  const auto texts = state.range(0), tokens = state.range(1), workers = state.range(2);
  auto& report = the_report();
  const auto called = name + ", " + std::to_string(texts) + " x " + std::to_string(tokens) + " tokens, " +
                      std::to_string(workers) + " workers: ";
  const auto& encoder = model<Spec>();
  const Weights weights = by_hand.weights_of(encoder);
  weft::thread_pool pool(workers);
  const weft::executor on = workers > 1 ? weft::executor(pool) : weft::executor();
  const auto ids = weft::bench::texts_of({{}, std::vector<index_t>(static_cast<std::size_t>(texts), tokens)},
                                         encoder.limits().vocabulary);
  const weft::batch in = ids;
  weft::workspace work(encoder.workspace_bytes(in.size(), workers));
  weft::row_buffer<Spec::shape.width> composed_out(in.tokens()), by_hand_out(in.tokens());
  const auto composed_pass = [&] { encoder.forward(in, composed_out, work, on); };
  const auto by_hand_pass = [&] { by_hand.forward(weights, in, by_hand_out.data(), work, on); };

  composed_pass();
  by_hand_pass();
  const auto* const bits = composed_out.data();
  const auto bytes = static_cast<std::size_t>(in.tokens() * Spec::shape.width) * sizeof(float);
  if (std::memcmp(bits, by_hand_out.data(), bytes) != 0) {
    state.SkipWithError("the two halves of the pair give different bits");
    report.faults.push_back(called + "the two halves give different bits");
    return;
  }

  const stopwatch watch(by_hand_pass);
  // One worker is timed by its processor time, which neighbours on the machine change less. Two may also wait for each
  // other, which only the clock sees.
  std::vector<double> composed, hand, by_clock, by_processor;
  for (auto _ : state) {
    for (index_t i = 0; i < report.pairs; ++i) {
      // Who goes first takes turns, too.
      duration first{}, second{};
      if (i % 2 == 0) first = watch.time(composed_pass);
      second = watch.time(by_hand_pass);
      if (i % 2 != 0) first = watch.time(composed_pass);
      composed.push_back(workers > 1 ? first.clock : first.processor);
      hand.push_back(workers > 1 ? second.clock : second.processor);
      by_clock.push_back(first.clock / second.clock);
      by_processor.push_back(first.processor / second.processor);
    }
    state.SetIterationTime(weft::bench::median(composed));
  }
  const spread ratio(workers > 1 ? by_clock : by_processor);
  state.counters["by_hand_ms"] = weft::bench::median(hand) * 1e3;
  state.counters["ratio"] = ratio.median;
  state.counters["from"] = ratio.from;
  state.counters["to"] = ratio.to;
  if (workers > 1) state.counters["processor"] = spread(by_processor).median;
  if (report.limit > 0 && ratio.median > report.limit)
    report.faults.push_back(called + "composed / by hand is " + std::to_string(ratio.median) + ", above the limit of " +
                            std::to_string(report.limit));
}

/// Registers a family's pair on so many texts of so many tokens each, with one worker and two.
template <class Spec, class Weights>
bool add(const char* name, const by_hand_encoder<Spec, Weights>& by_hand, std::vector<std::int64_t> texts = {1, 8},
         std::int64_t tokens = 128) {
  benchmark::RegisterBenchmark(name, [=](benchmark::State& state) { run(state, name, by_hand); })
      ->ArgNames({"texts", "tokens", "workers"})
      ->ArgsProduct({texts, {tokens}, {1, 2}})
      ->Iterations(1)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
  return true;
}

}  // namespace composition
