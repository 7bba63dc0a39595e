#pragma once
// Vectors of floats of one architecture: xsimd's batches, and the few operations that kernels are written in.
#include <algorithm>
#include <limits>
#include <type_traits>
#include <weft/base/index.hpp>
#include <weft/simd/intrinsics.hpp>
#include <xsimd/xsimd.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::simd {

/// The architecture this translation unit is compiled for. Kernels carry it in their type, so that units compiled
/// with different flags never share a function.
using native = xsimd::default_arch;

/// `lanes<Arch>` floats that are computed with at once. + - * and comparisons are xsimd's.
template <class Arch>
using vector = xsimd::batch<float, Arch>;

template <class Arch>
inline constexpr index_t lanes = static_cast<index_t>(vector<Arch>::size);

/// True if the architecture has a multiply-add with one rounding.
template <class Arch>
inline constexpr bool has_fma = detail::has_fma<Arch>;

/// How many vector registers the architecture has.
template <class Arch>
inline constexpr index_t registers = detail::is_avx512<Arch> || detail::is_neon64<Arch> ? 32 : 16;

/// The architecture's name, for programs to print: "avx2+fma", "avx512bw", "sse2".
template <class Arch = native>
const char* name() {
  if constexpr (std::is_same_v<Arch, xsimd::fma3<xsimd::avx2>>) return "avx2+fma";
  return Arch::name();
}

// ---- memory -----------------------------------------------------------------------------------------------------

template <class Arch>
[[gnu::always_inline]] inline vector<Arch> load(const float* p) {
  return vector<Arch>::load_unaligned(p);
}

template <class Arch>
[[gnu::always_inline]] inline void store(float* p, const vector<Arch>& v) {
  v.store_unaligned(p);
}

/// All lanes x.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> set(float x) {
  return vector<Arch>(x);
}

/// Minus infinity in all lanes, also where -ffinite-math-only says that there is none.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> minus_infinity() {
  const auto all = set<Arch>(-std::numeric_limits<float>::infinity());
  if constexpr (detail::finite_math_only) return detail::as_computed(all);
  return all;
}

/// The first n lanes from memory, the others 0. Reads nothing else. 0 <= n <= lanes.
template <class Arch>
inline vector<Arch> load_partial(const float* p, index_t n) {
  float all[lanes<Arch>] = {};
  std::copy(p, p + n, all);
  return load<Arch>(all);
}

/// Writes the first n lanes and nothing else. 0 <= n <= lanes.
template <class Arch>
inline void store_partial(float* p, const vector<Arch>& v, index_t n) {
  float all[lanes<Arch>];
  store(all, v);
  std::copy(all, all + n, p);
}

/// The first n lanes of v, the others 0.
template <class Arch>
inline vector<Arch> keep_first(const vector<Arch>& v, index_t n) {
  float all[lanes<Arch>];
  store(all, v);
  return load_partial<Arch>(all, n);
}

/// The numbers 0, 1, 2 ... of the lanes.
template <class Arch>
inline vector<Arch> lane_numbers() {
  float all[lanes<Arch>];
  for (index_t i = 0; i < lanes<Arch>; ++i) all[i] = static_cast<float>(i);
  return load<Arch>(all);
}

/// The lane in front.
template <class Arch>
[[gnu::always_inline]] inline float first_lane(const vector<Arch>& v) {
  return v.get(0);
}

/// As many consecutive floats from memory as `like` has lanes.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> load_like(const float* p, const vector<Arch>& /*like*/) {
  return load<Arch>(p);
}

/// Asks for the cache line of p; p need not point at anything.
[[gnu::always_inline]] inline void prefetch(const void* p) {
#if defined(__GNUC__)
  __builtin_prefetch(p, 0, 2);
#else
  static_cast<void>(p);
#endif
}

// ---- arithmetic whose roundings do not depend on the compiler's flags -----------------------------------------------

/// v, rounded to float. A product that feeds a sum goes through this where it must not be fused with the sum.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> rounded(const vector<Arch>& v) {
  return detail::opaque(v);
}

