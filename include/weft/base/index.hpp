#pragma once
// The integer of every size, count and position in weft: signed, so that differences are safe.
#include <cstddef>
#include <weft/base/version.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Not `index`: <strings.h>, which many headers of a system include, has a function of that name, and a program that
/// says `using namespace weft;` could name neither.
using index_t = std::ptrdiff_t;

/// The smallest whole number of steps of `by` that covers `n`; `by` must be positive.
constexpr index_t ceil_div(index_t n, index_t by) { return (n + by - 1) / by; }

/// The smallest multiple of `to` that is not below `n`; `to` must be positive.
constexpr index_t round_up(index_t n, index_t to) { return ceil_div(n, to) * to; }

/// A size as the standard library counts; `n` must not be negative. For arrays of a size that the type gives.
constexpr std::size_t array_size(index_t n) { return static_cast<std::size_t>(n); }

namespace detail {

/// Whether two numbers are the same, to the bit but for the sign of zero; NaN is not. For comparisons that are meant
/// so.
constexpr bool same_number(double a, double b) { return a <= b && a >= b; }
constexpr bool same_number(float a, float b) { return a <= b && a >= b; }

}  // namespace detail

}  // namespace weft
