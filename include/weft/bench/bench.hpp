#pragma once
// An encoder timed beside the machine's own limits. `weft bench` compiles a program around this.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <optional>
#include <ostream>
#include <weft/bench/operations.hpp>
#include <weft/bench/peak.hpp>
#include <weft/bench/workload.hpp>
#include <weft/encoder/active.hpp>
#include <weft/io/load.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/numeric/panel_numeric.hpp>
#include <weft/simd/same_bits.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::bench {

/// Forward passes over one workload.
struct timing {
  double median_ms = 0, min_ms = 0, mean_ms = 0;
  index_t n = 0;               ///< how many passes were timed
  double gflop = 0;            ///< operations of one pass
  double peak_gflops = 0;      ///< of all workers, the median of bursts between the passes; 0 where it is unknown
  double best_peak = 0;        ///< of the fastest burst: far above the median where others use the machine
  double read_gbytes = 0;      ///< a second
  double weights_bytes = 0;    ///< of weights that a pass has to read at least once
  double workspace_bytes = 0;  ///< scratch and hidden states: what grows with the texts
  double resident_bytes = 0;   ///< of the whole process behind the passes; 0 where it is unknown

  double fraction_of_peak() const { return peak_gflops > 0 ? gflop / median_ms / peak_gflops * 1e3 : 0; }
  /// Of the nearer limit: reading the weights once, or the operations at the peak.
  double fraction_of_limit() const {
    return std::max(fraction_of_peak(), weights_bytes / read_gbytes / median_ms * 1e-6);
  }
};

/// Bytes of memory that this process has now; 0 where the system does not say.
inline double resident_bytes() {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;)
    if (word == "VmRSS:") {
      double kibibytes = 0;
      in >> kibibytes;
      return kibibytes * 1024;
    }
  return 0;
}

/// Times `encoder.forward`, of all of it or of an `active` part, for about `span` seconds, at least seven times, after
/// runs that are not counted. The peak is measured in turns with the passes.
template <class Encoder>
timing time_forward(const Encoder& encoder, const token_batch& texts, executor run, double span,
                    const auto&... active) {
  row_buffer<Encoder::width> hidden(texts.tokens());
  const auto scratch_bytes = encoder.workspace_bytes(texts.size(), run.workers());
  workspace work(scratch_bytes);
  const auto pass = [&] {
    const double begin = seconds();
    encoder.forward(active..., texts, hidden, work, run);
    return seconds() - begin;
  };
  double warm = pass();
  for (int runs = 1; runs < 3 || warm < 0.1; ++runs) warm += pass();

  std::vector<double> took, peaks{peak_of_all<typename Encoder::arch>(run)};
  for (double spent = 0, since_peak = 0; took.size() < 7 || spent < span;) {
    took.push_back(pass());
    spent += took.back();
    if ((since_peak += took.back()) < span / 8) continue;
    peaks.push_back(peak_of_all<typename Encoder::arch>(run));
    since_peak = 0;
  }
  return {
      .median_ms = median(took) * 1e3,
      .min_ms = *std::min_element(took.begin(), took.end()) * 1e3,
      .mean_ms = std::accumulate(took.begin(), took.end(), 0.0) / double(took.size()) * 1e3,
      .n = static_cast<index_t>(took.size()),
      .peak_gflops = median(peaks) * 1e-9,
      .best_peak = *std::max_element(peaks.begin(), peaks.end()) * 1e-9,
      .workspace_bytes = static_cast<double>(scratch_bytes + texts.tokens() * Encoder::width * index_t{sizeof(float)}),
      .resident_bytes = resident_bytes()};
}

