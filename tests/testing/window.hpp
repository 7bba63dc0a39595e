#pragma once
// Patterns and a score that tests weave into encoders: masked spans, keys that count several times, a score of
// distance.
#include <algorithm>
#include <weft/concept/pattern.hpp>
#include <weft/concept/score.hpp>
#include <weft/simd/math.hpp>

// Keys at most Reach away.
template <weft::index_t Reach>
struct window {
  static constexpr weft::index_t query_tile = 16;
  constexpr bool sees(const weft::query_block&, weft::index_t q, weft::index_t k) const {
    return k - q <= Reach && q - k <= Reach;
  }
  constexpr void visit(const weft::query_block& b, auto&& spans) const {
    spans.masked({std::max<weft::index_t>(0, b.first - Reach), std::min(b.length, b.last + Reach)});
  }
};

// The first block of 8 keys counts 1 + head times in a full span; in a masked one, keys of the same oddness count three
// times and the others once.
struct counting_blocks {
  static constexpr weft::index_t query_tile = 8;
  constexpr weft::index_t sees(const weft::query_block& b, weft::index_t q, weft::index_t k) const {
    if (k < 8) return 1 + b.head;
    return (q - k) % 2 == 0 ? 3 : 1;
  }
  constexpr void visit(const weft::query_block& b, auto&& spans) const {
    spans.full({0, std::min<weft::index_t>(8, b.length)}, 1 + b.head);
    if (b.length > 8) spans.masked({8, b.length});
  }
};

// Scaled, less a slope for each step of distance to the right, half of it to the left. `rounded`: a compiler may fuse
// the product with the difference for one key and not for a vector of keys.
struct leaning {
  auto operator()(const weft::score_site& at, auto key, auto dot) const {
    const auto distance = key - static_cast<float>(at.query);
    const auto slope = 0.125f * static_cast<float>(at.head + 1);
    return weft::simd::rounded(dot * at.scale) - weft::simd::max(distance * slope, distance * (-0.5f * slope));
  }
};
