#pragma once
#include <bit>
#include <weft/base/elementary.hpp>
#include <weft/concept/part.hpp>
#include <weft/concept/score.hpp>
#include <weft/simd/math.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Keys lose with their distance, faster in some heads than in others: scaled dot product - slope * |key - query|
/// (Press et al. 2022, "Train Short, Test Long", section 3; in both directions, as encoders need it). The slopes are
/// those of the paper's program (get_slopes in ofirpress/attention_with_linear_biases), also for head counts that are
/// no power of two.
struct alibi {
  list<const float> slopes;

  void prepare(const setup& s, arena& store) {
    const auto table = store.take<float>(s.heads);
    for (index_t head = 0; head < s.heads; ++head) table[head] = slope(head, s.heads);
    slopes = table;
  }

  /// 2^(-8 (head + 1) / heads); the heads beyond the largest power of two take every other slope of twice as many.
  static float slope(index_t head, index_t heads) {
    const auto whole = static_cast<index_t>(std::bit_floor(static_cast<std::size_t>(heads)));
    const auto step = head < whole ? static_cast<double>(head + 1) : static_cast<double>(head - whole) + 0.5;
    return static_cast<float>(exp2_of(-8 * step / static_cast<double>(whole)));
  }

  auto operator()(const score_site& at, auto key, auto dot) const {
    using number = decltype(dot);  // float, or a vector of floats
    const number distance = key - static_cast<float>(at.query);
    // Subtracted, not negated: a vector's minus sign makes another zero than a float's on some architectures.
    return simd::fma(simd::max(distance, number(0.0f) - distance), number(-slopes[at.head]),
                     simd::rounded(dot * at.scale));
  }
};

}  // namespace weft