/// One line of JSON; `model` is a JSON string, quotes included. "bits_version" is 0 where the promise is not kept.
inline std::string json_line(const timing& t, const std::string& model, const std::string& work, index_t threads) {
  char numbers[500];
  std::snprintf(numbers, sizeof numbers,
                R"("threads": %td, "median_ms": %.4f, "min_ms": %.4f, "n": %td, "gflop": %.6g, )"
                R"("peak_gflops": %.1f, "best_peak_gflops": %.1f, "fraction_of_peak": %.4f, )"
                R"("read_gbytes": %.1f, "fraction_of_limit": %.4f, "weights_mb": %.2f, "workspace_mb": %.2f, )"
                R"("resident_mb": %.1f, "simd": "%s", "bits_version": %d})",
                threads, t.median_ms, t.min_ms, t.n, t.gflop, t.peak_gflops, t.best_peak, t.fraction_of_peak(),
                t.read_gbytes, t.fraction_of_limit(), t.weights_bytes * 1e-6, t.workspace_bytes * 1e-6,
                t.resident_bytes * 1e-6, simd::name<>(), simd::keeps_bits<> ? bits_version : 0);
  return "{\"model\": " + model + ", \"work\": \"" + work + "\", " + numbers;
}

/// What the programs behind `weft bench` are asked, by their arguments in this order, and the workers for it.
struct bench_request {
  std::filesystem::path directory;
  std::string model;  ///< its name as a JSON string, quotes included
  std::vector<workload> work;
  index_t threads;              ///< the calling one included
  double span;                  ///< seconds a workload
  bool json;                    ///< "json" or "table"
  double width = 1, depth = 1;  ///< of a slimmable type: which part of it runs; they may be left out
  std::optional<thread_pool> pool = {};

  explicit bench_request(char** arguments)
      : directory(arguments[1]),
        model(arguments[2]),
        work(workloads_of(arguments[3])),
        threads(std::atoi(arguments[4])),
        span(std::atof(arguments[5])),
        json(std::string_view(arguments[6]) == "json") {
    if (arguments[7] && arguments[8]) width = std::atof(arguments[7]), depth = std::atof(arguments[8]);
    if (threads > 1) pool.emplace(threads).require(threads);
  }
  executor run() { return pool ? executor(*pool) : executor(); }
};

/// Of a linear.
template <class Numeric>
inline constexpr double bytes_of_weight = 4.0 / static_cast<double>(Numeric::template format<simd::native>::inputs);

/// The program behind `weft bench`; arguments as bench_request reads them. Prints each workload as soon as it is timed.
template <class Spec>
int bench_and_print(char** arguments, std::ostream& out) {
  bench_request asked(arguments);
  const auto c = configuration::read(asked.directory);
  const auto encoder = load<Spec>(checkpoint::open(asked.directory), c);
  auto counted = arithmetic_of<Spec>(sizes_of(c));
  std::optional<active> part;
  if constexpr (is_slimmable<form_of<Spec>>) {
    part = active::of(asked.width, asked.depth, encoder);
    counted = arithmetic_of<Spec>(sizes_of(c), *part);
  }
  const executor run = asked.run();
  const double read = read_bandwidth<simd::native>(run) * 1e-9;
  if (!asked.json) {
    char line[300];
    std::snprintf(line, sizeof line, ", %td thread%s, %s, %s, reads %.1f GB/s\n%-10s %12s %12s %6s %10s %10s %8s %8s\n",
                  asked.threads, asked.threads == 1 ? "" : "s", simd::name<>(), simd::bits_sentence().c_str(), read,
                  "work", "median ms", "least ms", "passes", "GFLOP/s", "peak", "of peak", "of limit");
    out << asked.model << line;
  }
  for (const auto& w : asked.work) {
    const auto texts = texts_of(w, c.vocab_size);
    timing t;
    if constexpr (is_slimmable<form_of<Spec>>)
      t = time_forward(encoder, texts, run, asked.span, active_size(*part));
    else
      t = time_forward(encoder, texts, run, asked.span);
    t.gflop = operations(counted, w.lengths) * 1e-9;
    t.read_gbytes = read;
    t.weights_bytes = counted.weights * bytes_of_weight<typename Spec::numeric>;
    if (asked.json) {
      out << json_line(t, asked.model, w.name, asked.threads) << std::endl;
      continue;
    }
    char line[200];
    std::snprintf(line, sizeof line, "%-10s %12.3f %12.3f %6td %10.1f %10.1f %8.3f %8.3f", w.name.c_str(), t.median_ms,
                  t.min_ms, t.n, t.gflop / t.median_ms * 1e3, t.peak_gflops, t.fraction_of_peak(),
                  t.fraction_of_limit());
    out << line << std::endl;
  }
  return 0;
}

}  // namespace weft::bench
