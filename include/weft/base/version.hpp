#pragma once
// The version, in one place: its numbers, and the namespace inside `weft` that every header opens, so that what two
// versions compile has two names for the linker. The macro is weft's own: programs write `weft::`.

#define WEFT_INLINE_NAMESPACE v0_1

namespace weft::inline WEFT_INLINE_NAMESPACE {

inline constexpr int version_major = 0, version_minor = 1, version_patch = 0;
inline constexpr const char* version = "0.1.0";

}  // namespace weft
