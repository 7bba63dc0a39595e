#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <weft/kernel/requantise.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// GELU on whole numbers (I-BERT, algorithm 2; reference: IntGELU): x/2 * (1 + erf(x / sqrt 2)) with a parabola for
/// erf. All constants are of one scale, which is positive.
struct integer_gelu {
  std::int64_t q_c = 0;
  std::int32_t q_b = 0, q_1 = 0;

  /// Fails where the scale is so small that a result has more than 63 bits; `what` says whose it is.
  static integer_gelu of(double scale, std::string_view what) {
    const double k = scale / 1.4142, q_1 = std::floor(1.0 / (k * k * -0.2888 * 16384));
    if (!(scale > 0) || !(q_1 >= -1073741824.0))
      fail({.subject = what,
            .found = "a scale for which results of i-GELU leave 63 bits",
            .wanted = "one of 7e-7 or more",
            .remedy = "an output whose weights are all zero, or a range that no text reached, has a scale like that"});
    return {static_cast<std::int64_t>(std::floor((1 / -0.2888) / (k * k))),
            static_cast<std::int32_t>(std::floor(-1.769 / k)), static_cast<std::int32_t>(q_1)};
  }
  /// The scale of results, which is negative.
  static double scale_of_results(double scale) {
    const double k = scale / 1.4142;
    return scale * (k * k * -0.2888 * 16384) / 2;
  }

  /// erf's parabola, 2^14 steps of the scale's square apart, rounded down.
  [[gnu::always_inline]] std::int64_t erf(std::int32_t q) const {
    const auto size = q < 0 ? -std::int64_t{q} : std::int64_t{q};
    const auto t = std::min<std::int64_t>(size, -std::int64_t{q_b}) + q_b;
    const auto parabola = t * t + q_c;
    return (q < 0 ? -parabola : q > 0 ? parabola : 0) >> 14;
  }
  [[gnu::always_inline]] std::int64_t operator()(std::int32_t q) const { return q * (erf(q) + q_1); }
};

/// i-GELU of neighbouring columns, each with its scale, and its results as codes of 8 bits.
struct integer_gelus {
  std::int64_t* q_c = nullptr;
  std::int32_t *q_b = nullptr, *q_1 = nullptr;
  dyadics ratios;
  bool halves = true;  ///< erf + 1 has 32 bits in all columns

  void take(index_t columns, auto& store) {
    q_c = store.template take<std::int64_t>(columns).data();
    q_b = store.template take<std::int32_t>(columns).data();
    q_1 = store.template take<std::int32_t>(columns).data();
    ratios.take(columns, store);
  }
  void set(index_t c, const integer_gelu& of, dyadic to_codes) {
    q_c[c] = of.q_c, q_b[c] = of.q_b, q_1[c] = of.q_1;
    ratios.set(c, to_codes);
    halves = halves && of.q_1 > -1073741820;
  }
  integer_gelu operator[](index_t c) const { return {q_c[c], q_b[c], q_1[c]}; }

  /// n sums in columns from `first` on -> codes.
  template <class Arch>
  void row(const std::int32_t* sums, index_t first, index_t n, std::int8_t* codes) const {
    using in_lanes = requantised_lanes<Arch>;
    using longs = typename in_lanes::longs;
    using vector = typename longs::vector;
    each_long_lanes<Arch>(
        n, halves && ratios.in_halves,
        [&](index_t i) {
          const auto c = first + i;
          const vector q = longs::load(sums + i), b = longs::load(q_b + c), size = q < 0 ? -q : q,
                       t = longs::smaller(size, -b) + b, parabola = longs::product(t, t) + longs::load(q_c + c),
                       erf = longs::right(q < 0 ? -parabola : parabola, longs::set(14)),
                       product = longs::product(q, erf + longs::load(q_1 + c));
          longs::store(codes + i,
                       in_lanes::template within<8>(in_lanes::of_62_bits(product, in_lanes::load(ratios, c))));
        },
        [&](index_t i) {
          const auto c = first + i;
          codes[i] = static_cast<std::int8_t>(detail::within<8>(requantised((*this)[c](sums[i]), ratios[c])));
        });
  }
};

}  // namespace weft
