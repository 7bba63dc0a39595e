#pragma once
// Sums whose order no architecture chooses: sixteen chains side by side, in as many registers as that takes.
#include <weft/simd/each.hpp>
#include <weft/simd/vector.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::simd {

/// How many chains a sum over a row or over keys runs in, on every architecture: what the widest has lanes. Value i of
/// a row belongs to chain i mod chains.
inline constexpr index_t chains = 16;

/// The registers that hold one float of every chain.
template <class Arch>
inline constexpr index_t chain_registers = chains / lanes<Arch>;

/// One float of every chain: a register of sixteen lanes, two of eight, four of four. Zeros to begin with.
template <class Arch>
struct chain_sums {
  static_assert(chains % lanes<Arch> == 0, "weft::simd::chain_sums: an architecture has 16 lanes or a divisor of 16");
  vector<Arch> part[chain_registers<Arch>];

  [[gnu::always_inline]] chain_sums() {
    each<chain_registers<Arch>>([&](auto i) __attribute__((always_inline)) { part[i] = set<Arch>(0.0f); });
  }
  /// Chain by chain.
  [[gnu::always_inline]] chain_sums& operator+=(const chain_sums& other) {
    each<chain_registers<Arch>>([&](auto i) __attribute__((always_inline)) { part[i] = part[i] + other.part[i]; });
    return *this;
  }
  /// Chain by chain, rounded before a sum follows.
  [[gnu::always_inline]] chain_sums& operator*=(const vector<Arch>& factor) {
    each<chain_registers<Arch>>([&](auto i)
                                    __attribute__((always_inline)) { part[i] = rounded<Arch>(part[i] * factor); });
    return *this;
  }
};

/// The sum of all chains, in reduce_add's order of sixteen lanes: the halves are added until one is left.
template <class Arch>
[[gnu::always_inline]] inline float reduce_add(chain_sums<Arch> sums) {
  constexpr index_t registers = chain_registers<Arch>;
  if constexpr (registers >= 4)
    each<registers / 2>([&](auto i) __attribute__((always_inline)) {
      sums.part[i] = sums.part[i] + sums.part[i + registers / 2];
    });
  if constexpr (registers >= 2) sums.part[0] = sums.part[0] + sums.part[1];
  return reduce_add<Arch>(sums.part[0]);
}

}  // namespace weft::simd
