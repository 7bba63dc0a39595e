#pragma once
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Where a row of numbers by distance, key minus query, holds which: distance -positions first, so that consecutive
/// keys are consecutive in memory, and as far beyond positions - 1 as kernels compute scores of keys that do not exist.
struct by_distance {
  index_t positions;
  constexpr index_t count() const { return 2 * positions + 32; }
  constexpr index_t of(index_t distance) const { return positions + distance; }
  constexpr index_t distance(index_t place) const { return place - positions; }
};

}  // namespace weft
