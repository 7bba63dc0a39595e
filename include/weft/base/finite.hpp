#pragma once
// Is it a number? Asked of the bits: -ffast-math promises that nothing else occurs, so comparisons and std::isfinite
// are folded away under it.
#include <bit>
#include <cstdint>
#include <weft/base/list.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// The bits of x, of which the compiler knows nothing any more: not even what the arithmetic that made x promised.
template <class Bits, class Float>
inline Bits bits_of(Float x) {
#if defined(__GNUC__)
  auto bits = std::bit_cast<Bits>(x);
  __asm__("" : "+r"(bits));
  return bits;
#else
  const volatile Float read = x;
  return std::bit_cast<Bits>(Float{read});
#endif
}
}  // namespace detail

/// True unless x is NaN or infinite.
inline bool is_finite(float x) { return (detail::bits_of<std::uint32_t>(x) & 0x7f800000u) != 0x7f800000u; }
inline bool is_finite(double x) {
  constexpr std::uint64_t exponent = 0x7ff0000000000000u;
  return (detail::bits_of<std::uint64_t>(x) & exponent) != exponent;
}

inline bool is_nan(float x) { return (detail::bits_of<std::uint32_t>(x) & 0x7fffffffu) > 0x7f800000u; }

/// True if every value is finite. One pass, as fast as memory is read.
inline bool all_finite(list<const float> values) {
  constexpr index_t step = 256;  // a count that the compiler knows, so that it makes vectors of the loop
  // One more in the place of an exponent of ones carries into the place of the sign.
  const auto carries = [](float x) { return (std::bit_cast<std::uint32_t>(x) & 0x7f800000u) + 0x00800000u; };
  index_t i = 0;
  for (; i + step <= values.size(); i += step) {
    const float* const part = values.data() + i;
    std::uint32_t seen = 0;
    for (index_t j = 0; j < step; ++j) seen |= carries(part[j]);
    if (seen >> 31 != 0) return false;
  }
  std::uint32_t seen = 0;
  for (; i < values.size(); ++i) seen |= carries(values[i]);
  return seen >> 31 == 0;
}

/// NaN. Compilers that may assume that there is none fold the one of the standard library away.
inline float not_a_number() {
  const volatile std::uint32_t bits = 0x7fc00000u;
  return std::bit_cast<float>(std::uint32_t{bits});
}

}  // namespace weft
