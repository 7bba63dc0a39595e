#pragma once
// From one scale of whole numbers to another without floating point (Jacob et al. 2018; I-BERT, section 3.1): a
// multiplication by a whole number of 31 bits and a shift that rounds to nearest, ties to even.
#include <cmath>
#include <cstdint>
#include <weft/base/error.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
__extension__ using whole_128 = __int128;
}

/// A ratio as multiplier / 2^shift: the multiplier has 31 bits, and the ratio's sign. 1 <= shift.
struct dyadic {
  std::int32_t multiplier = 0, shift = 1;
};

/// q * ratio, rounded to nearest, ties to even. Exact for every q of less than 2^62.
[[gnu::always_inline]] inline std::int64_t requantised(std::int64_t q, dyadic ratio) {
  if (ratio.shift >= 33 && ratio.shift <= 64) {  // moved so that the shift is 64: the upper half, and what is below
    const auto product = static_cast<detail::whole_128>(q) * (std::int64_t{ratio.multiplier} << (64 - ratio.shift));
    const auto below = static_cast<std::uint64_t>(product), half = std::uint64_t{1} << 63;
    const auto nearest = static_cast<std::int64_t>(product >> 64) + static_cast<std::int64_t>(below >> 63);
    return below == half ? nearest & ~std::int64_t{1} : nearest;
  }
  const auto product = static_cast<detail::whole_128>(q) * ratio.multiplier;
  const auto half = detail::whole_128{1} << (ratio.shift - 1);
  return static_cast<std::int64_t>((product + (half - 1) + ((product >> ratio.shift) & 1)) >> ratio.shift);
}
/// The same of 32 bits.
[[gnu::always_inline]] inline std::int64_t requantised(std::int32_t q, dyadic ratio) {
  const auto product = std::int64_t{q} * ratio.multiplier;
  if (ratio.shift > 62) return 0;  // less than a half, or a half whose even neighbour is 0
  const auto half = std::int64_t{1} << (ratio.shift - 1);
  return (product + (half - 1) + ((product >> ratio.shift) & 1)) >> ratio.shift;
}

/// The dyadic of a ratio: its mantissa times 2^31, halves away from zero (reference: quant_utils.batch_frexp). Fails
/// for ratios of 2^30 and above, and for those that are none; `what` says whose it is.
inline dyadic dyadic_of(double ratio, std::string_view what) {
  const auto refuse = [&] {
    fail({.subject = what,
          .found = "a scale that is 2^30 or more times the next one's",
          .wanted = "ranges of one model: their ratios have 31 bits"});
  };
  if (!(std::abs(ratio) < 1073741824.0)) refuse();  // NaN, too, which has no mantissa
  int exponent = 0;
  auto mantissa = static_cast<std::int64_t>(std::round(std::frexp(ratio, &exponent) * 2147483648.0));
  int shift = 31 - exponent;
  if (mantissa == std::int64_t{1} << 31 || mantissa == -(std::int64_t{1} << 31)) mantissa /= 2, --shift;
  if (shift < 1) refuse();
  if (shift > 120) return {};  // 0 of all that has 93 bits
  return {static_cast<std::int32_t>(mantissa), shift};
}

}  // namespace weft
