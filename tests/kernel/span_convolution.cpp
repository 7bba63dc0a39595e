#include <weft/kernel/gather.hpp>
#include <weft/kernel/reference.hpp>
#include <weft/kernel/span_convolution.hpp>

#include "catch.hpp"
#include "random.hpp"

namespace weft::span_convolution_test {
namespace {

using arch = simd::native;
using floats = std::vector<float>;

// Rows lie further apart than they are wide, and the buffer ends with the last row's last value.
template <index Taps>
void compare_with_plain_loops() {
  test::source from(Taps);
  for (const index width : {1, 3, 7, 8, 9, 16, 24, 33, 64, 100})
    for (const index length : {1, 2, 3, 5, 9, 20}) {
      CAPTURE(Taps, width, length);
      const index stride = width + 3;
      const auto x = from.values((length - 1) * stride + width), taps = from.values(Taps * width),
                 weights = from.values(Taps);
      floats y(static_cast<std::size_t>(width)), want = y;
      for (index t = 0; t < length; ++t) {
        depthwise_row<arch, Taps>(x.data(), stride, t, length, taps.data(), width, width, y.data());
        reference::depthwise_row(x.data(), stride, t, length, taps.data(), width, Taps, width, want.data());
        CHECK(test::largest_difference(y, want) < 1e-6 * Taps);
        mix_taps<arch, Taps>(x.data(), stride, t, length, weights.data(), width, y.data());
        reference::mix_taps(x.data(), stride, t, length, weights.data(), Taps, width, want.data());
        CHECK(test::largest_difference(y, want) < 1e-6 * Taps);
      }
    }
}

TEST_CASE("convolutions of one row agree with their plain loops") {
  compare_with_plain_loops<1>();
  compare_with_plain_loops<3>();
  compare_with_plain_loops<9>();
}

TEST_CASE("a row beyond the rows that exist sees those within reach, and nothing else") {
  const floats x{1, 2, 4}, taps{1, 10, 100};
  float y = -1;
  depthwise_row<arch, 3>(x.data(), 1, 3, 3, taps.data(), 1, 1, &y);  // one past the end: only its left neighbour
  CHECK(y == 4);
  depthwise_row<arch, 3>(x.data(), 1, 5, 3, taps.data(), 1, 1, &y);
  CHECK(y == 0);
}

TEST_CASE("tap weights of every head sum to one") {
  test::source from(3);
  auto row = from.values(4 * 9, 20), want = row;
  softmax_taps<arch, 9>(row.data(), 4);
  for (index h = 0; h < 4; ++h) reference::softmax_row(want.data() + h * 9, 9);
  CHECK(test::largest_difference(row, want) < 1e-6);
}

TEST_CASE("rows are multiplied and scaled value by value") {
  test::source from(4);
  for (const index width : {1, 7, 8, 30}) {
    const auto a = from.values(width), b = from.values(width);
    auto product = a, scaled = a;
    multiply_row<arch>(product.data(), b.data(), width);
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(product[i] == a[i] * b[i]);
    scale_row<arch>(a.data(), 3, width, scaled.data());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(scaled[i] == a[i] * 3);
  }
}

}  // namespace
}  // namespace weft::span_convolution_test
