#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <weft/kernel/requantise.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Softmax on whole numbers (I-BERT, algorithm 3; reference: IntSoftmax): exp(x) as a parabola of what is left of x
/// over ln 2, in 16 bits, each divided by their sum. Results are unsigned bytes of scale 2^-8.
struct integer_softmax {
  std::int64_t ln2 = 0, q_b = 0, q_c = 0;  ///< ln2 is rounded up; the reference's q_0 is -ln2
  dyadic to_16_bits;
  std::uint64_t inverse = 0;  ///< of ln2, times 2^inverse_shift, rounded up: exact for what it divides
  int inverse_shift = 0;

  /// Of scores of this scale, with the largest exponential that was seen (softmax.act.x_max, in its own whole
  /// numbers). Fails where constants have more than 63 bits or the largest exponential is 0 in 16; `what` says whose.
  static integer_softmax of(double scale, double exponential_scale, std::string_view what) {
    const double q_0 = std::floor(-0.6931 / scale), q_b = std::floor((0.96963238 / 0.35815147) / scale),
                 q_c = std::floor((1.0 / 0.35815147) / (scale * scale));
    if (!(scale > 0 && scale < 1e30) || !(q_c < 8589934592.0))  // 2^33, shifted by 30 later
      fail({.subject = what,
            .found = "scores of a scale for which the constants of i-softmax leave 63 bits",
            .wanted = "one of 2e-5 or more",
            .remedy = "the ranges of queries and keys are too small: calibrate them again"});
    integer_softmax s;
    s.ln2 = static_cast<std::int64_t>(-q_0);
    s.q_b = static_cast<std::int64_t>(q_b), s.q_c = static_cast<std::int64_t>(q_c);
    s.to_16_bits = dyadic_of(1.0 / static_cast<double>(static_cast<float>(exponential_scale)), what);
    while (std::int64_t{1} << s.inverse_shift < s.ln2) ++s.inverse_shift;
    s.inverse_shift += 31;
    s.inverse = (std::uint64_t{1} << s.inverse_shift) / static_cast<std::uint64_t>(s.ln2) + 1;
    if (!(exponential_scale >= 4) || s.exponential(0) < 1)
      fail({.subject = what,
            .found = "a range of exponentials in which they are all 0, or all beyond 16 bits",
            .wanted = "x_max in the whole numbers of the exponentials, 10^13 to 10^17",
            .remedy = "calibrate with texts of the kind that the model will read"});
    return s;
  }

  /// exp of the whole number -below, in 16 bits.
  [[gnu::always_inline]] std::int32_t exponential(std::int64_t below) const {
    below = std::min(below, 30 * ln2);
    const auto times = static_cast<std::int64_t>((static_cast<std::uint64_t>(below) * inverse) >> inverse_shift);
    const auto rest = times * ln2 - below;  // -ln2 < rest <= 0
    // Times 2^(30 - times), times the ratio: at most 64 bits, and a shift that is so much smaller.
    const auto product = static_cast<std::uint64_t>(std::max<std::int64_t>((rest + q_b) * rest + q_c, 0)) *
                         static_cast<std::uint64_t>(to_16_bits.multiplier);
    const auto shift = to_16_bits.shift - 30 + static_cast<int>(times);
    if (shift > 64) return 0;
    const auto twice = product >> (shift - 1), rounded = twice >> 1;
    const bool more = (product & ((std::uint64_t{1} << (shift - 1)) - 1)) != 0 || rounded % 2 != 0;
    return static_cast<std::int32_t>(std::min<std::uint64_t>(rounded + (twice % 2 != 0 && more), 32767));
  }

  /// n scores, 1 or more, of at most 2^30 in size -> n bytes; the scores are spoilt.
  template <class Arch>
  void row(std::int32_t* scores, index_t n, std::uint8_t* probabilities) const {
    using longs = simd::long_numbers<Arch>;
    using vector = typename longs::vector;
    std::int64_t largest = scores[0], sum = 0;
    vector most = longs::set(largest), sums{};
    each_long_lanes<Arch>(
        n, true, [&](index_t i) { most = longs::larger(most, longs::load(scores + i)); },
        [&](index_t i) { largest = std::max<std::int64_t>(largest, scores[i]); });
    largest = std::max(largest, longs::largest(most));
    each_long_lanes<Arch>(
        n, true,
        [&](index_t i) {
          const vector exponentials = exponentials_of<longs>(largest - longs::load(scores + i));
          longs::store(scores + i, exponentials);
          sums += exponentials;
        },
        [&](index_t i) { sum += scores[i] = exponential(largest - scores[i]); });
    sum += longs::sum(sums);
    const auto factor = (std::int64_t{1} << 32) / sum;
    each_long_lanes<Arch>(
        n, sum > 1,  // so that the factor has 32 bits
        [&](index_t i) {
          const vector product = longs::unsigned_product(longs::load(scores + i), longs::set(factor));
          longs::store(probabilities + i,
                       longs::smaller(longs::right_unsigned(product, longs::set(24)), longs::set(255)));
        },
        [&](index_t i) {
          probabilities[i] = static_cast<std::uint8_t>(std::min<std::int64_t>((scores[i] * factor) >> 24, 255));
        });
  }

 private:
  // exponential() of lanes. ln2 is below 2^16, so `below` has 21 bits and the parabola 34.
  template <class Longs>
  [[gnu::always_inline]] auto exponentials_of(typename Longs::vector below) const {
    using vector = typename Longs::vector;
    const vector one = Longs::set(1), ln2s = Longs::set(ln2), by = Longs::set(to_16_bits.multiplier);
    below = Longs::smaller(below, Longs::set(30 * ln2));
    const vector times = Longs::right_unsigned(
                     Longs::unsigned_product(below, Longs::set(static_cast<std::int64_t>(inverse))),
                     Longs::set(inverse_shift)),
                 rest = Longs::product(times, ln2s) - below,
                 parabola = Longs::larger(Longs::product(rest + q_b, rest) + q_c, vector{}),
                 product = Longs::unsigned_product(parabola, by) +
                           (Longs::unsigned_product(Longs::right_unsigned(parabola, Longs::set(32)), by) << 32);
    const vector all = times + (to_16_bits.shift - 30), shift = Longs::smaller(all, Longs::set(64)),
                 twice = Longs::right_unsigned(product, shift - 1), rounded = Longs::right_unsigned(twice, one),
                 below_half = product & ((one << (shift - 1)) - 1), more = (below_half != 0 ? one : vector{}) | rounded;
    const vector nearest = Longs::smaller(rounded + (twice & more & 1), Longs::set(32767));
    return all > 64 ? vector{} : nearest;
  }
};

}  // namespace weft
