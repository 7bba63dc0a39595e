#pragma once
// Loops whose index the compiler knows, so that arrays of vectors stay in registers at any optimisation level.
#include <utility>
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::simd {

/// f(0), f(1) ... f(N - 1), with arguments of type std::integral_constant. A plain loop over an array of vectors goes
/// through memory unless the compiler unrolls it, which g++ does not do at -O2. Declare f itself always inlined:
/// `each<4>([&](auto i) __attribute__((always_inline)) { ... });`
template <index_t N, class F>
[[gnu::always_inline]] constexpr void each(F&& f) {
  [&]<index_t... I>(std::integer_sequence<index_t, I...>) __attribute__((always_inline)) {
    (f(std::integral_constant<index_t, I>{}), ...);
  }
  (std::make_integer_sequence<index_t, N>{});
}

}  // namespace weft::simd
