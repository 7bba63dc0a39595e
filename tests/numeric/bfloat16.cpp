#include <weft/numeric/bfloat16.hpp>

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "kernel/random.hpp"

namespace weft::bfloat16_test {
namespace {

using arch = simd::native;
using format = bfloat16::format<arch>;
constexpr index_t lanes = simd::lanes<arch>;
using floats = std::vector<float>;

float rounded(float x) { return simd::from_bfloat16(simd::to_bfloat16(x)); }

template <index_t Columns>
struct packed {
  index_t in, out;
  floats weight, bias, padded_bias;
  std::vector<std::uint32_t> panels;
  packed(index_t inputs, index_t outputs, test::source& from)
      : in(inputs),
        out(outputs),
        weight(from.values(in * out, 1 / std::sqrt(static_cast<float>(in)))),
        bias(from.values(out)),
        padded_bias(static_cast<std::size_t>(round_up(out, Columns))),
        panels(static_cast<std::size_t>(packed_words<format>(in, out, Columns))) {
    pack_panels<format, Columns>([&](index_t o, index_t i) { return weight[static_cast<std::size_t>(o * in + i)]; },
                                 bias.data(), in, out, panels.data(), padded_bias.data());
  }
  index_t count() const { return ceil_div(out, Columns); }

  void run(const float* x, index_t rows, float* y, index_t first, index_t last) const {
    const packed_panels<format> weights{panels.data(), padded_bias.data(), format_lines<format>(in), in, out};
    const auto multiply = [&]<class F>(const packed_panels<F>& w) {
      if constexpr (detail::writes_rows<F>) {
        const index_t elements = F::row_elements(in);
        std::vector<typename F::element> from(static_cast<std::size_t>(rows * elements));
        for (index_t r = 0; r < rows; ++r) F::write_row(x + r * in, in, from.data() + r * elements);
        multiply_panels<F, Columns>({from.data(), rows, elements}, w, first, last, {y, rows, out});
      } else {
        multiply_panels<F, Columns>({x, rows, in}, w, first, last, {y, rows, out});
      }
    };
    multiply(weights);
  }

  // The formula in double, on operands rounded as stated.
  double formula(const float* x, index_t o) const {
    double sum = bias[static_cast<std::size_t>(o)];
    for (index_t i = 0; i < in; ++i) {
      const float row = simd::has_bfloat16_dot<arch> ? rounded(x[i]) : x[i];
      sum += double{row} * double{rounded(weight[static_cast<std::size_t>(o * in + i)])};
    }
    return sum;
  }
};

template <index_t Columns>
void sweep() {
  test::source from(7);
  for (const index_t in : {1, 2, 3, 7, 8, 31, 33, 64, 100, 131})
    for (const index_t out : {1, 5, 16, 33, 47, 64})
      for (const index_t rows : {1, 2, 3, 7, 8, 13, 25}) {
        const packed<Columns> w(in, out, from);
        const auto x = from.values(rows * in);
        floats y(static_cast<std::size_t>(rows * out));
        w.run(x.data(), rows, y.data(), 0, w.count());
        double worst = 0;
        for (index_t r = 0; r < rows; ++r)
          for (index_t o = 0; o < out; ++o)
            weft_test::raise(
                worst, std::abs(double{y[static_cast<std::size_t>(r * out + o)]} - w.formula(x.data() + r * in, o)));
        CAPTURE(Columns, in, out, rows);
        // Only float sums are left to differ: a few roundings of numbers around sqrt(in).
        REQUIRE(worst < 1.2e-7 * (2 + std::sqrt(static_cast<double>(in))));
      }
}

}  // namespace

TEST_CASE("a linear of bfloat16 weights agrees with its formula on rounded operands") {
  sweep<lanes>();
  sweep<2 * lanes>();
  sweep<3 * lanes>();
}

TEST_CASE("a row of a linear of bfloat16 weights has the same bits in any company") {
  test::source from(3);
  constexpr index_t columns = 2 * lanes, in = 83, out = 5 * columns + 3, rows = 29;
  const packed<columns> w(in, out, from);
  const auto x = from.values(rows * in);
  floats all(rows * out);
  w.run(x.data(), rows, all.data(), 0, w.count());
  for (int attempt = 0; attempt < 40; ++attempt) {
    const index_t first = from.below(rows), last = first + 1 + from.below(rows - first);
    const index_t panel = from.below(w.count());
    floats part(static_cast<std::size_t>((last - first) * out));
    w.run(x.data() + first * in, last - first, part.data(), 0, panel);  // split panels
    w.run(x.data() + first * in, last - first, part.data(), panel, w.count());
    REQUIRE(std::equal(part.begin(), part.end(), all.begin() + first * out));
  }
}

}  // namespace weft::bfloat16_test
