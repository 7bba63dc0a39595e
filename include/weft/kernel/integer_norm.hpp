#pragma once
// Layer normalisation on whole numbers.
#include <bit>
#include <cstdint>
#include <weft/kernel/requantise.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The square root of v, rounded down, by Newton's steps from above (Crandall and Pomerance, algorithm 9.2.11).
inline std::uint64_t integer_root(std::uint64_t v) {
  if (v == 0) return 0;
  auto x = std::uint64_t{1} << ((64 - std::countl_zero(v) + 1) / 2);
  for (;;) {
    const auto next = (x + v / x) / 2;
    if (next >= x) return x;
    x = next;
  }
}

/// Layer normalisation of a row of n whole numbers of at most 2^30 in size (I-BERT, section 3.6; reference:
/// IntLayerNorm), with a calibrated shift of 0 to 31: y[i] is about (x[i] - mean) / deviation in steps of
/// sqrt(n) / 2^30, plus offsets[i]. A row of equal values gives the offsets.
template <class Arch>
void integer_norm_row(const std::int32_t* x, index_t n, int shift, const std::int64_t* offsets, std::int64_t* y) {
  using longs = simd::long_numbers<Arch>;
  using vector = typename longs::vector;
  std::int64_t sum = 0;
  vector sums{};
  each_long_lanes<Arch>(
      n, true, [&](index_t i) { sums += longs::load(x + i); }, [&](index_t i) { sum += x[i]; });
  sum += longs::sum(sums);
  const auto down = sum / n - (sum % n < 0), rest = sum - down * n;  // sum = down * n + rest, 0 <= rest < n
  const auto mean = down + (2 * rest > n || (2 * rest == n && down % 2 != 0));
  std::uint64_t squares = 0;
  vector of_lanes{};
  each_long_lanes<Arch>(
      n, true,
      [&](index_t i) {
        const vector smaller = longs::right(longs::load(x + i) - mean, longs::set(shift));
        of_lanes += longs::product(smaller, smaller);
      },
      [&](index_t i) {
        const auto smaller = (x[i] - mean) >> shift;
        squares += static_cast<std::uint64_t>(smaller * smaller);
      });
  squares += static_cast<std::uint64_t>(longs::sum(of_lanes));
  const auto deviation = static_cast<std::int64_t>(integer_root(squares)) << shift;
  const auto factor = deviation == 0 ? 0 : (std::int64_t{1} << 31) / deviation;
  each_long_lanes<Arch>(
      n, deviation != 1,  // whose factor has 32 bits and no place for a sign
      [&](index_t i) {
        const vector product = longs::product(longs::load(x + i) - mean, longs::set(factor));
        longs::store(y + i, longs::right(product, longs::set(1)) + longs::load(offsets + i));
      },
      [&](index_t i) { y[i] = (((x[i] - mean) * factor) >> 1) + offsets[i]; });
}

}  // namespace weft
