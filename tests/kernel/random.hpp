#pragma once
// Values for kernels to chew on: the same on every machine, in buffers of exactly the size that was asked for.
#include <cmath>
#include <cstdint>
#include <vector>
#include <weft/base/index.hpp>

#include "largest.hpp"

namespace weft::test {

class source {
 public:
  explicit source(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  std::uint64_t bits() {
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    return state_ * 0x2545f4914f6cdd1du;
  }
  index_t below(index_t n) { return static_cast<index_t>(bits() >> 33) % n; }
  float value() { return static_cast<float>(static_cast<double>(bits() >> 40) / 8388608.0 - 1.0); }  // [-1, 1)
  std::vector<float> values(index_t n, float scale = 1) {
    std::vector<float> v(static_cast<std::size_t>(n));
    for (auto& x : v) x = scale * value();
    return v;
  }

 private:
  std::uint64_t state_;
};

inline double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) weft_test::raise(most, std::abs(double{a[i]} - double{b[i]}));
  return most;
}

}  // namespace weft::test
