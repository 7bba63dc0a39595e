#pragma once
#include <bit>
#include <limits>
#include <weft/base/as_computed.hpp>
#include <weft/base/finite.hpp>
#include <weft/numeric/panel_numeric.hpp>
#include <weft/simd/quads.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// The least and the greatest of 0 and x, and whether all of x are finite.
struct row_range {
  float low, high;
  bool finite;
};
template <class Arch>
row_range range_of_row(const float* x, index_t in) {
  using vector = simd::vector<Arch>;
  // What is finite, times 0, is 0. That it is 0 the optimiser must not know.
  const auto none = simd::set<Arch>(as_computed(0.0f));
  vector low[2] = {none, none}, high[2] = {none, none}, not_finite[2] = {none, none};
  const auto take = [&](const vector& v, int k) __attribute__((always_inline)) {
    low[k] = simd::min<Arch>(v, low[k]);
    high[k] = simd::max<Arch>(v, high[k]);
    not_finite[k] = simd::fma<Arch>(v, none, not_finite[k]);
  };
  index_t i = 0;
  for (; i + 2 * simd::lanes<Arch> <= in; i += 2 * simd::lanes<Arch>) {
    take(simd::load<Arch>(x + i), 0);
    take(simd::load<Arch>(x + i + simd::lanes<Arch>), 1);
  }
  for (; i < in; i += simd::lanes<Arch>)
    take(i + simd::lanes<Arch> <= in ? simd::load<Arch>(x + i) : simd::load_partial<Arch>(x + i, in - i), 0);
  const auto least = none - simd::min<Arch>(low[0], low[1]);
  return {-simd::reduce_max<Arch>(least), simd::reduce_max<Arch>(simd::max<Arch>(high[0], high[1])),
          is_finite(simd::reduce_add<Arch>(not_finite[0] + not_finite[1]))};
}
}  // namespace detail

/// Weights as whole numbers of Bits bits with a scale for each column, rows as unsigned bytes with a scale and a zero
/// each; their products are summed exactly. A row's elements are its codes, its zero and its scale; behind a column
/// stand its scale and the sum of its codes.
template <class Arch, int Bits>
struct quad_format {
  using arch = Arch;
  using word = std::uint32_t;
  using element = std::uint32_t;
  using kernel = simd::quads<Arch, Bits>;
  using sum = simd::whole_vector<Arch>;
  using vector = simd::vector<Arch>;
  static constexpr index_t inputs = 4, parts = kernel::parts, tail_lines = 2;
  static constexpr index_t most_inputs = 65536;  // 65,536 * 255 * 127 is less than 2^31
  static constexpr float top = (1 << (Bits - 1)) - 1, least = 1e-30f;

  /// The largest magnitude; NaN where a weight is none or is infinite, so that the whole column is.
  static float column_scale(const auto& weight, index_t in) {
    std::uint32_t largest = 0;
    for (index_t i = 0; i < in; ++i) largest = std::max(largest, std::bit_cast<std::uint32_t>(weight(i)) & 0x7fffffffu);
    const auto magnitude = std::bit_cast<float>(largest);
    return is_finite(magnitude) ? magnitude : std::numeric_limits<float>::quiet_NaN();
  }
  static word pack(const auto& weight, index_t i, index_t in, float largest) {
    const float factor = largest < least ? 0 : as_computed(top / largest);
    if (i + 4 <= in) return kernel::pack(weight(i), weight(i + 1), weight(i + 2), weight(i + 3), factor);
    return kernel::pack(weight(i), i + 1 < in ? weight(i + 1) : 0, i + 2 < in ? weight(i + 2) : 0, 0, factor);
  }
  static word tail(const word* words, index_t ld, index_t lines, float largest, index_t line) {
    if (line == 0) {
      const float scale = largest < least ? 0 : largest / as_computed(top);
      return std::bit_cast<word>(is_finite(largest) ? scale : largest);
    }
    std::int32_t codes = 0;
    for (index_t i = 0; i < lines; ++i) codes += kernel::sum_of(words[i * ld]);
    return static_cast<word>(codes);
  }

