#pragma once
// The promise of the same bits, as something that has a version: docs/explanations/same-bits.md.
#include <weft/base/version.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The version of the promise: builds that keep it, and have the same number here, give the same bits for the same
/// model and text. Whoever changes a bit of a result changes this number; tests/bits/digests.json holds what it stands
/// for.
inline constexpr int bits_version = 1;

/// False where the compiler may reorder sums or divide by multiplying: -ffast-math and, as far as the compiler says so,
/// its parts.
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || \
    (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
inline constexpr bool arithmetic_as_written = false;
#else
inline constexpr bool arithmetic_as_written = true;
#endif

}  // namespace weft
