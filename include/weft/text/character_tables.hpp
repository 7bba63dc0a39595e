#pragma once
// The shapes of the generated tables in character_classes.hpp.
#include <cstdint>
#include <weft/base/version.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// Flags of the code points from `first` up to the first one of the next entry.
struct class_start {
  char32_t first;
  std::uint8_t flags;
};

/// Code points first, first + step, ..., last, each of which maps to itself plus `distance`.
struct case_run {
  char32_t first, last, step;
  std::int32_t distance;
};

struct mapping {
  char32_t from, to;
};

/// Unused places of `to` are 0.
struct long_mapping {
  char32_t from, to[3];
};

}  // namespace weft::detail
