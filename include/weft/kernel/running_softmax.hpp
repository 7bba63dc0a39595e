#pragma once
// What kernels that stream over keys share: a softmax whose maximum and sum run along, and the sums of weighted values
// that follow them (Milakov and Gimelshein 2018; Dao et al. 2022).
#include <bit>
#include <cstdint>
#include <weft/base/finite.hpp>
#include <weft/base/on_stack.hpp>
#include <weft/concept/score.hpp>
#include <weft/kernel/multiply.hpp>
#include <weft/simd/chains.hpp>
#include <weft/simd/math.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// Looks at bits: under -ffinite-math-only nothing equals infinity.
constexpr bool is_unseen(float score) {
  return std::bit_cast<std::uint32_t>(score) == std::bit_cast<std::uint32_t>(unseen);
}
}  // namespace detail

/// A few queries of one head on their way over tiles of keys. For every tile weigh() makes the scores of all rows
/// weights, and add_values() adds what they weigh. Both are inlined: as calls they cost attention a twentieth of its
/// speed.
template <class Arch, index_t HeadWidth>
class running_softmax {
  static constexpr index_t lanes = simd::lanes<Arch>, padded = round_up(HeadWidth, lanes);

 public:
  /// Fewer than a tile where a head is wider than 1,024.
  static constexpr index_t most_rows = rows_on_stack<float, padded>(tile_rows<Arch, 2>);
  /// Keys of a tile, and how far apart the rows of its scores lie.
  static constexpr index_t key_tile = 256, score_stride = key_tile + simd::lanes<Arch>;

  /// For `rows` queries, 1 to most_rows.
  explicit running_softmax(index_t rows) : rows_(rows) {
    for (index_t i = 0; i < rows; ++i) top_[i] = unseen, sees_[i] = false;
  }

  /// Notes that row i sees a key, whatever its score is.
  void see(index_t i) { sees_[i] = true; }

  /// What weigh() takes where every key counts once.
  struct counted_once {
    constexpr const float* operator()(index_t) const { return nullptr; }
  };

  /// Scores become weights: exp(score - the row's largest so far), `width` of a row, a multiple of simd::chains, rows
  /// score_stride floats apart; the first of them is of chain 0. high[i]: the largest scores of row i, lane by lane.
  /// counts_of(i): how often each key counts for row i, or null: once. All maxima come before the first weights, since
  /// a maximum takes long to be known.
  template <class CountsOf = counted_once>
  [[gnu::always_inline]] inline void weigh(const simd::vector<Arch>* high, float* scores, index_t width,
                                           CountsOf counts_of = {}) {
    for (index_t i = 0; i < rows_; ++i) raise(i, high[i]);
    for (index_t i = 0; i < rows_; ++i) weigh_row(i, scores + i * score_stride, width, counts_of(i));
  }

  /// Adds `keys` values, rows ldv floats apart, times the weights of every row, score_stride floats apart.
  [[gnu::always_inline]] inline void add_values(const float* weights, const float* values, index_t ldv, index_t keys) {
    using format = float_format<Arch>;
    product<format> work{.a = weights,
                         .b = values,
                         .start = begun_ ? mixed_ : nullptr,
                         .y = mixed_,
                         .lda = score_stride,
                         .ldb = ldv,
                         .ld_start = padded,
                         .ldy = padded,
                         .steps = keys};
    for (index_t c = 0; c < in_place; c += 2 * lanes) {
      multiply_rows<format, 2>(rows_, work);
      work.b += 2 * lanes, work.y += 2 * lanes;
      if (begun_) work.start += 2 * lanes;
    }
    if constexpr (copies) {
      constexpr index_t width = HeadWidth - in_place;
      for (index_t k = 0; k < keys; ++k) {
        float* const row = copied_ + k * copied_width;
        std::fill(std::copy_n(values + k * ldv + in_place, width, row), row + copied_width, 0.0f);
      }
      work.b = copied_, work.ldb = copied_width;
    }
    if constexpr (padded - in_place == 2 * lanes)
      multiply_rows<format, 2>(rows_, work);
    else if constexpr (padded > in_place)
      multiply_rows<format, 1, tile_rows<Arch, 2>>(rows_, work);
    begun_ = true;
  }

