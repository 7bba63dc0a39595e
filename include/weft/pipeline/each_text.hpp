#pragma once
// Texts of a collection prepared by the workers of an executor, and taken in order.
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/pipeline/options.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

/// A text_input that owns its texts.
struct kept_text {
  std::string first;
  std::optional<std::string> second = {};

  explicit kept_text(const text_input& text) : first(text.first) {
    if (text.second) second.emplace(*text.second);
  }
  operator text_input() const { return second ? text_input(first, *second) : text_input(first); }  // NOLINT
};

// Whether the texts of a collection are still there when its iterator has moved on.
template <class Texts, class Reference = std::ranges::range_reference_t<Texts>>
inline constexpr bool texts_stay = std::ranges::forward_range<Texts> && (std::is_lvalue_reference_v<Reference> ||
                                                                         std::is_trivially_destructible_v<Reference>);

/// How many texts there are; 0 where only reading them would say.
template <text_source Texts>
index_t count_of([[maybe_unused]] Texts& texts) {
  if constexpr (std::ranges::forward_range<Texts>)
    return static_cast<index_t>(std::ranges::distance(texts));
  else
    return 0;
}

}  // namespace detail

/// take(make(text, number)) for every text of a collection, numbered from 0, in order. The executor's workers share the
/// calls of make(), for some texts at a time; between them take() may run tasks of its own on the same executor. Memory
/// is bounded by the texts of one group. Throws what make() throws for the first text that fails; of those before it
/// some may then not be taken.
template <text_source Texts, class Make, class Take>
void each_text(Texts&& texts, const executor& run, const Make& make, const Take& take) {
  if (run.workers() < 2) {
    index_t number = 0;
    for (auto&& text : texts) take(make(text_input(text), number++));
    return;
  }
  constexpr std::size_t most_texts = 1024, most_bytes = std::size_t{1} << 16;
  using kept = std::conditional_t<detail::texts_stay<Texts>, text_input, detail::kept_text>;
  std::vector<kept> group;
  std::vector<std::invoke_result_t<const Make&, const text_input&, index_t>> made;
  std::size_t bytes = 0;
  index_t before = 0;
  const auto finish = [&] {
    made.clear();
    made.resize(group.size());
    run.for_each(static_cast<index_t>(group.size()), [&](index_t i, index_t) {
      const auto at = static_cast<std::size_t>(i);
      made[at] = make(text_input(group[at]), before + i);
    });
    for (auto& one : made) take(std::move(one));
    before += static_cast<index_t>(group.size());
    group.clear(), bytes = 0;
  };
  for (auto&& text : texts) {
    const text_input in(text);
    bytes += in.first.size() + in.second.value_or("").size();
    group.push_back(kept(in));
    if (bytes >= most_bytes || group.size() == most_texts) finish();
  }
  finish();
}

}  // namespace weft
