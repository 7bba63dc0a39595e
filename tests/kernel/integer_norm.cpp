// i-LayerNorm against its twin and the norm in floating point.
#include <weft/kernel/integer_norm.hpp>
#include <weft/kernel/reference_integer.hpp>

#include <vector>
#include <weft/base/random_source.hpp>

#include "catch.hpp"

namespace integer_norm_test {

using namespace weft;

TEST_CASE("the root is rounded down") {
  random_source random(4);
  for (std::uint64_t v = 0; v < 2000; ++v) CHECK(integer_root(v) == reference::integer_root(v));
  for (int i = 0; i < 5000; ++i) {
    const auto v = random.bits() >> (random.bits() % 64);
    CHECK(integer_root(v) == reference::integer_root(v));
    const auto root = v >> 33;
    CHECK(integer_root(root * root) == root);
    if (root > 0) CHECK(integer_root(root * root - 1) == root - 1);
  }
  CHECK(integer_root(~std::uint64_t{0}) == 0xffffffffu);
}

TEST_CASE("rows are normalised as by the twin, and as in floating point") {
  random_source random(5);
  for (const index_t n : {1, 2, 7, 24, 768})
    for (int shift = 0; shift < 12; ++shift) {
      std::vector<std::int32_t> x(static_cast<std::size_t>(n));
      std::vector<std::int64_t> offsets(x.size()), y(x.size()), wanted(x.size());
      for (auto& one : x) one = static_cast<std::int32_t>(static_cast<std::int64_t>(random.bits()) >> 42);  // 22 bits
      for (auto& one : offsets) one = static_cast<std::int64_t>(random.bits()) >> 20;
      integer_norm_row<simd::native>(x.data(), n, shift, offsets.data(), y.data());
      reference::integer_norm_row(x.data(), n, shift, offsets.data(), wanted.data());
      CHECK(y == wanted);
      if (n < 24) continue;
      double mean = 0, squares = 0;
      for (const auto one : x) mean += one / static_cast<double>(n);
      for (const auto one : x) squares += (one - mean) * (one - mean) / static_cast<double>(n);
      const double step = std::sqrt(static_cast<double>(n)) / 1073741824.0;
      for (std::size_t i = 0; i < x.size(); ++i)
        CHECK(std::abs(static_cast<double>(y[i] - offsets[i]) * step - (x[i] - mean) / std::sqrt(squares)) < 0.04);
    }
}

TEST_CASE("a row of equal values is the offsets, and the largest values overflow nothing") {
  std::vector<std::int32_t> x(768, -5);
  std::vector<std::int64_t> offsets(768), y(768), wanted(768);
  for (std::size_t i = 0; i < 768; ++i) offsets[i] = static_cast<std::int64_t>(i) - 300;
  integer_norm_row<simd::native>(x.data(), 768, 3, offsets.data(), y.data());
  CHECK(y == offsets);
  for (std::size_t i = 0; i < 768; ++i) x[i] = i % 2 ? 2097151 : -2097152;  // squares of 54 bits
  integer_norm_row<simd::native>(x.data(), 768, 0, offsets.data(), y.data());
  reference::integer_norm_row(x.data(), 768, 0, offsets.data(), wanted.data());
  CHECK(y == wanted);
  CHECK(std::abs(static_cast<double>(y[1] - offsets[1]) * std::sqrt(768.0) / 1073741824.0 - 1) < 0.03);
}

}  // namespace integer_norm_test
