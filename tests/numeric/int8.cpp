#include <weft/numeric/int8.hpp>

#include <vector>
#include <weft/kernel/reference_int8.hpp>
#include <weft/testing/numeric_laws.hpp>

#include "catch.hpp"
#include "kernel/int8_goldens.hpp"
#include "kernel/random.hpp"

namespace weft::int8_test {
namespace {

using arch = simd::native;
using floats = std::vector<float>;
constexpr index_t lanes = simd::lanes<arch>;

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// A linear as kernels have it: packed into panels of Columns, its rows written.
template <int Bits, index_t Columns>
struct packed {
  using format = quad_format<arch, Bits>;
  index_t in, out;
  floats padded_bias;
  std::vector<std::uint32_t> panels;
  packed(index_t inputs, index_t outputs, const floats& weight, const floats& bias)
      : in(inputs),
        out(outputs),
        padded_bias(at(round_up(out, Columns))),
        panels(at(packed_words<format>(in, out, Columns))) {
    pack_panels<format, Columns>([&](index_t o, index_t i) { return weight[at(o * in + i)]; }, bias.data(), in, out,
                                 panels.data(), padded_bias.data());
  }
  index_t count() const { return ceil_div(out, Columns); }
  void run(const float* x, index_t rows, float* y, index_t first, index_t last) const {
    const index_t elements = format::row_elements(in);
    std::vector<std::uint32_t> from(at(rows * elements));
    for (index_t r = 0; r < rows; ++r) format::write_row(x + r * in, in, from.data() + r * elements);
    multiply_panels<format, Columns>({from.data(), rows, elements},
                                     {panels.data(), padded_bias.data(), format_lines<format>(in), in, out}, first,
                                     last, {y, rows, out});
  }
  floats run(const floats& x, index_t rows) const {
    floats y(at(rows * out));
    run(x.data(), rows, y.data(), 0, count());
    return y;
  }
};

template <int Bits>
floats twin(index_t in, index_t out, index_t rows, const floats& weight, const floats& bias, const floats& x) {
  std::vector<std::int8_t> codes(at(out * in));
  std::vector<reference::int8_output> outputs;
  for (index_t o = 0; o < out; ++o)
    outputs.push_back(reference::int8_weights(weight.data() + o * in, in, Bits, codes.data() + o * in));
  floats y;
  std::vector<std::uint8_t> row(at(in));
  for (index_t r = 0; r < rows; ++r) {
    const auto is = reference::int8_row(x.data() + r * in, in, row.data());
    for (index_t o = 0; o < out; ++o)
      y.push_back(reference::int8_value(reference::int8_sum(row.data(), is.zero, codes.data() + o * in, in), is.scale,
                                        outputs[at(o)].scale, bias[at(o)]));
  }
  return y;
}

void same(const floats& is, const floats& wanted) {
  REQUIRE(is.size() == wanted.size());
  for (std::size_t i = 0; i < is.size(); ++i) {
    CAPTURE(i, is[i], wanted[i]);
    if (!test::same_value(is[i], wanted[i])) FAIL("other bits");
  }
}

template <int Bits>
void golden(const test::int8_golden& g) {
  const auto x = g.values<float>("x"), weight = g.values<float>("weight"), bias = g.values<float>("bias");
  const auto y = g.values<float>("y");
  same(packed<Bits, lanes>(g.in, g.out, weight, bias).run(x, g.rows), y);
  same(packed<Bits, 2 * lanes>(g.in, g.out, weight, bias).run(x, g.rows), y);
  same(packed<Bits, 3 * lanes>(g.in, g.out, weight, bias).run(x, g.rows), y);
}

// Lines of floats of all sizes, now and then with one that is large, equal, of one sign or 0.
floats lines(test::source& from, index_t count, index_t in) {
  floats all;
  for (index_t r = 0; r < count; ++r) {
    auto line = from.values(in, std::exp2(static_cast<float>(from.below(24)) - 12));
    switch (from.below(8)) {
      case 0:
        std::fill(line.begin(), line.end(), line[0]);
        break;
      case 1:
        for (auto& v : line) v = std::abs(v);
        break;
      case 2:
        line[at(from.below(in))] *= 100;
        break;
      case 3:
        std::fill(line.begin(), line.end(), 0.0f);
        break;
      default:
        break;
    }
    all.insert(all.end(), line.begin(), line.end());
  }
  return all;
}

template <int Bits, index_t Columns>
void random_shape(test::source& from) {
  const index_t in = 1 + from.below(from.below(4) == 0 ? 700 : 70), out = 1 + from.below(50), rows = 1 + from.below(30);
  CAPTURE(Bits, Columns, in, out, rows);
  const auto weight = lines(from, out, in), bias = from.values(out), x = lines(from, rows, in);
  same(packed<Bits, Columns>(in, out, weight, bias).run(x, rows), twin<Bits>(in, out, rows, weight, bias, x));
}

template <int Bits>
void extremes(index_t in) {
  // All 255 against all of the largest code, of both signs, and against pairs of both.
  constexpr index_t out = 4 * lanes, rows = 9;
  floats weight, x;
  for (index_t o = 0; o < out; ++o)
    for (index_t i = 0; i < in; ++i) weight.push_back((o / lanes == 2 ? i / 2 % 2 : o / lanes) % 2 == 0 ? 1.0f : -1.0f);
  for (index_t r = 0; r < rows; ++r)
    for (index_t i = 0; i < in; ++i) x.push_back(r % 3 == 0 ? 1.0f : r % 3 == 1 ? -1.0f : i / 2 % 2 == 0 ? 1.0f : 0.0f);
  const floats bias(at(out), 0.25f);
  CAPTURE(Bits, in);
  same(packed<Bits, 2 * lanes>(in, out, weight, bias).run(x, rows), twin<Bits>(in, out, rows, weight, bias, x));
}

}  // namespace

TEST_CASE("linears of int8 are the goldens to the bit") {
  for (const std::string name : test::int8_goldens) {
    const std::string eight = simd::quads<arch, 8>::name(), seven = simd::quads<arch, 7>::name();
    CAPTURE(name, eight, seven);
    const test::int8_golden g(name);
    g.bits == 7 ? golden<7>(g) : golden<8>(g);
  }
}

TEST_CASE("linears of int8 of any shape have the bits of their twin") {
  test::source from(24);
  for (int attempt = 0; attempt < 167; ++attempt) {
    random_shape<8, lanes>(from), random_shape<8, 2 * lanes>(from), random_shape<8, 3 * lanes>(from);
    random_shape<7, lanes>(from), random_shape<7, 2 * lanes>(from), random_shape<7, 3 * lanes>(from);
  }
}

TEST_CASE("sums of int8 do not saturate, up to the most inputs") {
  for (const index_t in : {1, 2, 3, 4, 5, 64, 1001, 65536}) extremes<8>(in), extremes<7>(in);
}

TEST_CASE("a row of a linear of int8 has the same bits in any company") {
  test::source from(3);
  constexpr index_t columns = 2 * lanes, in = 83, out = 5 * columns + 3, rows = 29;
  const packed<8, columns> w(in, out, lines(from, out, in), from.values(out));
  const auto x = lines(from, rows, in);
  const auto all = w.run(x, rows);
  for (int attempt = 0; attempt < 40; ++attempt) {
    const index_t first = from.below(rows), last = first + 1 + from.below(rows - first);
    const index_t panel = from.below(w.count());
    floats part(at((last - first) * out));
    w.run(x.data() + first * in, last - first, part.data(), 0, panel);  // split panels
    w.run(x.data() + first * in, last - first, part.data(), panel, w.count());
    REQUIRE(std::equal(part.begin(), part.end(), all.begin() + first * out));
  }
}

TEST_CASE("a row that is not finite gives NaN in its own outputs, and a weight in its own") {
  test::source from(5);
  constexpr index_t in = 37, out = 20, rows = 11;
  const auto weight = from.values(in * out), bias = from.values(out);
  auto x = from.values(in * rows);
  const auto all = packed<8, lanes>(in, out, weight, bias).run(x, rows);
  const float none = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();
  for (index_t place = 0; place < in; ++place)
    for (const float bad : {none, -none, infinite, -infinite}) {
      auto poisoned = x;
      poisoned[at(4 * in + place)] = bad;
      const auto y = packed<8, lanes>(in, out, weight, bias).run(poisoned, rows);
      for (index_t r = 0; r < rows; ++r)
        for (index_t o = 0; o < out; ++o)
          REQUIRE((r == 4 ? is_nan(y[at(r * out + o)]) : test::same_value(y[at(r * out + o)], all[at(r * out + o)])));
      auto weights = weight;
      weights[at(3 * in + place)] = bad;
      const auto z = packed<8, lanes>(in, out, weights, bias).run(x, rows);
      for (index_t r = 0; r < rows; ++r)
        for (index_t o = 0; o < out; ++o)
          REQUIRE((o == 3 ? is_nan(z[at(r * out + o)]) : test::same_value(z[at(r * out + o)], all[at(r * out + o)])));
    }
}

TEST_CASE("a linear of int8 is near its formula in double") {
  test::source from(6);
  for (const index_t in : {3, 64, 700}) {
    constexpr index_t out = 24, rows = 9;
    const auto weight = from.values(in * out), bias = from.values(out), x = from.values(in * rows);
    const auto y = packed<8, lanes>(in, out, weight, bias).run(x, rows);
    std::vector<std::int8_t> codes(at(in));
    std::vector<std::uint8_t> row(at(in));
    for (index_t r = 0; r < rows; ++r)
      for (index_t o = 0; o < out; ++o) {
        const auto output = reference::int8_weights(weight.data() + o * in, in, 8, codes.data());
        const auto is = reference::int8_row(x.data() + r * in, in, row.data());
        double sum = 0;
        for (index_t i = 0; i < in; ++i)
          sum += static_cast<double>(row[at(i)] - is.zero) * static_cast<double>(codes[at(i)]);
        const double wanted = sum * double{is.scale} * double{output.scale} + double{bias[at(o)]};
        REQUIRE(std::abs(double{y[at(r * out + o)]} - wanted) <= 2e-6 * std::max(1.0, std::abs(wanted)));
      }
  }
}

TEST_CASE("int8 is a lawful numeric policy") {
  CHECK(testing::broken_numeric_law<int8<>>(0.02) == "");
  CHECK(testing::broken_numeric_law<int8<7>>(0.03) == "");
  static_assert(format_lines<quad_format<arch, 8>>(5) == 4);
  static_assert(int8<>::own_bytes<arch> > 0);
}

}  // namespace weft::int8_test
