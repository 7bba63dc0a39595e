#pragma once
#include <algorithm>
#include <weft/concept/pattern.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Several texts in one sequence: a token sees all of its own text and nothing of the others (Krell et al. 2021,
/// "Efficient Sequence Packing without Cross-contamination", section 3.2). Reads batch::documents; without them a
/// sequence is one text. Tiles inside one text are full spans.
struct documents {
  static constexpr index_t query_tile = 64;

  constexpr bool sees(const query_block& b, index_t query, index_t key) const {
    const auto numbers = of(b);
    return numbers.empty() || numbers[query] == numbers[key];
  }
  constexpr void visit(const query_block& b, auto&& spans) const {
    const auto numbers = of(b);
    if (numbers.empty()) return spans.full({0, b.length});
    const auto lowest = numbers[b.first], highest = numbers[b.last - 1];
    const index_t first = std::lower_bound(numbers.begin(), numbers.begin() + b.first, lowest) - numbers.begin();
    const index_t last = std::upper_bound(numbers.begin() + b.last - 1, numbers.end(), highest) - numbers.begin();
    if (lowest == highest)
      spans.full({first, last});
    else
      spans.masked({first, last});
  }

 private:
  // The numbers of the sequence's tokens; empty if the batch has none.
  static constexpr list<const index_t> of(const query_block& b) {
    if (!b.in || b.in->documents.empty()) return {};
    const auto first = b.in->first(b.sequence);
    return b.in->documents.part(first, first + b.length);
  }
};

}  // namespace weft
