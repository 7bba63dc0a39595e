#pragma once
// The contract of training. Beside a policy stands its twin, training_of<Policy>, bound to the same shapes, which says
// what a forward pass keeps, forwards with the policy's own bits, and goes back. Forward headers have no line about it:
// a twin is a specialisation in train/<room>/<name>.hpp, or what the policy itself holds as `training`.
#include <weft/concept/bind.hpp>
#include <weft/train/context.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
template <class Policy>
concept holds_training = requires {
  typename Policy::training;
};
struct refused_training {};
template <class Policy>
struct training_held {
  using type = refused_training;
};
template <holds_training Policy>
struct training_held<Policy> {
  using type = typename Policy::training;
};
}  // namespace detail

/// How a policy is trained. A twin has `template <shape> struct bind` as its policy has, whose members are static:
///   part                             the bound policy
///   kept { frame& from; ... }        what forward keeps for backward, if anything
///   scratch_bytes(extent, workers)   the most scratch memory that forward or backward takes
///   forward(part, ready, kept, in, out, context)                            without dropout to the bits of the
///   policy's backward(part, stored, ready, gradients, kept, in, d_out, d_in, context)
/// `stored`, `ready` and `gradients` are the part's records of the forms raw, prepared and gradient. Gradients are
/// added to; each element is one chain over the rows in their order, so that neither workers nor a cut of the batch
/// changes a bit. What stands in place of `in` and `out` is the policy's axis's: see the twins of train/.
template <class Policy>
struct training_of : detail::training_held<Policy>::type {
  static_assert(detail::holds_training<Policy>,
                "weft: this policy cannot be trained: specialise weft::training_of<Policy> (train/training_of.hpp says "
                "what it offers), or give the policy a nested `training` that offers it");
};

}  // namespace weft
