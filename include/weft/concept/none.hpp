#pragma once
#include <weft/base/version.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// No policy, on an axis that may be empty: no weights, no code.
struct none {};

}  // namespace weft
