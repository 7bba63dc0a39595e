#pragma once
// Layer normalisation on whole numbers.
#include <bit>
#include <cstdint>
#include <weft/base/index.hpp>

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
inline void integer_norm_row(const std::int32_t* x, index_t n, int shift, const std::int64_t* offsets,
                             std::int64_t* y) {
  std::int64_t sum = 0;
  for (index_t i = 0; i < n; ++i) sum += x[i];
  const auto down = sum / n - (sum % n < 0), rest = sum - down * n;  // sum = down * n + rest, 0 <= rest < n
  const auto mean = down + (2 * rest > n || (2 * rest == n && down % 2 != 0));
  std::uint64_t squares = 0;
  for (index_t i = 0; i < n; ++i) {
    y[i] = x[i] - mean;
    const auto smaller = y[i] >> shift;
    squares += static_cast<std::uint64_t>(smaller * smaller);
  }
  const auto deviation = static_cast<std::int64_t>(integer_root(squares)) << shift;
  const auto factor = deviation == 0 ? 0 : (std::int64_t{1} << 31) / deviation;
  for (index_t i = 0; i < n; ++i) y[i] = ((y[i] * factor) >> 1) + offsets[i];
}

}  // namespace weft
