#pragma once
// From one scale of whole numbers to another without floating point (Jacob et al. 2018; I-BERT, section 3.1): a
// multiplication by a whole number of 31 bits and a shift that rounds to nearest, ties to even.
#include <cmath>
#include <cstdint>
#include <weft/base/error.hpp>
#include <weft/simd/long_numbers.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
__extension__ using whole_128 = __int128;
}

/// A ratio as multiplier / 2^shift: the multiplier has 31 bits, and the ratio's sign. 1 <= shift.
struct dyadic {
  std::int32_t multiplier = 0, shift = 1;
};

/// q * ratio, rounded to nearest, ties to even. Exact for every q of less than 2^62.
[[gnu::always_inline]] inline std::int64_t requantised(std::int64_t q, dyadic ratio) {
  if (ratio.shift >= 33 && ratio.shift <= 64) {  // moved so that the shift is 64: the upper half, and what is below
    const auto product = static_cast<detail::whole_128>(q) * (std::int64_t{ratio.multiplier} << (64 - ratio.shift));
    const auto below = static_cast<std::uint64_t>(product), half = std::uint64_t{1} << 63;
    const auto nearest = static_cast<std::int64_t>(product >> 64) + static_cast<std::int64_t>(below >> 63);
    return below == half ? nearest & ~std::int64_t{1} : nearest;
  }
  const auto product = static_cast<detail::whole_128>(q) * ratio.multiplier;
  const auto half = detail::whole_128{1} << (ratio.shift - 1);
  return static_cast<std::int64_t>((product + (half - 1) + ((product >> ratio.shift) & 1)) >> ratio.shift);
}
/// The same of 32 bits.
[[gnu::always_inline]] inline std::int64_t requantised(std::int32_t q, dyadic ratio) {
  const auto product = std::int64_t{q} * ratio.multiplier;
  if (ratio.shift > 62) return 0;  // less than a half, or a half whose even neighbour is 0
  const auto half = std::int64_t{1} << (ratio.shift - 1);
  return (product + (half - 1) + ((product >> ratio.shift) & 1)) >> ratio.shift;
}

/// The dyadic of a ratio: its mantissa times 2^31, halves away from zero (reference: quant_utils.batch_frexp). Fails
/// for ratios of 2^30 and above, and for those that are none; `what` says whose it is.
inline dyadic dyadic_of(double ratio, std::string_view what) {
  const auto refuse = [&] {
    fail({.subject = what,
          .found = "a scale that is 2^30 or more times the next one's",
          .wanted = "ranges of one model: their ratios have 31 bits"});
  };
  if (!(std::abs(ratio) < 1073741824.0)) refuse();  // NaN, too, which has no mantissa
  int exponent = 0;
  auto mantissa = static_cast<std::int64_t>(std::round(std::frexp(ratio, &exponent) * 2147483648.0));
  int shift = 31 - exponent;
  if (mantissa == std::int64_t{1} << 31 || mantissa == -(std::int64_t{1} << 31)) mantissa /= 2, --shift;
  if (shift < 1) refuse();
  if (shift > 120) return {};  // 0 of all that has 93 bits
  return {static_cast<std::int32_t>(mantissa), shift};
}

namespace detail {
/// Within that many bits.
template <int Bits>
[[gnu::always_inline]] constexpr std::int64_t within(std::int64_t q) {
  constexpr auto n = (std::int64_t{1} << (Bits - 1)) - 1;
  return q < -n - 1 ? -n - 1 : q > n ? n : q;
}
}  // namespace detail

/// The dyadics of neighbouring columns.
struct dyadics {
  std::int32_t *multipliers = nullptr, *shifts = nullptr;
  bool in_halves = true;  ///< every shift is 33 or more: numbers of 62 bits can be multiplied in two halves

  void take(index_t columns, auto& store) {
    multipliers = store.template take<std::int32_t>(columns).data();
    shifts = store.template take<std::int32_t>(columns).data();
  }
  void set(index_t c, dyadic ratio) {
    multipliers[c] = ratio.multiplier, shifts[c] = ratio.shift;
    in_halves = in_halves && ratio.shift >= 33;
  }
  dyadic operator[](index_t c) const { return {multipliers[c], shifts[c]}; }
};

