#pragma once
// The machine's own limits. The peak of the floating point units is measured by inline assembly in short bursts between
// a kernel's own bursts, so that a clock that wanders or a neighbour on the machine moves both alike. Compilers spill a
// loop of twelve chains now and then, which would make the peak too low.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>
#include <vector>
#include <weft/memory/executor.hpp>
#include <weft/simd/vector.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::bench {

inline double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Processor time of this thread: time in which another program held the core does not count.
inline double thread_seconds() {
#if defined(CLOCK_THREAD_CPUTIME_ID)
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
#else
  return seconds();
#endif
}

#define WEFT_BENCH_CHAINS3(op, r)                                                                                   \
  op " %%" r "12,%%" r "13,%%" r "0\n" op " %%" r "12,%%" r "13,%%" r "1\n" op " %%" r "12,%%" r "13,%%" r "2\n" op \
     " %%" r "12,%%" r "13,%%" r "3\n" op " %%" r "12,%%" r "13,%%" r "4\n" op " %%" r "12,%%" r "13,%%" r "5\n" op \
     " %%" r "12,%%" r "13,%%" r "6\n" op " %%" r "12,%%" r "13,%%" r "7\n" op " %%" r "12,%%" r "13,%%" r "8\n" op \
     " %%" r "12,%%" r "13,%%" r "9\n" op " %%" r "12,%%" r "13,%%" r "10\n" op " %%" r "12,%%" r "13,%%" r "11\n"
#define WEFT_BENCH_CLOBBERS \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13"

/// Runs `n` rounds of twelve independent chains of the architecture's multiply-add; returns the operations of one
/// round, or 0 where no assembly was written for the architecture. Operands are zero: no denormals, the same speed.
template <class Arch>
double peak_rounds(long n) {
#if defined(__x86_64__)
#if defined(__AVX512F__)
  if constexpr (simd::lanes<Arch> == 16) {
    asm volatile("vpxorq %%zmm12,%%zmm12,%%zmm12\n" WEFT_BENCH_CHAINS3("vpxorq", "zmm")
                 "vpxorq %%zmm13,%%zmm13,%%zmm13\n"
                 ".p2align 5\n1:\n" WEFT_BENCH_CHAINS3("vfmadd231ps", "zmm") "dec %0\n jnz 1b\n"
                 : "+r"(n) : : WEFT_BENCH_CLOBBERS);
    return 12 * 16 * 2;
  }
#endif
#if defined(__FMA__)
  if constexpr (simd::lanes<Arch> == 8 && simd::has_fma<Arch>) {
    asm volatile("vxorps %%ymm12,%%ymm12,%%ymm12\n vxorps %%ymm13,%%ymm13,%%ymm13\n" WEFT_BENCH_CHAINS3(
                     "vxorps", "ymm") ".p2align 5\n1:\n" WEFT_BENCH_CHAINS3("vfmadd231ps", "ymm") "dec %0\n jnz 1b\n"
                 : "+r"(n)
                 :
                 : WEFT_BENCH_CLOBBERS);
    return 12 * 8 * 2;
  }
#endif
  if constexpr (simd::lanes<Arch> == 4 && !simd::has_fma<Arch>) {
    asm volatile(
        "xorps %%xmm0,%%xmm0\n xorps %%xmm1,%%xmm1\n xorps %%xmm2,%%xmm2\n xorps %%xmm3,%%xmm3\n"
        "xorps %%xmm4,%%xmm4\n xorps %%xmm5,%%xmm5\n xorps %%xmm6,%%xmm6\n xorps %%xmm7,%%xmm7\n"
        "xorps %%xmm8,%%xmm8\n xorps %%xmm9,%%xmm9\n xorps %%xmm10,%%xmm10\n xorps %%xmm11,%%xmm11\n"
        "xorps %%xmm12,%%xmm12\n xorps %%xmm13,%%xmm13\n"
        ".p2align 5\n1:\n"
        "mulps %%xmm12,%%xmm0\n addps %%xmm13,%%xmm6\n mulps %%xmm12,%%xmm1\n addps %%xmm13,%%xmm7\n"
        "mulps %%xmm12,%%xmm2\n addps %%xmm13,%%xmm8\n mulps %%xmm12,%%xmm3\n addps %%xmm13,%%xmm9\n"
        "mulps %%xmm12,%%xmm4\n addps %%xmm13,%%xmm10\n mulps %%xmm12,%%xmm5\n addps %%xmm13,%%xmm11\n"
        "dec %0\n jnz 1b\n"
        : "+r"(n)
        :
        : WEFT_BENCH_CLOBBERS);
    return 12 * 4;
  }
#endif
  static_cast<void>(n);
  return 0;
}
#undef WEFT_BENCH_CHAINS3
#undef WEFT_BENCH_CLOBBERS

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Seconds that all workers of `run` need for `body(worker)`, which they begin together.
double timed_on_all(executor run, const auto& body) {
  const index_t workers = run.workers();
  std::atomic<index_t> ready{0};
  std::vector<double> begins(static_cast<std::size_t>(workers)), ends(begins);
  run.for_each(workers, [&](index_t task, index_t) {
    // No worker can take two tasks, since none ends before all have begun.
    for (ready.fetch_add(1); ready.load() < workers;) std::this_thread::yield();
    begins[static_cast<std::size_t>(task)] = seconds();
    body(task);
    ends[static_cast<std::size_t>(task)] = seconds();
  });
  return *std::max_element(ends.begin(), ends.end()) - *std::min_element(begins.begin(), begins.end());
}

