#pragma once
// Pairs of bfloat16: two lie in 32 bits, the first in the lower half.
#include <cstdint>
#include <weft/base/bfloat16.hpp>
#include <weft/simd/vector.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::simd {

using weft::from_bfloat16, weft::to_bfloat16;

/// Two neighbours in 32 bits.
constexpr std::uint32_t bfloat16_pair(float first, float second) {
  return to_bfloat16(first) | std::uint32_t{to_bfloat16(second)} << 16;
}

/// True where one instruction multiplies pairs of bfloat16 and adds both products to float sums (AVX-512 BF16). It is
/// a property of the compiler's flags; all of a program's units that use bfloat16 want the same ones.
template <class Arch>
inline constexpr bool has_bfloat16_dot = detail::has_bfloat16_dot<Arch>;

/// `lanes<Arch>` pairs, an operand of dot_pairs.
template <class Arch>
using pair_vector = detail::pair_vector;

/// `lanes<Arch>` pairs from memory.
template <class Arch>
[[gnu::always_inline]] inline pair_vector<Arch> load_pairs(const std::uint32_t* pairs) {
  return detail::load_pairs(pairs);
}

/// One pair in all lanes.
template <class Arch>
[[gnu::always_inline]] inline pair_vector<Arch> set_pair(std::uint32_t pair) {
  return detail::set_pair(pair);
}

/// sum + first a * first b + second a * second b, lane by lane, in float. Only where has_bfloat16_dot; so is
/// round_to_pairs.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> dot_pairs(pair_vector<Arch> a, pair_vector<Arch> b,
                                                     const vector<Arch>& sum) {
  return detail::dot_pairs(a, b, sum);
}

/// 2 * lanes<Arch> floats to lanes<Arch> pairs, to nearest even.
template <class Arch>
[[gnu::always_inline]] inline void round_to_pairs(const float* x, std::uint32_t* pairs) {
  detail::round_to_pairs(x, pairs);
}

/// The first of each of `lanes<Arch>` pairs, as floats.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> first_of_pairs(const std::uint32_t* pairs) {
  return detail::first_of_pairs<Arch>(pairs);
}

/// The second of each of `lanes<Arch>` pairs, as floats.
template <class Arch>
[[gnu::always_inline]] inline vector<Arch> second_of_pairs(const std::uint32_t* pairs) {
  return detail::second_of_pairs<Arch>(pairs);
}

}  // namespace weft::simd
