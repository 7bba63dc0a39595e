#pragma once
// multiply.hpp's product on weights of bfloat16, two inputs at a time.
#include <type_traits>
#include <weft/kernel/multiply.hpp>
#include <weft/simd/bfloat16.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What rows are multiplied as: pairs of bfloat16 where an instruction takes them, otherwise the floats that they are.
template <class Arch>
using paired_row = std::conditional_t<simd::has_bfloat16_dot<Arch>, std::uint32_t, float>;

/// What a product of pairs reads and writes. Row i of a and y begins at a + i * lda and y + i * ldy, the pairs of
/// inputs 2 k and 2 k + 1 at b + k * ldb; as for product, the last two of four vectors lie `apart`.
template <class Arch>
struct pair_product {
  const paired_row<Arch>* a;
  const std::uint32_t* b;
  const float* start;  ///< what every row's sums begin with
  float* y;
  index_t lda, ldb, ldy;
  index_t steps;  ///< inputs; the last of an odd number stands alone
  index_t apart = 0;
  read_ahead ahead = {};
};

/// y[i, j] = start[j] + sum over k of a[i, k] b[k, j] for Rows rows and Vectors * lanes columns: float sums over pairs
/// of inputs in order, whatever Rows and Vectors.
template <class Arch, index_t Rows, index_t Vectors>
void multiply_pairs(const pair_product<Arch>& p) {
  using simd::each, simd::lanes;
  simd::vector<Arch> sum[array_size(Rows)][array_size(Vectors)];
  each<Rows>([&](auto i) __attribute__((always_inline)) {
    each<Vectors>([&](auto j)
                      __attribute__((always_inline)) { sum[i][j] = simd::load<Arch>(p.start + j * lanes<Arch>); });
  });
  const auto* a = p.a;
  const std::uint32_t* b = p.b;
  const float* ahead = p.ahead.from;
  const index_t lda = p.lda, ldb = p.ldb, lines = p.ahead.lines, every = p.ahead.steps, apart = p.apart;
  index_t turns = p.ahead.turns;
  constexpr index_t step = simd::has_bfloat16_dot<Arch> ? 1 : 2;  // elements of a row in a pair
  const index_t pairs = simd::has_bfloat16_dot<Arch> ? ceil_div(p.steps, index_t{2}) : p.steps / 2;
  for (index_t left = pairs; left > 0;) {
    for (index_t l = 0; l < lines; ++l, ahead += 16) simd::prefetch(ahead);
    if (--turns == 0) ahead = p.ahead.next;
    const index_t group = std::min(every, left);
    left -= group;
    const auto* const stop = a + group * step;
#pragma GCC unroll 1
    for (; a != stop; a += step, b += ldb) {
      if constexpr (simd::has_bfloat16_dot<Arch>) {
        simd::pair_vector<Arch> column[array_size(Vectors)];
        each<Vectors>([&](auto j) __attribute__((always_inline)) {
          column[j] = simd::load_pairs<Arch>(b + vector_offset<Arch, Vectors>(j, apart));
        });
        each<Rows>([&](auto i) __attribute__((always_inline)) {
          const auto row = simd::set_pair<Arch>(a[i * lda]);
          each<Vectors>([&](auto j) __attribute__((always_inline)) {
            sum[i][j] = simd::dot_pairs<Arch>(row, column[j], sum[i][j]);
          });
        });
      } else {
        simd::vector<Arch> column[array_size(Vectors)];
        const auto add = [&](index_t at) __attribute__((always_inline)) {
          each<Rows>([&](auto i) __attribute__((always_inline)) {
            const auto row = simd::set<Arch>(a[i * lda + at]);
            each<Vectors>([&](auto j)
                              __attribute__((always_inline)) { sum[i][j] = simd::fma(row, column[j], sum[i][j]); });
          });
        };
        each<Vectors>([&](auto j) __attribute__((always_inline)) {
          column[j] = simd::first_of_pairs<Arch>(b + vector_offset<Arch, Vectors>(j, apart));
        });
        add(0);
        each<Vectors>([&](auto j) __attribute__((always_inline)) {
          column[j] = simd::second_of_pairs<Arch>(b + vector_offset<Arch, Vectors>(j, apart));
        });
        add(1);
      }
    }
  }
  if constexpr (!simd::has_bfloat16_dot<Arch>)
    if (p.steps % 2)
      each<Rows>([&](auto i) __attribute__((always_inline)) {
        const auto row = simd::set<Arch>(a[i * lda]);
        each<Vectors>([&](auto j) __attribute__((always_inline)) {
          sum[i][j] = simd::fma(row, simd::first_of_pairs<Arch>(b + vector_offset<Arch, Vectors>(j, apart)), sum[i][j]);
        });
      });
  each<Rows>([&](auto i) __attribute__((always_inline)) {
    each<Vectors>([&](auto j)
                      __attribute__((always_inline)) { simd::store(p.y + i * p.ldy + j * lanes<Arch>, sum[i][j]); });
  });
}

/// multiply_pairs for a number of rows known at run time, 1 <= rows <= Most.
template <class Arch, index_t Vectors, index_t Most = tile_rows<Arch, Vectors>>
void multiply_pairs_of_rows(index_t rows, const pair_product<Arch>& p) {
  if constexpr (Most == 1) {
    multiply_pairs<Arch, 1, Vectors>(p);
  } else {
    if (rows == Most) return multiply_pairs<Arch, Most, Vectors>(p);
    multiply_pairs_of_rows<Arch, Vectors, Most - 1>(rows, p);
  }
}

/// Writes n floats as pairs of bfloat16, to nearest even; an odd one's neighbour is 0.
template <class Arch>
void round_to_pairs(const float* x, index_t n, std::uint32_t* pairs) {
  index_t i = 0;
  if constexpr (simd::has_bfloat16_dot<Arch>)
    for (; i + 2 * simd::lanes<Arch> <= n; i += 2 * simd::lanes<Arch>) simd::round_to_pairs<Arch>(x + i, pairs + i / 2);
  for (; i < n; i += 2) pairs[i / 2] = simd::bfloat16_pair(x[i], i + 1 < n ? x[i + 1] : 0.0f);
}

}  // namespace weft
