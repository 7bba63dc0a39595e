#pragma once
// Random numbers that are the same from the same seed, whatever the compiler and its library.
#include <cstdint>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Random numbers: SplitMix64 (Steele, Lea and Flood 2014), and integer sums where others call a logarithm.
class random_source {
 public:
  explicit constexpr random_source(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t bits() {
    auto z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// A number in [0, n); n must be positive. Not perfectly even, which is of no account for n far below 2^64.
  constexpr index_t below(index_t n) { return static_cast<index_t>(bits() % static_cast<std::uint64_t>(n)); }
  /// A number in [0, 1), of 53 bits.
  constexpr double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  /// Mean 0, standard deviation 1, nearly normal, never beyond 6: the sum of twelve 16-bit numbers.
  constexpr double normal() {
    std::int64_t sum = 0;
    for (int draw = 0; draw < 3; ++draw)
      for (auto word = bits(), i = std::uint64_t{0}; i < 4; ++i, word >>= 16)
        sum += static_cast<std::int64_t>(word & 0xffff);
    return static_cast<double>(2 * sum - 12 * 0xffff) / 131072;
  }

 private:
  std::uint64_t state_;
};

}  // namespace weft
