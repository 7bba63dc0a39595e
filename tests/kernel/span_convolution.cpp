#include <weft/kernel/gather.hpp>
#include <weft/kernel/reference.hpp>
#include <weft/kernel/softmax.hpp>
#include <weft/kernel/span_convolution.hpp>

#include "catch.hpp"
#include "random.hpp"

namespace weft::span_convolution_test {
namespace {

using arch = simd::native;
using floats = std::vector<float>;

// Rows lie further apart than they are wide, and the buffer ends with the last row's last value.
template <index_t Taps>
void compare_with_plain_loops() {
  test::source from(Taps);
  for (const index_t width : {1, 3, 7, 8, 9, 16, 24, 33, 64, 100})
    for (const index_t length : {1, 2, 3, 5, 9, 20}) {
      CAPTURE(Taps, width, length);
      const index_t stride = width + 3;
      const auto x = from.values((length - 1) * stride + width), taps = from.values(Taps * width),
                 weights = from.values(Taps);
      floats y(static_cast<std::size_t>(width)), want = y;
      for (index_t t = 0; t < length; ++t) {
        depthwise_row<arch, Taps>(x.data(), stride, t, length, taps.data(), width, width, y.data());
        reference::depthwise_row(x.data(), stride, t, length, taps.data(), width, Taps, width, want.data());
        CHECK(test::largest_difference(y, want) < 1e-6 * Taps);
        mix_taps<arch, Taps>(x.data(), stride, t, length, weights.data(), width, y.data());
        reference::mix_taps(x.data(), stride, t, length, weights.data(), Taps, width, want.data());
        CHECK(test::largest_difference(y, want) < 1e-6 * Taps);
      }
    }
}

// The same bits as row by row, for pieces that begin and end anywhere; the space between the rows stays.
template <index_t Taps>
void compare_with_single_rows() {
  test::source from(Taps);
  for (const index_t width : {1, 8, 19, 48})
    for (const index_t length : {1, 4, 9, 21})
      for (index_t begin = 0; begin <= length; begin += 2)
        for (const index_t end : {begin, std::min(length, begin + 3), length, length + 2}) {
          CAPTURE(Taps, width, length, begin, end);
          const index_t stride = width + 3, ldy = width + 1;
          const auto x = from.values((length - 1) * stride + width), taps = from.values(Taps * width);
          floats y(static_cast<std::size_t>((end - begin) * ldy), -1.0f), want = y;
          depthwise_rows<arch, Taps>(x.data(), stride, begin, end, length, taps.data(), width, width, y.data(), ldy);
          for (index_t t = begin; t < end; ++t)
            depthwise_row<arch, Taps>(x.data(), stride, t, length, taps.data(), width, width,
                                      want.data() + (t - begin) * ldy);
          REQUIRE(y == want);
        }
}

TEST_CASE("convolutions of one row agree with their plain loops") {
  compare_with_plain_loops<1>();
  compare_with_plain_loops<3>();
  compare_with_plain_loops<9>();
}

TEST_CASE("several rows of a depthwise convolution are what each alone is") {
  compare_with_single_rows<1>();
  compare_with_single_rows<3>();
  compare_with_single_rows<9>();
}

TEST_CASE("a row beyond the rows that exist sees those within reach, and nothing else") {
  const floats x{1, 2, 4}, taps{1, 10, 100};
  float y = -1;
  depthwise_row<arch, 3>(x.data(), 1, 3, 3, taps.data(), 1, 1, &y);  // one past the end: only its left neighbour
  CHECK(y == 4);
  depthwise_row<arch, 3>(x.data(), 1, 5, 3, taps.data(), 1, 1, &y);
  CHECK(y == 0);
}

template <index_t Taps>
void compare_tap_weights() {
  test::source from(3);
  for (const index_t heads : {1, 2, 4, 6, 8, 9, 17}) {
    CAPTURE(Taps, heads);
    auto row = from.values(heads * Taps, 20), want = row, one_by_one = row;
    // Rows of exact size: the address sanitizer sees a stray read.
    softmax_taps<arch, Taps>(row.data(), heads);
    for (index_t h = 0; h < heads; ++h) {
      reference::softmax_row(want.data() + h * Taps, Taps);
      softmax_row<arch>(one_by_one.data() + h * Taps, Taps);
    }
    CHECK(test::largest_difference(row, want) < 1e-6);
    CHECK(row == one_by_one);  // one order of sums, however many taps fit a vector
  }
}

TEST_CASE("tap weights of every head sum to one") {
  compare_tap_weights<1>();
  compare_tap_weights<3>();
  compare_tap_weights<9>();
  compare_tap_weights<17>();
}

TEST_CASE("rows are multiplied and scaled value by value") {
  test::source from(4);
  for (const index_t width : {1, 7, 8, 30}) {
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