/// requantised() of a vector's lanes at once.
template <class Arch>
struct requantised_lanes {
  using longs = simd::long_numbers<Arch>;
  using vector = typename longs::vector;
  struct ratios {
    vector multiplier, shift;
  };
  [[gnu::always_inline]] static ratios load(const dyadics& of, index_t column) {
    return {longs::load(of.multipliers + column), longs::load(of.shifts + column)};
  }
  [[gnu::always_inline]] static ratios set(dyadic of) { return {longs::set(of.multiplier), longs::set(of.shift)}; }

  /// Of numbers of 32 bits.
  [[gnu::always_inline]] static vector of_32_bits(vector q, const ratios& by) {
    return shifted(longs::product(q, by.multiplier), longs::smaller(by.shift, longs::set(63)), vector{});
  }
  /// Of numbers of 62 bits, by ratios whose shift is 33 or more.
  [[gnu::always_inline]] static vector of_62_bits(vector q, const ratios& by) {
    const vector size = by.multiplier < 0 ? -by.multiplier : by.multiplier, of = by.multiplier < 0 ? -q : q;
    const vector bits = longs::set(32), lower = longs::unsigned_product(of, size),
                 product = longs::product(longs::right_unsigned(of, bits), size) + longs::right_unsigned(lower, bits);
    // What is left below: more than a half is what it is added to, which then is no tie.
    const vector more = (lower & 0xffffffff) != 0 ? longs::set(1) : vector{};
    return shifted(product, longs::smaller(by.shift - 32, longs::set(62)), more);
  }
  template <int Bits>
  [[gnu::always_inline]] static vector within(vector q) {
    constexpr auto n = (std::int64_t{1} << (Bits - 1)) - 1;
    return longs::smaller(longs::larger(q, longs::set(-n - 1)), longs::set(n));
  }

 private:
  // v / 2^shift, 1 to 63, to nearest; between two as near to the even one, or up where `more` is 1.
  [[gnu::always_inline]] static vector shifted(vector v, vector shift, vector more) {
    const vector half = longs::set(1) << (shift - 1), odd = longs::right_unsigned(v, shift) & 1;
    return longs::right(v + (half - 1) + (odd | more), shift);
  }
};

/// f(first) for every vector of long numbers that fits, and one(i) for what is left of n, or for all where `in_lanes`
/// is false or the architecture has none.
template <class Arch>
[[gnu::always_inline]] inline void each_long_lanes(index_t n, bool in_lanes, auto&& f, auto&& one) {
  constexpr index_t lanes = simd::long_numbers<Arch>::lanes;
  index_t done = 0;
  if constexpr (lanes > 0) {
    if (in_lanes) done = n - n % lanes;
    for (index_t i = 0; i < done; i += lanes) f(i);
  }
  for (index_t i = done; i < n; ++i) one(i);
}

/// n numbers of 32 bits, or of at most 2^62, in columns from `first` on -> codes of Bits bits.
template <class Arch, int Bits, class Number, class Code>
void requantise_columns(const Number* q, const dyadics& ratios, index_t first, index_t n, Code* codes) {
  using in_lanes = requantised_lanes<Arch>;
  constexpr bool narrow = sizeof(Number) == 4;
  each_long_lanes<Arch>(
      n, narrow || ratios.in_halves,
      [&](index_t i) {
        const auto by = in_lanes::load(ratios, first + i);
        const auto v = in_lanes::longs::load(q + i);
        in_lanes::longs::store(codes + i, in_lanes::template within<Bits>(narrow ? in_lanes::of_32_bits(v, by)
                                                                                 : in_lanes::of_62_bits(v, by)));
      },
      [&](index_t i) { codes[i] = static_cast<Code>(detail::within<Bits>(requantised(q[i], ratios[first + i]))); });
}

/// The same of one ratio for all columns, numbers of 32 bits.
template <class Arch, int Bits, class Code>
void requantise_by(const std::int32_t* q, dyadic ratio, index_t n, Code* codes) {
  using in_lanes = requantised_lanes<Arch>;
  const auto by = in_lanes::set(ratio);
  each_long_lanes<Arch>(
      n, true,
      [&](index_t i) {
        in_lanes::longs::store(codes + i,
                               in_lanes::template within<Bits>(in_lanes::of_32_bits(in_lanes::longs::load(q + i), by)));
      },
      [&](index_t i) { codes[i] = static_cast<Code>(detail::within<Bits>(requantised(q[i], ratio))); });
}

}  // namespace weft
