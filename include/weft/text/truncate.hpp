#pragma once
// How texts that are too long are cut: which part is kept, and the windows over the rest.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/text/encoding.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

enum class truncation_strategy {
  longest_first,  ///< token by token off whichever text is longer
  only_first,
  only_second,
};

/// Which end of a text is cut off.
enum class truncation_side { right, left };

/// Lengths are in tokens. `max_length` includes the special tokens; if it does not even have room for those, nothing is
/// cut, as in the reference.
struct truncation {
  index_t max_length = 512;
  truncation_strategy strategy = truncation_strategy::longest_first;
  index_t stride = 0;                             ///< tokens that each window repeats of the one before it
  truncation_side side = truncation_side::right;  ///< left: the end is kept, and windows go on towards the beginning
};

/// The parts of one or two texts; part 0 is what is kept, the others are the windows that follow it.
struct truncated {
  std::vector<token_range> first, second;
};

namespace detail {

// Windows of `keep` tokens over `length` tokens.
inline std::vector<token_range> windows(index_t length, index_t keep, index_t stride, truncation_side side) {
  if (keep >= length) return {{0, length}};
  if (keep == 0) return {{0, 0}, {0, length}};
  if (stride >= keep)
    fail({.subject = "truncation: stride",
          .found = std::to_string(stride),
          .wanted = "less than the " + std::to_string(keep) + " tokens that are left for this text",
          .remedy = "or the windows would not advance"});
  std::vector<token_range> parts;
  if (side == truncation_side::left)
    for (index_t end = length;; end -= keep - stride) {
      parts.push_back({std::max<index_t>(end - keep, 0), end});
      if (parts.back().begin == 0) return parts;
    }
  for (index_t begin = 0;; begin += keep - stride) {
    parts.push_back({begin, std::min(begin + keep, length)});
    if (parts.back().end == length) return parts;
  }
}

}  // namespace detail

/// Cuts texts of `first` and, in a pair, `second` tokens to what `max_length` leaves beside `special` tokens.
/// Throws weft::error if the one text that may be cut is not longer than what must go, if only the second may be cut
/// and there is none, and if windows would not advance.
inline truncated truncate(index_t first, std::optional<index_t> second, index_t special,
                          const std::optional<truncation>& want) {
  truncated parts{{{0, first}}, {}};
  if (second) parts.second = {{0, *second}};
  if (!want) return parts;
  const truncation& how = *want;
  if (how.stride < 0 || how.max_length < 0)
    fail({.subject = how.stride < 0 ? "truncation: stride" : "truncation: max_length",
          .found = std::to_string(how.stride < 0 ? how.stride : how.max_length),
          .wanted = "0 or more"});
  const index_t room = how.max_length - special;
  if (room < 0) return parts;
  const index_t excess = first + second.value_or(0) - room;
  index_t keep_first = first, keep_second = second.value_or(0);
  if (room == 0) {
    keep_first = keep_second = 0;
  } else if (excess > 0 && how.strategy == truncation_strategy::longest_first) {
    // The shorter text keeps all of its tokens up to half of the room; the longer one gets what is left.
    index_t shorter = std::min(keep_first, keep_second), longer = std::max({shorter, room - shorter});
    if (!second) shorter = 0, longer = room;
    if (shorter + longer > room) shorter = room / 2, longer = room - shorter;
    const bool swapped = second && first > *second;
    keep_first = swapped || !second ? longer : shorter;
    keep_second = swapped || !second ? shorter : longer;
  } else if (excess > 0) {
    const bool cuts_first = how.strategy == truncation_strategy::only_first;
    if (!cuts_first && !second)
      fail(
          {.subject = "truncation", .found = "only_second for a single text", .wanted = "only_first or longest_first"});
    index_t& target = cuts_first ? keep_first : keep_second;
    if (target <= excess)
      fail({.subject = "truncation",
            .found = std::to_string(target) + " tokens in the text that may be cut",
            .wanted = "more than " + std::to_string(excess) + ", which are too many in all",
            .remedy = "raise max_length, or truncate longest_first"});
    target -= excess;
  }
  parts.first = detail::windows(first, keep_first, how.stride, how.side);
  if (second) parts.second = detail::windows(*second, keep_second, how.stride, how.side);
  return parts;
}

}  // namespace weft
