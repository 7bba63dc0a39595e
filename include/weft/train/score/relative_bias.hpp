#pragma once
#include <weft/score/relative_bias.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A table of biases learns the sums of its scores' gradients, by head and bucket of distances.
template <index_t Buckets, index_t MaxDistance, sides Sides, score_modifier Of, class Table>
struct training_of<relative_bias<Buckets, MaxDistance, Sides, Of, Table>> {
  static_assert(!learnt_score<Of>, "weft: relative_bias of a score that has parameters itself cannot be trained yet");
  static constexpr bool by_distance = true;

  /// sums[keys + d] is what scores at distance d of key minus query learn, |d| < keys.
  static void learn(const auto& gradients, index_t head, const float* sums, index_t keys) {
    constexpr index_t heads = std::remove_cvref_t<decltype(gradients)>::heads;
    for (index_t d = 1 - keys; d < keys; ++d)
      gradients.table[relative_bias<Buckets, MaxDistance, Sides, Of, Table>::bucket(d) * heads + head] +=
          sums[keys + d];
  }
};

}  // namespace weft