  /// Divides by the sums of weights and writes the rows; a row that saw no key becomes 0. One whose keys all scored
  /// -infinity, which only what is past the range of float does, becomes NaN.
  void finish(float* out, index_t ldo) const {
    float inverse[array_size(most_rows)];
    for (index_t i = 0; i < rows_; ++i) {
      const float total = simd::reduce_add(total_[i]);
      inverse[i] = detail::same_number(total, 0) ? 0.0f : 1.0f / total;
      if (detail::same_number(total, 0) && sees_[i]) inverse[i] = not_a_number();
    }
    for (index_t i = 0; i < rows_; ++i)
      for (index_t c = 0; c < HeadWidth; c += lanes) {
        auto value = simd::set<Arch>(0.0f);
        if (begun_) value = simd::load<Arch>(mixed_ + i * padded + c) * simd::set<Arch>(inverse[i]);
        if (c + lanes <= HeadWidth)
          simd::store(out + i * ldo + c, value);
        else
          simd::store_partial(out + i * ldo + c, value, HeadWidth - c);
      }
  }

 private:
  // Values are read where they lie, two vectors at a time. What is left of a row is copied where reading whole vectors
  // would read past its end.
  static constexpr index_t in_place = HeadWidth / (2 * lanes) * (2 * lanes), copied_width = padded - in_place;
  static constexpr bool copies = HeadWidth % lanes != 0;

  // Brings row i's sums to the largest score so far: what it was before, or what `high` has, lane by lane.
  [[gnu::always_inline]] inline void raise(index_t i, const simd::vector<Arch>& high) {
    const float before = top_[i], now = std::max(before, simd::reduce_max<Arch>(high));
    if (!detail::same_number(before, now) && !detail::is_unseen(before)) {
      const auto fade = simd::exp_of_nonpositive<Arch>(simd::set<Arch>(before - now));
      total_[i] *= fade;
      for (index_t c = 0; c < padded; c += lanes) {
        float* const m = mixed_ + i * padded + c;
        simd::store(m, simd::rounded<Arch>(simd::load<Arch>(m) * fade));
      }
    }
    top_[i] = now;
  }

  // Row i's scores become weights exp(score - the largest so far), times counts[j] where counts is not null. `width`
  // scores, a multiple of simd::chains.
  [[gnu::always_inline]] inline void weigh_row(index_t i, float* scores, index_t width, const float* counts) {
    const auto shift = simd::set<Arch>(detail::is_unseen(top_[i]) ? 0.0f : top_[i]);
    simd::chain_sums<Arch> sums;
    for (index_t first = 0; first < width; first += simd::chains)
      simd::each<simd::chain_registers<Arch>>([&](auto r) __attribute__((always_inline)) {
        const index_t c = first + r * lanes;
        auto weight = simd::exp_of_nonpositive<Arch>(simd::load<Arch>(scores + c) - shift);
        if (counts) weight = simd::rounded<Arch>(weight * simd::load<Arch>(counts + c));
        simd::store(scores + c, weight);
        sums.part[r] = sums.part[r] + weight;
      });
    total_[i] += sums;
  }

  index_t rows_;
  bool begun_ = false;                                                   // whether mixed_ has sums
  bool sees_[array_size(most_rows)];                                     // whether there was a key
  simd::chain_sums<Arch> total_[array_size(most_rows)];                  // of weights
  float top_[array_size(most_rows)];                                     // the largest score so far
  alignas(lanes * 4) float mixed_[on_stack<float, most_rows * padded>];  // sums of weighted values
  float copied_[on_stack < float, copies ? key_tile* copied_width : 1 > ];
};

}  // namespace weft