/// a * b + c: one rounding where the architecture has_fma, two where it has not, whatever -ffp-contract says.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> fma(const vector<Arch>& a, const vector<Arch>& b, const vector<Arch>& c) {
  if constexpr (has_fma<Arch>) return detail::fused(a, b, c);
  return rounded<Arch>(a * b) + c;
}

/// a / b, rounded once, as of single floats; xsimd's own / is off by some last bits on Arm.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> divide(const vector<Arch>& a, const vector<Arch>& b) {
  return detail::quotient(a, b);
}

/// Lane by lane a where the condition holds, b elsewhere. A condition is what a comparison of vectors gives.
template <class Arch, class Condition>
[[gnu::always_inline]] inline vector<Arch> select(const Condition& condition, const vector<Arch>& a,
                                                  const vector<Arch>& b) {
  return xsimd::select(condition, a, b);
}

/// Lanes 0 and 1 change places, 2 and 3 ...
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> swap_neighbours(const vector<Arch>& v) {
  if constexpr (requires { detail::neighbours_swapped(v.data); }) {
    return vector<Arch>(detail::neighbours_swapped(v.data));
  } else {
    float x[static_cast<std::size_t>(lanes<Arch>)];
    store(x, v);
    for (index_t i = 0; i + 1 < lanes<Arch>; i += 2) std::swap(x[i], x[i + 1]);
    return load<Arch>(x);
  }
}

/// True where vectors are as long as a line of the cache, and join_lanes() is quicker than to read across two of them.
template <class Arch>
inline constexpr bool joins_lanes = lanes<Arch> == 16 && detail::is_avx512<Arch>;

/// Lanes N and later of a, then the first N of b, 0 <= N <= lanes: where b lies behind a in memory, what lies N behind
/// a.
template <index_t N, class Arch>
[[gnu::always_inline]] inline vector<Arch> join_lanes(const vector<Arch>& a, const vector<Arch>& b) {
  static_assert(N >= 0 && N <= lanes<Arch>);
  if constexpr (N == 0) {
    return a;
  } else if constexpr (N == lanes<Arch>) {
    return b;
  } else if constexpr (joins_lanes<Arch>) {
    return vector<Arch>(detail::joined_lanes<static_cast<int>(N)>(a.data, b.data));
  } else {
    float both[static_cast<std::size_t>(2 * lanes<Arch>)];
    store(both, a), store(both + lanes<Arch>, b);
    return load<Arch>(both + N);
  }
}

/// a > b ? a : b, lane by lane: a NaN in the second argument stays.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> max(const vector<Arch>& a, const vector<Arch>& b) {
  return detail::extreme<true>(a, b);
}

/// a < b ? a : b, lane by lane: a NaN in the second argument stays.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> min(const vector<Arch>& a, const vector<Arch>& b) {
  return detail::extreme<false>(a, b);
}

namespace detail {
// Halves are combined until one lane is left: ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)) for eight lanes.
template <bool Largest, class Arch>
[[gnu::always_inline]] inline float reduce(const vector<Arch>& v) {
  if constexpr (requires { across<Largest>(v.data); }) {
    return across<Largest>(v.data);
  } else {
    float all[lanes<Arch>];
    store(all, v);
    for (index_t half = lanes<Arch> / 2; half > 0; half /= 2)
      for (index_t i = 0; i < half; ++i)
        all[i] = Largest ? (all[i] > all[i + half] ? all[i] : all[i + half]) : all[i] + all[i + half];
    return all[0];
  }
}
}  // namespace detail

/// The sum of the lanes, in the order ((0 + 2) + (1 + 3)): the halves are added until one lane is left.
template <class Arch>
[[gnu::always_inline]] inline float reduce_add(const vector<Arch>& v) {
  return detail::reduce<false, Arch>(v);
}

/// The largest lane. Unspecified if a lane is NaN.
template <class Arch>
[[gnu::always_inline]] inline float reduce_max(const vector<Arch>& v) {
  return detail::reduce<true, Arch>(v);
}

}  // namespace weft::simd
