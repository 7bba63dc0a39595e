#pragma once
// The law of records, beside those of the axes; see memory/record_laws.hpp.
#include <weft/memory/record_laws.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {
using weft::broken_record_law;
}  // namespace weft::testing