  static constexpr index_t row_elements(index_t in) { return ceil_div(in * kernel::code_bytes, index_t{4}) + 2; }
  static void write_row(const float* x, index_t in, element* to) {
    const auto range = detail::range_of_row<Arch>(x, in);
    const float span = as_computed(range.high - range.low);
    const bool finite = range.finite && is_finite(span);
    const float inverse = !finite || span < least ? 0 : as_computed(255 / span);
    const auto zero = nearest(as_computed(-range.low * inverse));
    element* const behind = to + row_elements(in) - 2;
    behind[0] = static_cast<element>(zero - kernel::taken_off);
    behind[1] = std::bit_cast<element>(!finite        ? std::numeric_limits<float>::quiet_NaN()
                                       : span < least ? 0.0f
                                                      : span / 255);
    auto* codes = reinterpret_cast<std::byte*>(to);
    if (!finite) {  // what x says in such a row counts no more
      std::fill(to, behind, 0u);
      return;
    }
    const auto factor = simd::set<Arch>(inverse);
    constexpr index_t lanes = simd::lanes<Arch>;
    index_t i = 0;
    for (; i + lanes <= in; i += lanes, codes += lanes * kernel::code_bytes)
      kernel::store(simd::load<Arch>(x + i), factor, zero, codes);
    if (i == in) return;
    std::byte last[array_size(lanes * kernel::code_bytes)];
    kernel::store(simd::load_partial<Arch>(x + i, in - i), factor, zero, last);
    std::copy(last, last + round_up((in - i) * kernel::code_bytes, 4), codes);
  }

  [[gnu::always_inline]] static sum begin(const vector& /*start*/) { return simd::set_whole<Arch>(0); }
  [[gnu::always_inline]] static sum column(const word* words, auto part) { return kernel::column(words, part); }
  [[gnu::always_inline]] static sum row(element codes) { return kernel::row(codes); }
  [[gnu::always_inline]] static sum add(const sum& row, const sum& column, const sum& before) {
    return kernel::add(row, column, before);
  }
  /// float(sum - zero * the column's codes) * (the row's scale * the column's) + bias, each rounded by itself.
  [[gnu::always_inline]] static vector finish(const sum& all, const element* row, const word* words,
                                              const vector& start, index_t ld) {
    const auto scale =
        simd::set<Arch>(std::bit_cast<float>(row[1])) * simd::load<Arch>(reinterpret_cast<const float*>(words));
    const auto exact = all - simd::set_whole<Arch>(row[0]) * simd::load_whole<Arch>(words + ld);
    return simd::rounded<Arch>(simd::to_float<Arch>(exact) * simd::rounded<Arch>(scale)) + start;
  }

 private:
  // To nearest even, of at most 2^22 in size: behind the sum's exponent stands the whole number.
  static std::int32_t nearest(float x) {
    return std::bit_cast<std::int32_t>(as_computed(x + 12582912.0f)) - std::bit_cast<std::int32_t>(12582912.0f);
  }
};

/// Weights in a quarter of the memory, and products of bytes, whose sums are exact on every processor: a linear has the
/// same bits everywhere, whatever the batch or the number of workers. Everything between linears is float32.
///
///   weights  Bits bits, 8 or 7, and a scale for each output: its largest magnitude / 127, or / 63. 7 bits are faster
///            where the processor has AVX2 and no VNNI.
///   rows     8 bits, unsigned, with a scale and a zero for each row, found when it is multiplied. A row that is not
///            finite gives NaN, in its own outputs only.
///
/// y = then(float(sum - zero * sum of the output's codes) * (row's scale * output's scale) + bias).
template <int Bits = 8>
struct int8 : panel_numeric<int8<Bits>> {
  static_assert(Bits == 7 || Bits == 8, "weft: int8 has weights of 8 bits or of 7: int8<8>, int8<7>");
  template <class Arch>
  using format = quad_format<Arch, Bits>;
};

}  // namespace weft
