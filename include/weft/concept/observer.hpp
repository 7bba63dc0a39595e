#pragma once
// Axis: observer of attention. What a mixer finds in its context when somebody watches; without an observer the
// context is a plain one and nothing here is compiled.
#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <weft/memory/context.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// probabilities(layer, sequence, head, length) says where the [length, length] attention probabilities of one head
/// go, row-major, a row for each query; null where they are not wanted. It is called on the caller's thread, and the
/// memory has to last until forward returns.
template <class O>
concept attention_observer = requires(O& o, index_t i) {
  { o.probabilities(i, i, i, i) } -> std::same_as<float*>;
};

/// routes(layer, tokens) says where a layer's feed-forward tells the expert of each token of the batch
/// (ffn/mixture_of_experts.hpp); null where that is not wanted. Called on the caller's thread; the memory has to last
/// until forward returns.
template <class O>
concept route_observer = requires(O& o, index_t i) {
  { o.routes(i, i) } -> std::same_as<std::int32_t*>;
};

/// whole(layer, site, row, column, value): every whole number of a model on whole numbers (numeric/integer.hpp), layer
/// -1 being the embedding; `row` counts in the batch, and `column` among scores and probabilities is
/// head * the sequence's length + key. Called by the worker that computes it, by several at once.
template <class O>
concept whole_observer = requires(O& o, index_t i, std::string_view site, std::int64_t value) {
  o.whole(i, site, i, i, value);
};
/// Nobody watches whole numbers.
struct unwatched {
  [[gnu::always_inline]] constexpr void operator()(auto&&...) const {}
};

/// A context that somebody watches.
template <class Observer>
struct observed_context : context {
  Observer& observer;
};

namespace detail {
template <class>
inline constexpr bool watched = false;
template <class Observer>
inline constexpr bool watched<observed_context<Observer>> = attention_observer<Observer>;
template <class>
inline constexpr bool watches_whole = false;
template <class Observer>
inline constexpr bool watches_whole<observed_context<Observer>> = whole_observer<Observer>;
}  // namespace detail

/// What shows whole numbers of rows from `first_row` on to a context's observer, or to nobody.
template <class Context>
auto shows_whole([[maybe_unused]] const Context& ctx, [[maybe_unused]] index_t first_row = 0) {
  if constexpr (detail::watches_whole<std::remove_cvref_t<Context>>)
    return [&observer = ctx.observer, layer = ctx.layer, first_row](std::string_view site, index_t row, index_t column,
                                                                    std::int64_t value) {
      observer.whole(layer, site, first_row + row, column, value);
    };
  else
    return unwatched{};
}

/// True for the context of a forward pass whose attention is observed.
template <class Context>
inline constexpr bool attention_is_observed = detail::watched<std::remove_cvref_t<Context>>;

}  // namespace weft
