// Formats over the one panel kernel: those of the library and two of eight bits, which scale columns, and rows.
#include <array>
#include <cmath>
#include <weft/numeric/bfloat16.hpp>
#include <weft/numeric/bfloat16_weights.hpp>
#include <weft/numeric/float32.hpp>
#include <weft/testing/numeric_laws.hpp>

#include "catch.hpp"

namespace weft::formats_test {
namespace {
using testing::broken_numeric_law;

constexpr std::int32_t byte_of(std::uint32_t word, index_t i) {
  return static_cast<std::int8_t>(static_cast<std::uint8_t>(word >> (8 * i)));
}
// Four numbers that a scale divides, rounded to whole ones.
std::uint32_t four(const auto& value, index_t i, index_t in, float scale) {
  std::uint32_t word = 0;
  for (index_t k = 0; k < 4 && i + k < in; ++k) {
    const auto whole = scale > 0 ? static_cast<std::int32_t>(std::lrint(value(i + k) / scale)) : 0;
    word |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(whole)) << (8 * k);
  }
  return word;
}
float scale_of(const auto& value, index_t in) {
  float largest = 0;
  for (index_t i = 0; i < in; ++i) largest = std::max(largest, std::abs(value(i)));
  return largest / 127;
}

// Weights of eight bits, a scale for each column; rows are floats as they lie.
struct eight_bit_weights : panel_numeric<eight_bit_weights> {
  template <class Arch>
  struct format : float_format<Arch> {
    using word = std::uint32_t;
    using vector = simd::vector<Arch>;
    static constexpr index_t inputs = 4, parts = 4;
    static float column_scale(const auto& weight, index_t in) { return scale_of(weight, in); }
    static word pack(const auto& weight, index_t i, index_t in, float scale) { return four(weight, i, in, scale); }
    static vector begin(const vector&) { return simd::set<Arch>(0.0f); }
    static vector column(const word* words, auto part) {
      float all[simd::lanes<Arch>];
      for (index_t c = 0; c < simd::lanes<Arch>; ++c) all[c] = static_cast<float>(byte_of(words[c], part));
      return simd::load<Arch>(all);
    }
    static vector finish(const vector& sum, const float*, const word* scales, const vector& bias) {
      return simd::fma(sum, simd::load<Arch>(reinterpret_cast<const float*>(scales)), bias);
    }
  };
};

// Rows of eight bits, too, each with its scale behind it; sums are whole numbers, in an array of their own.
struct eight_bits : panel_numeric<eight_bits> {
  template <class Arch>
  struct format {
    using arch = Arch;
    using word = std::uint32_t;
    using element = std::uint32_t;
    using sum = std::array<std::int32_t, static_cast<std::size_t>(simd::lanes<Arch>)>;
    static constexpr index_t inputs = 4, parts = 1;
    static float column_scale(const auto& weight, index_t in) { return scale_of(weight, in); }
    static word pack(const auto& weight, index_t i, index_t in, float scale) { return four(weight, i, in, scale); }
    static constexpr index_t row_elements(index_t in) { return ceil_div(in, index_t{4}) + 1; }
    static void write_row(const float* x, index_t in, element* to) {
      const auto value = [x](index_t i) { return x[i]; };
      const float scale = scale_of(value, in);
      for (index_t i = 0; i < in; i += 4) *to++ = four(value, i, in, scale);
      *to = std::bit_cast<element>(scale);
    }
    static sum begin(const simd::vector<Arch>&) { return {}; }
    static std::array<word, static_cast<std::size_t>(simd::lanes<Arch>)> column(const word* words, auto) {
      std::array<word, static_cast<std::size_t>(simd::lanes<Arch>)> all;
      std::copy(words, words + simd::lanes<Arch>, all.begin());
      return all;
    }
    static element row(element e) { return e; }
    static sum add(element row, const auto& column, sum before) {
      for (std::size_t c = 0; c < before.size(); ++c)
        for (index_t k = 0; k < 4; ++k) before[c] += byte_of(row, k) * byte_of(column[c], k);
      return before;
    }
    static simd::vector<Arch> finish(const sum& of, const element* row, const word* scales,
                                     const simd::vector<Arch>& bias) {
      float all[simd::lanes<Arch>];
      for (std::size_t c = 0; c < of.size(); ++c)
        all[c] = static_cast<float>(of[c]) * std::bit_cast<float>(*row) * std::bit_cast<float>(scales[c]);
      return simd::load<Arch>(all) + bias;
    }
  };
};

// Broken: sums of every other row begin with something else, and with the bias twice.
template <int Mistake>
struct broken : panel_numeric<broken<Mistake>> {
  template <class Arch>
  struct format : float_format<Arch> {
    static constexpr index_t row_elements(index_t in) { return in; }
    static void write_row(const float* x, index_t in, float* to) {
      static int written = 0;
      for (index_t i = 0; i < in; ++i) to[i] = x[i] * (Mistake == 1 && ++written % 5 == 0 ? 1.00001f : 1.0f);
    }
    static simd::vector<Arch> finish(const simd::vector<Arch>& sum, const float*, const float*,
                                     const simd::vector<Arch>& bias) {
      return Mistake == 2 ? sum + bias : sum;
    }
  };
};
}  // namespace

TEST_CASE("numeric policies are lawful") {
  CHECK(broken_numeric_law<float32>(1e-6) == "");
  CHECK(broken_numeric_law<bfloat16>(0.01) == "");
  CHECK(broken_numeric_law<bfloat16_weights>(0.005) == "");
  CHECK(broken_numeric_law<eight_bit_weights>(0.01) == "");
  CHECK(broken_numeric_law<eight_bits>(0.02) == "");
}

TEST_CASE("broken laws of numeric policies are named") {
  CHECK(broken_numeric_law<broken<0>>(1e-6) == "");
  CHECK(broken_numeric_law<broken<1>>(1e-4).rfind("a row's bits depend on the rows beside it: ", 0) == 0);
  CHECK(broken_numeric_law<broken<2>>(1e-4).rfind("a product is further from its formula than stated: ", 0) == 0);
  CHECK(broken_numeric_law<bfloat16>(1e-6).rfind("a product is further from its formula than stated: ", 0) == 0);
}

TEST_CASE("a format's words are what it says") {
  using arch = simd::native;
  static_assert(format_lines<float32::format<arch>>(5) == 5 && format_steps<float32::format<arch>>(5) == 5);
  static_assert(format_lines<bfloat16::format<arch>>(5) == 3);
  static_assert(format_lines<eight_bits::format<arch>>(5) == 3 && format_steps<eight_bits::format<arch>>(5) == 2);
  static_assert(format_lines<eight_bit_weights::format<arch>>(5) == 3);
  static_assert(format_steps<eight_bit_weights::format<arch>>(5) == 5);
  static_assert(bfloat16_weights::own_bytes<arch> == 0);
  static_assert(std::is_same_v<bfloat16_weights::format<arch>, bfloat16::format<arch>> ==
                !simd::has_bfloat16_dot<arch>);
  static_assert(float32::own_bytes<arch> == 0 && eight_bits::own_bytes<arch> > 0);
  SUCCEED("checked by the compiler");
}

}  // namespace weft::formats_test
