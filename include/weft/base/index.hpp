#pragma once
// The integer of every size, count and position in weft: signed, so that differences are safe.
#include <cstddef>
#include <weft/base/version.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

using index = std::ptrdiff_t;

/// The smallest whole number of steps of `by` that covers `n`; `by` must be positive.
constexpr index ceil_div(index n, index by) { return (n + by - 1) / by; }

/// The smallest multiple of `to` that is not below `n`; `to` must be positive.
constexpr index round_up(index n, index to) { return ceil_div(n, to) * to; }

}  // namespace weft
