#pragma once
// Axis: observer of attention. What a mixer finds in its context when somebody watches; without an observer the
// context is a plain one and nothing here is compiled.
#include <concepts>
#include <cstdint>
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
}  // namespace detail

/// True for the context of a forward pass whose attention is observed.
template <class Context>
inline constexpr bool attention_is_observed = detail::watched<std::remove_cvref_t<Context>>;

}  // namespace weft
