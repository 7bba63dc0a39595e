// An encoder beside a neighbour: a thread on one of the cores that spins and sleeps, as other programs do, or as a
// slower core would. Time is held against the ideal, the operations divided by the sum of the workers' speeds, where a
// worker's speed is the linear kernel's own under the same disturbance, measured in turns with the passes.
//   bench_disturbed [--workers 2] [--work 128,256,1024] [--period 0.2] [--duty 0,25,50] [--seconds 2] [--json]
//   bench_disturbed --disturb SECONDS [--duty 50] [--period 0.2]     disturbs only: beside another engine
#include <weft/bench/bench.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/bert.hpp>
#include <weft/testing/random_weights.hpp>
#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#endif

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using weft::index_t;
namespace bench = weft::bench;

struct options {
  index_t workers = 2, core = 0;
  double period = 0.2, seconds = 2, disturb = 0;
  std::vector<int> lengths{128, 256, 1024}, duties{0, 25, 50};
  bool json = false;
};

std::vector<int> numbers(const char* text) {
  std::vector<int> all;
  for (const char* at = text; *at;) {
    char* end = nullptr;
    all.push_back(static_cast<int>(std::strtol(at, &end, 10)));
    if (end == at) break;
    at = *end == ',' ? end + 1 : end;
  }
  return all;
}

void keep_to_core(index_t core) {
#if defined(__linux__)
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(core), &one);
  pthread_setaffinity_np(pthread_self(), sizeof one, &one);
#else
  static_cast<void>(core);
#endif
}

// While one exists, its core spins for `duty` percent of every period of `period` milliseconds, and sleeps for the
// rest.
class disturber {
 public:
  disturber(index_t core, int duty, double period) : thread_([this, core, duty, period] { run(core, duty, period); }) {}
  ~disturber() {
    stop_ = true;
    thread_.join();
  }
  disturber(const disturber&) = delete;
  disturber& operator=(const disturber&) = delete;

 private:
  void run(index_t core, int duty, double period) {
    using namespace std::chrono;
    keep_to_core(core);
    const auto whole = duration_cast<steady_clock::duration>(duration<double, std::milli>(period));
    const auto busy = whole * duty / 100;
    for (auto begin = steady_clock::now(); !stop_; begin = std::max(begin + whole, steady_clock::now() - whole)) {
      while (duty > 0 && steady_clock::now() < begin + busy && !stop_) {
      }
      std::this_thread::sleep_until(begin + whole);
    }
  }
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// The speed of every worker alone with a linear of its own, all at once, operations a second: their sum.
double sum_of_speeds(weft::thread_pool& pool, double span) {
  constexpr index_t in = 768, out = 768, rows = 64;
  using form = weft::prepared<weft::float32, weft::simd::native>;
  weft::arena store;
  static form::linear<in, out, true> linear = [&] {
    static weft::arena kept;
    form::linear<in, out, true> made;
    made.pack([](index_t o, index_t i) { return static_cast<float>((o * 7 + i * 5) % 13 - 6) / 64; }, nullptr, out,
              kept);
    return made;
  }();
  std::vector<double> speed(static_cast<std::size_t>(pool.workers()));
  std::atomic<index_t> ready{0};
  pool.for_each(pool.workers(), weft::task([&](index_t i, index_t) {
                  weft::row_buffer<in> x(rows);
                  weft::row_buffer<out> y(rows);
                  const std::vector<std::int32_t> ids(rows);
                  const std::vector<index_t> offsets{0, rows};
                  const weft::batch one{ids, {}, offsets};
                  weft::workspace work(64);
                  const weft::context ctx{one, work};
                  const weft::rows<const float, in> from{x.data(), rows};
                  for (++ready; ready < pool.workers();) {  // one task a worker: nobody begins before all have theirs
                  }
                  double passes = 0;
                  const double begin = bench::seconds();
                  double now = begin;
                  for (; now - begin < span; now = bench::seconds(), ++passes)
                    linear(from, weft::rows<float, out>(y), ctx);
                  speed[static_cast<std::size_t>(i)] = passes * 2 * in * out * rows / (now - begin);
                }));
  double sum = 0;
  for (const double one : speed) sum += one;
  return sum;
}

template <class Spec>
void measure(const char* name, const options& o, double layer_flop_a_token) {
  const weft::sizes s{.layers = Spec::shape.width > 512 ? 12 : 6, .vocabulary = 1000, .positions = 2048, .segments = 2};
  auto [record, store] = weft::testing::random_weights<weft::encoder<Spec>>(s, 1);
  const weft::encoder<Spec> encoder(record, s, std::move(store));
  weft::thread_pool pool(o.workers);
  for (const int length : o.lengths) {
    const auto texts = bench::texts_of({"", {length}}, s.vocabulary);
    const weft::batch in = texts;
    weft::row_buffer<Spec::shape.width> out(in.tokens());
    weft::workspace work(encoder.workspace_bytes(in.size(), pool.workers()));
    const double flop =
        static_cast<double>(s.layers) * length * (layer_flop_a_token + 4.0 * length * Spec::shape.width);
    for (const int duty : o.duties) {
      const disturber neighbour(o.core, duty, o.period);
      std::vector<double> took, against;
      for (double spent = 0; spent < o.seconds || took.size() < 7;) {
        const double speed = sum_of_speeds(pool, 0.03);
        for (int i = 0; i < 4; ++i) {
          const double begin = bench::seconds();
          encoder.forward(in, out, work, pool);
          took.push_back(bench::seconds() - begin);
          against.push_back(took.back() * speed / flop);
          spent += took.back();
        }
      }
      const double best = *std::min_element(took.begin(), took.end());
      const char* const form =
          o.json ? "{\"model\": \"%s\", \"tokens\": %d, \"duty\": %d, \"period_ms\": %g, \"workers\": %td, "
                   "\"median_ms\": %.3f, \"min_ms\": %.3f, \"times_ideal\": %.3f, \"n\": %zu}\n"
                 : "%-10s %6d tokens  duty %2d %%  period %g ms  %td workers  median %8.3f ms  least "
                   "%8.3f ms  %.3f times the ideal (%zu passes)\n";
      std::printf(form, name, length, duty, o.period, pool.workers(), bench::median(took) * 1e3, best * 1e3,
                  bench::median(against), took.size());
      std::fflush(stdout);
    }
  }
}

}  // namespace

int main(int count, char** words) {
  options o;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--json") {
      o.json = true;
      continue;
    }
    if (i + 1 == count) return std::fprintf(stderr, "%s: found nothing after it, wanted a value\n", words[i]), 2;
    const char* const value = words[++i];
    if (word == "--workers")
      o.workers = std::atoi(value);
    else if (word == "--core")
      o.core = std::atoi(value);
    else if (word == "--work")
      o.lengths = numbers(value);
    else if (word == "--duty")
      o.duties = numbers(value);
    else if (word == "--period")
      o.period = std::atof(value);
    else if (word == "--seconds")
      o.seconds = std::atof(value);
    else if (word == "--disturb")
      o.disturb = std::atof(value);
    else
      return std::fprintf(stderr, "%s: found no such option\n", words[i - 1]), 2;
  }
  if (o.disturb > 0) {
    const disturber neighbour(o.core, o.duties.back(), o.period);
    std::this_thread::sleep_for(std::chrono::duration<double>(o.disturb));
    return 0;
  }
  const auto layer_flop = [](double width, double hidden) { return 2 * (4 * width * width + 2 * width * hidden); };
  measure<weft::minilm_l6>("minilm", o, layer_flop(384, 1536));
  measure<weft::bert_base>("bert-base", o, layer_flop(768, 3072));
}
