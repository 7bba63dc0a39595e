#pragma once
// What patterns do with spans before a kernel sees them.
#include <algorithm>
#include <concepts>
#include <utility>
#include <weft/concept/pattern.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Hands spans on, neighbours of one kind joined: kernels work on longer runs. Spans come in any order; call finish()
/// after the last.
template <class Spans>
class joined_spans {
 public:
  constexpr explicit joined_spans(Spans& to) : to_(to) {}

  constexpr void full(key_span span, index_t times = 1) { take(span, times); }
  constexpr void masked(key_span span) { take(span, asked); }
  constexpr void finish() {
    if (held_.first == held_.last) return;
    if (times_ == asked)
      to_.masked(held_);
    else if (times_ == 1)
      to_.full(held_);
    else
      to_.full(held_, times_);
    held_ = {0, 0};
  }

 private:
  static constexpr index_t asked = 0;  // full spans count at least once

  constexpr void take(key_span span, index_t times) {
    if (span.first >= span.last) return;
    if (held_.last == span.first && times_ == times && held_.first != held_.last) {
      held_.last = span.last;
      return;
    }
    finish();
    held_ = span, times_ = times;
  }

  Spans& to_;
  key_span held_{0, 0};
  index_t times_ = asked;
};

/// Hands on what lies at or behind a key.
template <class Spans>
struct spans_from {
  Spans& to;
  index_t first;
  constexpr void full(key_span span, index_t times = 1) { to.full({std::max(first, span.first), span.last}, times); }
  constexpr void masked(key_span span) { to.masked({std::max(first, span.first), span.last}); }
};

/// Names the key blocks of an ascending list as full spans of a sequence of `length` rows; a block counts as often as
/// it stands there. Blocks beyond the end are left out.
template <index_t Block>
constexpr void visit_blocks(const auto& ascending, index_t count, index_t length, auto& spans) {
  joined_spans joined(spans);
  for (index_t i = 0; i < count;) {
    const index_t block = ascending[i];
    index_t times = 1;
    while (i + times < count && ascending[i + times] == block) ++times;
    joined.full({block * Block, std::min(length, (block + 1) * Block)}, times);
    i += times;
  }
  joined.finish();
}

/// True if a key counts once or never, by the type that sees() returns.
template <attention_pattern P>
inline constexpr bool counts_once =
    std::same_as<decltype(std::declval<const P&>().sees(std::declval<const query_block&>(), index_t{}, index_t{})),
                 bool>;

}  // namespace weft
