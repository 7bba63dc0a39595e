#pragma once
// How large an array of a function may be. Threads may have no more than 128 KiB of stack (musl's), and a part's sizes
// are template arguments that anybody chooses: what is larger comes from the part's scratch.
#include <weft/base/index.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Bytes of the largest array on the stack.
inline constexpr index_t most_on_stack = index_t{64} << 10;

/// Count, for the bounds of an array of a function or of an object that lives in one: `float sums[on_stack<float, n>]`.
/// Does not compile where the array would take more than most_on_stack.
template <class T, index_t Count>
inline constexpr std::size_t on_stack = [] {
  static_assert(
      Count * static_cast<index_t>(sizeof(T)) <= most_on_stack,
      "weft: an array on the stack takes at most 64 KiB, since a thread may have no more than 128 KiB: cut the "
      "work into smaller pieces, or take the memory from a frame");
  return static_cast<std::size_t>(Count);
}();

/// How many rows of Count values an array on the stack has room for: `most`, or as many as take at most Bytes, and at
/// least one.
template <class T, index_t Count, index_t Bytes = most_on_stack / 2>
constexpr index_t rows_on_stack(index_t most) {
  const index_t fit = Bytes / (Count * static_cast<index_t>(sizeof(T)));
  return fit < 1 ? 1 : fit < most ? fit : most;
}

}  // namespace weft
