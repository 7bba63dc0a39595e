#pragma once
// NumPy's legacy generator, bit for bit: numpy.random.seed and numpy.random.permutation.
#include <cstdint>
#include <utility>
#include <weft/base/list.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The generator that numpy.random.seed(seed) leaves behind: MT19937 (Matsumoto and Nishimura 1998, init_genrand).
class numpy_random {
 public:
  constexpr explicit numpy_random(std::uint32_t seed) {
    for (std::uint32_t i = 0; i < size; ++i) {
      state_[i] = seed;
      seed = 1812433253u * (seed ^ (seed >> 30)) + i + 1;
    }
  }

  /// 32 random bits.
  constexpr std::uint32_t bits() {
    if (next_ == size) refill();
    auto y = state_[next_++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
  }

  /// A number in [0, most]: bits under the smallest mask that covers `most`, drawn until one fits. 0 draws nothing.
  constexpr std::uint32_t up_to(std::uint32_t most) {
    if (most == 0) return 0;
    auto mask = most;
    for (const int shift : {1, 2, 4, 8, 16}) mask |= mask >> shift;
    for (;;)
      if (const auto value = bits() & mask; value <= most) return value;
  }

  /// numpy.random.shuffle, and so numpy.random.permutation of a copy: from the last value down, each is swapped with
  /// one at or before it.
  template <class T>
  constexpr void shuffle(list<T> values) {
    for (index_t i = values.size() - 1; i > 0; --i)
      std::swap(values[i], values[static_cast<index_t>(up_to(static_cast<std::uint32_t>(i)))]);
  }

 private:
  static constexpr std::uint32_t size = 624, half = 397;

  constexpr void refill() {
    for (std::uint32_t i = 0; i < size; ++i) {
      const auto y = (state_[i] & 0x80000000u) | (state_[(i + 1) % size] & 0x7fffffffu);
      state_[i] = state_[(i + half) % size] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0u);
    }
    next_ = 0;
  }

  std::uint32_t state_[size] = {};
  std::uint32_t next_ = size;
};

}  // namespace weft
