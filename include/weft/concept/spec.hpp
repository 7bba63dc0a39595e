#pragma once
// A spec names one policy per axis. Flat, so that compilers print the missing line itself at the place where the user
// wrote the spec's name.
#include <concepts>
#include <string_view>
#include <weft/base/shape.hpp>
#include <weft/memory/renamed.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// What the names of a spec's parameters begin with.
template <class Spec>
constexpr std::string_view prefix_of() {
  if constexpr (requires { std::string_view(Spec::prefix); })
    return Spec::prefix;
  else
    return "";
}

// How a spec's checkpoints spell names that its parts spell otherwise: `names`, an array of weft::renamed.
template <class Spec>
constexpr std::span<const renamed> names_of() {
  if constexpr (requires { std::span<const renamed>(Spec::names); })
    return Spec::names;
  else
    return {};
}

// How older checkpoints of a spec's family spell such names again: `older_names`, read where the first are not there.
template <class Spec>
constexpr std::span<const renamed> older_names_of() {
  if constexpr (requires { std::span<const renamed>(Spec::older_names); })
    return Spec::older_names;
  else
    return {};
}
// A name as those spell it; empty where it is the same.
template <class Spec>
unit_string older_name(const unit_string& name) {
  auto older = spelt(name, older_names_of<Spec>());
  return older == name ? unit_string() : older;
}
}  // namespace detail

template <class S>
concept encoder_spec = requires {
  { S::shape } -> std::convertible_to<model_shape>;  // .width, .heads, .hidden
  typename S::embedding;                             // summed, factorised
  typename S::mixer;                                 // attention<>
  typename S::feed_forward;                          // dense<>
  typename S::norm;                                  // layer_norm<>
  typename S::layout;                                // post_norm
  typename S::numeric;                               // float32
  requires S::shape.heads > 0;
  requires S::shape.width % S::shape.heads == 0;  // the heads must divide the width
};

}  // namespace weft
