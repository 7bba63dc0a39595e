#pragma once
// A number whose digits count, whatever the compiler's flags allow: -ffast-math makes x / (a / b) another number, and
// an integer made of it another integer.
#include <concepts>
#include <type_traits>
#include <weft/base/version.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// x. The optimiser cannot look through it: what made x is rounded as it is written, and what follows knows nothing of
/// how x was made, nor that it was there before: a divisor that several divisions share becomes no factor. Costs no
/// instruction.
template <std::floating_point T>
[[gnu::always_inline]] constexpr T as_computed(T x) {
  if (!std::is_constant_evaluated()) {
#if defined(__GNUC__) && defined(__SSE2_MATH__)
    if constexpr (sizeof(T) <= 8)
      asm volatile("" : "+x"(x));
    else
      asm volatile("" : "+m"(x));
#elif defined(__GNUC__) && defined(__aarch64__)
    asm volatile("" : "+w"(x));
#elif defined(__GNUC__)
    asm volatile("" : "+m"(x));
#endif
  }
  return x;
}

}  // namespace weft
