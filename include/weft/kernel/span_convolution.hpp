#pragma once
// The two convolutions of ConvBERT's span-based dynamic convolution, for rows of one sequence. Neither stores a row's
// neighbourhood: taps are read where the neighbours lie.
#include <weft/kernel/softmax.hpp>
#include <weft/simd/each.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// y[c] = sum over taps of x[position + tap - Taps / 2][c] * taps[tap * ld_taps + c]: a depthwise convolution of one
/// row, zeros beyond the sequence's ends. `x` is the sequence's row 0, `stride` floats a row; of it `length` rows
/// exist. Sums run over the taps in order.
template <class Arch, index_t Taps>
void depthwise_row(const float* x, index_t stride, index_t position, index_t length, const float* taps, index_t ld_taps,
                   index_t width, float* y) {
  const index_t first = std::max<index_t>(0, Taps / 2 - position), last = std::min(Taps, length - position + Taps / 2);
  const float* const from = x + std::max<index_t>(0, position - Taps / 2) * stride;  // the row of tap `first`
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    auto sum = simd::set<Arch>(0.0f);
    for (index_t tap = first; tap < last; ++tap)
      sum = simd::fma<Arch>(detail::part<Arch>(from + (tap - first) * stride, c, width, whole),
                            detail::part<Arch>(taps + tap * ld_taps, c, width, whole), sum);
    detail::put<Arch>(y, c, width, sum, whole);
  });
}

/// depthwise_row for the positions [begin, end); the row of position `begin` goes to y, the others `ldy` floats apart.
/// Column by column, so that taps stay in registers and rows in the first cache.
template <class Arch, index_t Taps>
void depthwise_rows(const float* x, index_t stride, index_t begin, index_t end, index_t length, const float* taps,
                    index_t ld_taps, index_t width, float* y, index_t ldy) {
  // Those that see all their neighbours.
  const index_t first = std::clamp(Taps / 2, begin, end), last = std::clamp(length - Taps / 2, first, end);
  const auto row_by_row = [&](index_t from, index_t to) {
    for (index_t i = from; i < to; ++i)
      depthwise_row<Arch, Taps>(x, stride, i, length, taps, ld_taps, width, y + (i - begin) * ldy);
  };
  row_by_row(begin, first);
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    simd::vector<Arch> tap[array_size(Taps)];
    simd::each<Taps>([&](auto t) __attribute__((always_inline)) {
      tap[t] = detail::part<Arch>(taps + t * ld_taps, c, width, whole);
    });
    for (index_t i = first; i < last; ++i) {
      const float* const from = x + (i - Taps / 2) * stride;
      auto sum = simd::set<Arch>(0.0f);
      simd::each<Taps>([&](auto t) __attribute__((always_inline)) {
        sum = simd::fma<Arch>(detail::part<Arch>(from + t * stride, c, width, whole), tap[t], sum);
      });
      detail::put<Arch>(y + (i - begin) * ldy, c, width, sum, whole);
    }
  });
  row_by_row(last, end);
}

/// y[c] = sum over taps of weights[tap] * values[position + tap - Taps / 2][c] for the `width` columns of one head:
/// the dynamic convolution of one row. `weights` holds the row's tap weights; `values` is the sequence's row 0.
template <class Arch, index_t Taps>
void mix_taps(const float* values, index_t stride, index_t position, index_t length, const float* weights,
              index_t width, float* y) {
  const index_t first = std::max<index_t>(0, Taps / 2 - position), last = std::min(Taps, length - position + Taps / 2);
  const float* const from = values + std::max<index_t>(0, position - Taps / 2) * stride;  // the row of tap `first`
  detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
    auto sum = simd::set<Arch>(0.0f);
    for (index_t tap = first; tap < last; ++tap)
      sum = simd::fma<Arch>(simd::set<Arch>(weights[tap]),
                            detail::part<Arch>(from + (tap - first) * stride, c, width, whole), sum);
    detail::put<Arch>(y, c, width, sum, whole);
  });
}

/// Softmax of every group of Taps values in a row of heads * Taps: a position's tap weights.
template <class Arch, index_t Taps>
void softmax_taps(float* row, index_t heads) {
  constexpr index_t lanes = simd::lanes<Arch>, chains = simd::chains;
  if constexpr (Taps > chains) {
    for (index_t h = 0; h < heads; ++h) softmax_row<Arch>(row + h * Taps, Taps);
  } else {
    // A group has a chain for each tap; the other lanes weigh nothing. All of a few groups are read before the first is
    // written: a vector that is read where a shorter one was just written waits for it.
    constexpr index_t few = 8, registers = ceil_div(Taps, lanes), whole = registers * lanes;
    constexpr index_t last = (registers - 1) * lanes;  // where the only partial register begins
    const auto own = simd::lane_numbers<Arch>() < simd::set<Arch>(static_cast<float>(Taps - last));
    const auto nothing = simd::minus_infinity<Arch>();
    float weights[array_size(few * whole)];
    for (index_t left = heads; left > 0; left -= few, row += few * Taps) {
      const index_t groups = std::min(few, left);
      for (index_t g = 0; g < groups; ++g) {
        const float* const group = row + g * Taps;
        simd::vector<Arch> seen[array_size(registers)];
        simd::each<registers - 1>([&](auto r) __attribute__((always_inline)) {
          seen[r] = simd::load<Arch>(group + r * lanes);
        });
        const auto x = (left - g) * Taps >= whole ? simd::load<Arch>(group + last)
                                                  : simd::load_partial<Arch>(group + last, Taps - last);
        seen[registers - 1] = simd::select<Arch>(own, x, nothing);
        auto high = seen[0];
        simd::each<registers>([&](auto r) __attribute__((always_inline)) { high = simd::max(high, seen[r]); });
        const auto shift = simd::set<Arch>(simd::reduce_max<Arch>(high));
        simd::chain_sums<Arch> sums;
        simd::each<registers>([&](auto r) __attribute__((always_inline)) {
          sums.part[r] = seen[r] = simd::exp_of_nonpositive<Arch>(seen[r] - shift);
        });
        const auto inverse = simd::set<Arch>(1.0f / simd::reduce_add(sums));
        simd::each<registers>([&](auto r) __attribute__((always_inline)) {
          simd::store(weights + g * whole + r * lanes, simd::vector<Arch>(seen[r] * inverse));
        });
      }
      for (index_t g = 0; g < groups; ++g) std::copy_n(weights + g * whole, Taps, row + g * Taps);
    }
  }
}

}  // namespace weft
