#pragma once
#include <weft/numeric/panel_numeric.hpp>
#include <weft/simd/bfloat16.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Pairs of weights, rounded to bfloat16, that are widened as they are read and multiplied with floats.
template <class Arch>
struct widened_pair_format : float_format<Arch> {
  using word = std::uint32_t;
  static constexpr index_t inputs = 2, parts = 2;

  static word pack(const auto& weight, index_t i, index_t in) {
    return simd::bfloat16_pair(weight(i), i + 1 < in ? weight(i + 1) : 0.0f);
  }
  [[gnu::always_inline]] static simd::vector<Arch> column(const word* words, auto part) {
    if constexpr (part == 0)
      return simd::first_of_pairs<Arch>(words);
    else
      return simd::second_of_pairs<Arch>(words);
  }
};

/// Pairs of weights and of a row's values, all rounded to bfloat16, whose products one instruction adds to a float sum
/// (simd::has_bfloat16_dot).
template <class Arch>
struct multiplied_pair_format {
  using arch = Arch;
  using word = std::uint32_t;
  using element = std::uint32_t;
  using sum = simd::vector<Arch>;
  static constexpr index_t inputs = 2, parts = 1;

  static word pack(const auto& weight, index_t i, index_t in) { return widened_pair_format<Arch>::pack(weight, i, in); }
  static constexpr index_t row_elements(index_t in) { return ceil_div(in, index_t{2}); }
  static void write_row(const float* x, index_t in, element* pairs) {
    constexpr index_t step = 2 * simd::lanes<Arch>;
    index_t i = 0;
    for (; i + step <= in; i += step) simd::round_to_pairs<Arch>(x + i, pairs + i / 2);
    for (; i < in; i += 2) pairs[i / 2] = simd::bfloat16_pair(x[i], i + 1 < in ? x[i + 1] : 0.0f);
  }
  [[gnu::always_inline]] static sum begin(const simd::vector<Arch>& start) { return start; }
  [[gnu::always_inline]] static auto column(const word* words, auto /*part*/) { return simd::load_pairs<Arch>(words); }
  [[gnu::always_inline]] static auto row(element pair) { return simd::set_pair<Arch>(pair); }
  [[gnu::always_inline]] static sum add(const simd::pair_vector<Arch>& row, const simd::pair_vector<Arch>& column,
                                        const sum& before) {
    return simd::dot_pairs<Arch>(row, column, before);
  }
};

/// Weights in half the memory: rounded to bfloat16, to nearest even. Sums are float, as is everything between linears.
/// With AVX-512 BF16 a linear's rows are rounded as well and pairs of products are one instruction; elsewhere weights
/// are widened as they are read and rows stay float. An element's sum runs over its inputs in order: the same bits
/// whatever the batch or the number of workers.
struct bfloat16 : panel_numeric<bfloat16> {
  template <class Arch>
  using format =
      std::conditional_t<simd::has_bfloat16_dot<Arch>, multiplied_pair_format<Arch>, widened_pair_format<Arch>>;
};

}  // namespace weft
