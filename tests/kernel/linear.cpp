#include <cmath>
#include <weft/kernel/linear.hpp>
#include <weft/kernel/reference.hpp>
#include "catch.hpp"
#include "random.hpp"

namespace weft::linear_test {
namespace {

using arch = simd::native;
using format = float_format<arch>;
constexpr index_t lanes = simd::lanes<arch>;
using floats = std::vector<float>;

template <index_t Columns>
struct packed {
  index_t in, out;
  floats weight, bias, panels, padded_bias;
  packed(index_t inputs, index_t outputs, test::source& from)
      : in(inputs),
        out(outputs),
        weight(from.values(in * out, 1 / std::sqrt(static_cast<float>(in)))),
        bias(from.values(out)),
        panels(static_cast<std::size_t>(packed_words<format>(in, out, Columns))),
        padded_bias(static_cast<std::size_t>(round_up(out, Columns))) {
    pack_panels<format, Columns>([&](index_t o, index_t i) { return weight[static_cast<std::size_t>(o * in + i)]; },
                                 bias.data(), in, out, panels.data(), padded_bias.data());
  }
  index_t count() const { return ceil_div(out, Columns); }
  template <class Then = identity>
  void run(const float* x, index_t ldx, index_t rows, float* y, index_t ldy, index_t first, index_t last) const {
    multiply_panels<format, Columns, Then>({x, rows, in, ldx}, {panels.data(), padded_bias.data(), in, in, out}, first,
                                           last, {y, rows, out, ldy});
  }
};

// Inputs are at most 1 and weights 1 / sqrt(in), so sums of in products stay within a few roundings of sqrt(in).
double tolerance(index_t in) { return 1.2e-7 * (2 + std::sqrt(static_cast<double>(in))); }

template <index_t Columns>
void sweep_sizes() {
  test::source from(7);
  for (const index_t in : {1, 2, 7, 8, 9, 31, 64, 100})
    for (const index_t out : {1, 2, 5, 16, 24, 33, 47, 64})
      for (const index_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 25}) {
        const packed<Columns> w(in, out, from);
        const auto x = from.values(rows * in);
        floats y(static_cast<std::size_t>(rows * out)), want = y;
        w.run(x.data(), in, rows, y.data(), out, 0, w.count());
        reference::linear(x.data(), in, rows, in, w.weight.data(), w.bias.data(), want.data(), out, out);
        CAPTURE(Columns, in, out, rows);
        REQUIRE(test::largest_difference(y, want) < tolerance(in));
      }
}

TEST_CASE("linear agrees with its plain loops at odd sizes, for every panel width") {
  sweep_sizes<lanes>();
  sweep_sizes<2 * lanes>();
  sweep_sizes<3 * lanes>();
}

TEST_CASE("linear agrees with its plain loops at a model's sizes") {
  test::source from(1);
  constexpr index_t columns = panel_columns<arch>(768);
  const packed<columns> w(768, 768, from);
  const auto x = from.values(9 * 768);
  floats y(9 * 768), want = y;
  w.run(x.data(), 768, 9, y.data(), 768, 0, w.count());
  reference::linear(x.data(), 768, 9, 768, w.weight.data(), w.bias.data(), want.data(), 768, 768);
  CHECK(test::largest_difference(y, want) < tolerance(768));
}

TEST_CASE("a row of a linear has the same bits in any company") {
  test::source from(3);
  constexpr index_t columns = 2 * lanes, in = 83, out = 5 * columns + 3, rows = 29;
  const packed<columns> w(in, out, from);
  const auto x = from.values(rows * in);
  floats all(rows * out);
  w.run(x.data(), in, rows, all.data(), out, 0, w.count());
  for (int attempt = 0; attempt < 40; ++attempt) {
    const index_t first = from.below(rows), last = first + 1 + from.below(rows - first);
    const index_t panel = from.below(w.count());
    floats part(static_cast<std::size_t>((last - first) * out));
    w.run(x.data() + first * in, in, last - first, part.data(), out, 0, panel);  // split panels
    w.run(x.data() + first * in, in, last - first, part.data(), out, panel, w.count());
    REQUIRE(std::equal(part.begin(), part.end(), all.begin() + first * out));
  }
}

TEST_CASE("rows may lie apart, and nothing else is written") {
  test::source from(5);
  constexpr index_t columns = 2 * lanes, in = 10, out = columns + 3, rows = 7, ldx = 13, ldy = out + 5;
  const packed<columns> w(in, out, from);
  const auto x = from.values(rows * ldx);
  floats y(rows * ldy, 77.0f), tight(rows * out);
  w.run(x.data(), ldx, rows, y.data(), ldy, 0, w.count());
  reference::linear(x.data(), ldx, rows, in, w.weight.data(), w.bias.data(), tight.data(), out, out);
  for (index_t i = 0; i < rows; ++i)
    for (index_t c = 0; c < ldy; ++c) {
      const float got = y[static_cast<std::size_t>(i * ldy + c)];
      if (c < out)
        CHECK(std::abs(got - tight[static_cast<std::size_t>(i * out + c)]) < 1e-6);
      else
        CHECK(got == 77.0f);
    }
}

template <class Then>
void same_as_afterwards() {
  test::source from(9);
  constexpr index_t columns = 2 * lanes, in = 12, out = columns + 5, rows = 11;
  const packed<columns> w(in, out, from);
  const auto x = from.values(rows * in, 3);
  floats plain(rows * out), fused = plain;
  w.run(x.data(), in, rows, plain.data(), out, 0, w.count());
  w.template run<Then>(x.data(), in, rows, fused.data(), out, 0, w.count());
  apply<arch>(Then{}, plain.data(), rows * out);
  CHECK(plain == fused);
}

TEST_CASE("an activation fused into a linear has the bits of one applied afterwards") {
  same_as_afterwards<gelu>();
  same_as_afterwards<gelu_tanh>();
  same_as_afterwards<relu>();
  same_as_afterwards<hyperbolic_tangent>();
}

TEST_CASE("no rows, no panels and no bias are fine") {
  test::source from(2);
  constexpr index_t columns = 2 * lanes;
  const packed<columns> w(4, 4, from);
  w.run(nullptr, 4, 0, nullptr, 4, 0, w.count());
  w.run(w.weight.data(), 4, 1, nullptr, 4, 0, 0);
  floats panels(static_cast<std::size_t>(packed_words<format>(4, 4, columns))), bias(columns, 1.0f);
  pack_panels<format, columns>([](index_t, index_t) { return 1.0f; }, nullptr, 4, 4, panels.data(), bias.data());
  CHECK(bias == floats(columns, 0.0f));
}

template <index_t Columns>
void ask_for_a_panel(index_t steps, index_t tiles) {
  CAPTURE(Columns, steps, tiles);
  const floats weights(4);  // addresses are asked for, never read
  const float* const panel = weights.data();
  const auto first = ahead_of<Columns>(panel, steps, 0, tiles, {});
  const float* end = first.from;
  for (index_t number = 0; number < tiles; ++number) {
    const auto ahead = ahead_of<Columns>(panel, steps, number, tiles, {});
    CHECK(ahead.from == end);
    REQUIRE(ahead.lines > 0);
    end = ahead.from + ahead.lines * 16 * ceil_div(steps, ahead.steps);
  }
  CHECK(end - first.from >= Columns * steps);
  // Where it is known what follows, a tile goes on there behind the end, or begins there.
  const auto bytes = [](const float* p) { return reinterpret_cast<const std::byte*>(p); };
  const float* const next = panel + 1'000'000;
  const auto far = ahead_of<Columns>(panel, steps, 0, tiles, {bytes(panel + 500'000), bytes(next)});
  CHECK((far.turns > 0 && far.next == next));
  const auto near = ahead_of<Columns>(panel, steps, 0, tiles, {bytes(panel), bytes(next)});
  CHECK((near.turns == 0 && near.from >= next));
}

TEST_CASE("the tiles of a panel ask for all of a panel") {
  for (const index_t steps : {1, 8, 33, 64, 384})
    for (const index_t tiles : {1, 2, 7, 8, 11, 16}) {
      ask_for_a_panel<4>(steps, tiles);
      ask_for_a_panel<8>(steps, tiles);
      ask_for_a_panel<48>(steps, tiles);
      ask_for_a_panel<64>(steps, tiles);
    }
}

TEST_CASE("panels divide the usual widths") {
  for (const index_t out : {128, 256, 312, 384, 512, 768, 1024, 3072, 4096}) {
    const index_t columns = panel_columns<arch>(out);
    CHECK(columns % lanes == 0);
    if (out % 64 == 0) CHECK(out % columns == 0);
  }
  CHECK(panel_columns<arch>(1) == lanes);
  CHECK(panel_columns<arch>(-1) > 0);
}

}  // namespace
}  // namespace weft::linear_test
