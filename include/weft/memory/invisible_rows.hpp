#pragma once
// What parts that look at neighbouring rows do with rows that are not visible (batch::visible).
#include <weft/memory/batch.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// `read`: as the reference does, which pads a batch and lets convolutions and trigrams see the padding. `zeros`: like
/// rows beyond the end of the sequence, so that padding changes nothing.
enum class invisible_rows { read, zeros };

/// How many rows of a sequence its neighbours may look at.
template <invisible_rows Mode>
constexpr index_t readable(const batch& in, index_t sequence) {
  return Mode == invisible_rows::read ? in.length(sequence) : in.keys(sequence);
}

}  // namespace weft
