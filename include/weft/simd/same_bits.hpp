#pragma once
// Whether this translation unit keeps the promise of the same bits, and in words: docs/explanations/same-bits.md.
#include <weft/base/same_bits.hpp>
#include <weft/base/unit_containers.hpp>
#include <weft/simd/vector.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::simd {

/// True if what is computed for the architecture in this translation unit keeps the promise, version
/// weft::bits_version: products and sums are fused, and the compiler leaves arithmetic as it is written. Otherwise
/// results agree with those of builds that keep it to rounding. weft::bfloat16 is an exception, see
/// numeric/bfloat16.hpp.
template <class Arch = native>
inline constexpr bool keeps_bits = has_fma<Arch>&& arithmetic_as_written;

/// Why it is not kept; empty where it is.
template <class Arch = native>
constexpr const char* why_not_same_bits() {
  if (!has_fma<Arch>) return "no fused multiply-add";
  return arithmetic_as_written ? "" : "-ffast-math";
}

/// Both for programs to print: "bits of version 1", or "agrees with bits of version 1 to rounding: -ffast-math".
template <class Arch = native>
unit_string bits_sentence() {
  const unit_string bits = "bits of version " + decimal(bits_version);
  if (keeps_bits<Arch>) return bits;
  return "agrees with " + bits + " to rounding: " + why_not_same_bits<Arch>();
}

}  // namespace weft::simd