/// Operations a second of the peak on all workers at once, in one burst of about `span` seconds; 0 where it is unknown.
template <class Arch>
double peak_of_all(executor run, double span = 4e-3) {
  const double begin = seconds(), round = peak_rounds<Arch>(20000);
  if (!(round > 0)) return 0;
  const long rounds = std::max<long>(1, static_cast<long>(20000 * span / std::max(1e-9, seconds() - begin)));
  return round * double(rounds) * double(run.workers()) /
         timed_on_all(run, [rounds](index_t) { peak_rounds<Arch>(rounds); });
}

/// Bytes a second that all workers read from memory together: the best of five passes over 256 MiB.
template <class Arch>
double read_bandwidth(executor run) {
  constexpr index_t chains = 8, step = chains * simd::lanes<Arch>;
  const std::vector<float> all(index_t{1} << 26, 1e-3f);
  const index_t share = all.size() / static_cast<std::size_t>(run.workers()) / step * step;
  std::vector<float> sums(static_cast<std::size_t>(run.workers()));
  double best = 0;
  for (int pass = 0; pass < 5; ++pass) {
    const double took = timed_on_all(run, [&](index_t worker) {
      simd::vector<Arch> sum[chains] = {};
      const float* const from = all.data() + worker * share;
      for (index_t i = 0; i < share; i += step)
        for (index_t c = 0; c < chains; ++c) sum[c] += simd::load<Arch>(from + i + c * simd::lanes<Arch>);
      for (index_t c = 1; c < chains; ++c) sum[0] += sum[c];
      sums[static_cast<std::size_t>(worker)] = sum[0].get(0);
    });
    best = std::max(best, double(share) * double(run.workers()) * sizeof(float) / took);
  }
  // Sums of the values that were read, so that no compiler leaves the reading out.
  return *std::min_element(sums.begin(), sums.end()) > 0 ? best : 0;
}

/// Speed of a kernel beside the peak.
struct speed {
  double flops;    ///< operations a second, the median of all bursts
  double of_peak;  ///< the median of the pairs' ratios; 0 where the peak is unknown
};

/// Runs `kernel` (work: `operations` floating point operations a call) in `bursts` bursts of about `span` seconds, each
/// between two bursts of the peak. A kernel of one thread may be timed by thread_seconds.
template <class Arch, class Kernel>
speed measure(double operations, const Kernel& kernel, int bursts = 31, double span = 2e-3,
              double (*clock)() = seconds) {
  const auto timed = [clock](const auto& body) {
    const double from = clock();
    body();
    return clock() - from;
  };
  kernel();
  const long calls = std::max<long>(1, static_cast<long>(span / std::max(1e-9, timed(kernel))));
  const double round = peak_rounds<Arch>(1000);
  const long rounds =
      round > 0 ? std::max<long>(
                      1, static_cast<long>(1e5 * span / 2 / std::max(1e-9, timed([] { peak_rounds<Arch>(100000); }))))
                : 1;
  std::vector<double> flops, ratios;
  const auto peak = [&] { return round * double(rounds) / timed([&] { peak_rounds<Arch>(rounds); }); };
  double before = peak();
  for (int i = 0; i < bursts; ++i) {
    const double own = operations * double(calls) / timed([&] {
                         for (long c = 0; c < calls; ++c) kernel();
                       });
    const double after = peak();
    flops.push_back(own);
    ratios.push_back(round > 0 ? 2 * own / (before + after) : 0);
    before = after;
  }
  return {median(flops), median(ratios)};
}

}  // namespace weft::bench
