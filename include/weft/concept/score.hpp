#pragma once
// Axis: score. From the raw dot product of a query and a key to what softmax sees.
#include <concepts>
#include <weft/base/shape.hpp>
#include <weft/simd/vector.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Where a score is taken: one query row of one head. Row `query` of a sequence is row `base + query` of the batch;
/// `scale` is 1 / sqrt(head width).
struct score_site {
  index_t length, base, query, head, heads, layer;
  float scale;
};

/// score(site, key, dot) turns the raw dot product into the score; the scale is the score's business. The same line
/// serves one key (floats) and a vector of keys: write `auto operator()(const score_site& at, auto key, auto dot)`.
/// `key` is the key's position as a number of the type of `dot`, so `key - float(at.query)` is a distance. The lanes of
/// a vector are consecutive keys; up to 31 behind the sequence's last key are scored, too, and dropped.
template <class S>
concept score_modifier = std::semiregular<S> &&
    requires(const S& s, const score_site& at, float one, simd::vector<simd::native> many) {
  { s(at, one, one) } -> std::same_as<float>;
  { s(at, many, many) } -> std::same_as<simd::vector<simd::native>>;
};

}  // namespace weft
