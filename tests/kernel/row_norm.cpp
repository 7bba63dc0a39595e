#include <weft/kernel/gather.hpp>
#include <weft/kernel/pooling.hpp>
#include <weft/kernel/reference.hpp>
#include <weft/kernel/row_norm.hpp>
#include <weft/kernel/softmax.hpp>
#include "catch.hpp"
#include "random.hpp"

namespace weft::row_norm_test {
namespace {

using arch = simd::native;
using floats = std::vector<float>;

// f(width, source of values) for widths around the vector and unrolling sizes of every architecture.
template <class F>
void each_width(F f) {
  test::source from(11);
  for (const index_t width : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 128, 130, 384, 768}) {
    CAPTURE(width);
    f(width, from);
  }
}

TEST_CASE("a row over the root of its mean square") {
  for (const index_t width : {1, 3, 16, 33, 96}) {
    std::vector<float> x, gain, y(static_cast<std::size_t>(width));
    double squares = 0;
    for (index_t i = 0; i < width; ++i) {
      x.push_back(3 + std::sin(static_cast<float>(i))), gain.push_back(1 + 0.1f * static_cast<float>(i % 5));
      squares += double{x.back()} * double{x.back()};
    }
    rms_norm_row<arch>(x.data(), gain.data(), 0.5f, width, y.data());
    for (std::size_t i = 0; i < y.size(); ++i)
      CHECK(
          static_cast<double>(y[i]) ==
          Approx(double{x[i]} / std::sqrt(squares / static_cast<double>(width) + 0.5) * double{gain[i]}).epsilon(1e-6));
  }
  std::vector<float> zeros(8, 0.0f), ones(8, 1.0f), huge(8, 1e30f), y(8);
  rms_norm_row<arch>(zeros.data(), ones.data(), 1e-5f, 8, y.data());
  CHECK(y == zeros);
  rms_norm_row<arch>(huge.data(), ones.data(), 1e-5f, 8, y.data());
  for (const float v : y) CHECK(std::isnan(v));
}

TEST_CASE("norms agree with their plain loops, with and without a residual") {
  each_width([](index_t width, test::source& from) {
    const auto x = from.values(width, 3), residual = from.values(width);
    const auto gain = from.values(width), bias = from.values(width);
    floats y(x.size()), want = y;
    const auto compare = [&] { CHECK(test::largest_difference(y, want) < 2e-6); };
    layer_norm_row<arch>(x.data(), gain.data(), bias.data(), 1e-5f, width, y.data());
    reference::layer_norm_row(x.data(), gain.data(), bias.data(), 1e-5f, width, want.data());
    compare();
    affine_row<arch>(x.data(), gain.data(), bias.data(), width, y.data());
    reference::affine_row(x.data(), gain.data(), bias.data(), width, want.data());
    compare();
    add_affine_row<arch>(x.data(), residual.data(), gain.data(), bias.data(), width, y.data());
    reference::add_affine_row(x.data(), residual.data(), gain.data(), bias.data(), width, want.data());
    compare();
    add_row<arch>(x.data(), residual.data(), width, y.data());
    reference::add_row(x.data(), residual.data(), width, want.data());
    CHECK(y == want);
  });
}

TEST_CASE("a norm may be written over its input, with the same bits") {
  each_width([](index_t width, test::source& from) {
    const auto x = from.values(width), residual = from.values(width);
    const auto gain = from.values(width), bias = from.values(width);
    floats apart(x.size()), over = x;
    layer_norm_row<arch>(x.data(), gain.data(), bias.data(), 1e-12f, width, apart.data());
    layer_norm_row<arch>(over.data(), gain.data(), bias.data(), 1e-12f, width, over.data());
    CHECK(apart == over);
    add_affine_row<arch>(x.data(), residual.data(), gain.data(), bias.data(), width, apart.data());
    over = residual;
    add_affine_row<arch>(x.data(), over.data(), gain.data(), bias.data(), width, over.data());
    CHECK(apart == over);
    floats sum(x.size());
    add_row<arch>(x.data(), residual.data(), width, sum.data());
    affine_row<arch>(sum.data(), gain.data(), bias.data(), width, sum.data());
    CHECK(apart == sum);
  });
}

TEST_CASE("a large mean does not spoil the variance") {
  floats x(768), gain(768, 1.0f), bias(768, 0.0f), y(768), want(768);
  for (index_t i = 0; i < 768; ++i) x[static_cast<std::size_t>(i)] = 4096.0f + static_cast<float>(i % 3);
  layer_norm_row<arch>(x.data(), gain.data(), bias.data(), 1e-12f, 768, y.data());
  reference::layer_norm_row(x.data(), gain.data(), bias.data(), 1e-12f, 768, want.data());
  CHECK(test::largest_difference(y, want) < 1e-3);
}

TEST_CASE("a row whose squares leave the range of float becomes NaN, not its bias") {
  const float nan = not_a_number(), infinity = std::numeric_limits<float>::infinity();
  each_width([&](index_t width, test::source& from) {
    if (width == 1) return;  // a single value has no variance
    const auto gain = from.values(width), bias = from.values(width);
    const auto size = static_cast<std::size_t>(width);
    for (const float odd : {1e20f, -1e20f, 3e38f, infinity, -infinity, nan}) {
      for (const bool alone : {true, false}) {  // the last value, or every second one
        auto x = from.values(width, 3);
        for (std::size_t c = size - 1; c < size; c -= 2) {
          x[c] = odd;
          if (alone) break;
        }
        floats y(size);
        layer_norm_row<arch>(x.data(), gain.data(), bias.data(), 1e-12f, width, y.data());
        CHECK(std::all_of(y.begin(), y.end(), [](float v) { return std::isnan(v); }));
      }
    }
    // Large values whose squares are still in range are normalised like any others.
    auto x = from.values(width, 1e18f);
    floats y(size), want(size);
    layer_norm_row<arch>(x.data(), gain.data(), bias.data(), 1e-12f, width, y.data());
    reference::layer_norm_row(x.data(), gain.data(), bias.data(), 1e-12f, width, want.data());
    CHECK(test::largest_difference(y, want) < 2e-6);
    // Where there are no statistics the range is that of the sum.
    x.assign(size, 3e38f);
    const floats ones(size, 1.0f), zeros(size);
    add_affine_row<arch>(x.data(), x.data(), ones.data(), zeros.data(), width, y.data());
    CHECK(y == floats(size, infinity));
  });
}

// The promised order of a sum over a row, one float at a time: chain i mod 16 of four that take turns, the columns
// behind the last full turn to the first, and the halves of the chains added until one is left.
float sum_in_order(const floats& a, const floats& b) {
  const auto width = static_cast<index_t>(a.size());
  float chains[4][16] = {};
  for (index_t i = 0; i < width; ++i) {
    float& sum = chains[i < width / 64 * 64 ? i / 16 % 4 : 0][i % 16];
    sum = simd::fma(a[static_cast<std::size_t>(i)], b[static_cast<std::size_t>(i)], sum);
  }
  for (index_t i = 0; i < 16; ++i) chains[0][i] = (chains[0][i] + chains[1][i]) + (chains[2][i] + chains[3][i]);
  for (index_t half = 8; half > 0; half /= 2)
    for (index_t i = 0; i < half; ++i) chains[0][i] += chains[0][i + half];
  return chains[0][0];
}

TEST_CASE("sums over a row have one order on every architecture") {
  each_width([](index_t width, test::source& from) {
    const auto a = from.values(width), b = from.values(width);
    CHECK(dot<arch>(a.data(), b.data(), width) == sum_in_order(a, b));
  });
}

TEST_CASE("three rows are added from the left") {
  each_width([](index_t width, test::source& from) {
    const auto a = from.values(width), b = from.values(width), c = from.values(width);
    floats y(a.size()), want = y;
    sum_rows<arch>(a.data(), b.data(), c.data(), width, y.data());
    reference::sum_rows(a.data(), b.data(), c.data(), width, want.data());
    CHECK(y == want);
  });
}

TEST_CASE("softmax agrees with its plain loops") {
  each_width([](index_t width, test::source& from) {
    auto x = from.values(width, 20), want = x;
    softmax_row<arch>(x.data(), width);
    reference::softmax_row(want.data(), width);
    CHECK(test::largest_difference(x, want) < 1e-6);
  });
  floats masked{0.0f, -std::numeric_limits<float>::infinity(), 0.0f};
  softmax_row<arch>(masked.data(), 3);
  CHECK(masked == floats{0.5f, 0.0f, 0.5f});
}

TEST_CASE("means, lengths and dot products agree with their plain loops") {
  each_width([](index_t width, test::source& from) {
    for (const index_t count : {0, 1, 2, 9}) {
      const auto rows = from.values(count * (width + 3));
      floats y(static_cast<std::size_t>(width), 5.0f), want = y;
      mean_rows<arch>(rows.data(), width + 3, count, width, y.data());
      reference::mean_rows(rows.data(), width + 3, count, width, want.data());
      CHECK(test::largest_difference(y, want) < 1e-6);
      square_root_mean_rows<arch>(rows.data(), width + 3, count, width, y.data());
      reference::square_root_mean_rows(rows.data(), width + 3, count, width, want.data());
      CHECK(test::largest_difference(y, want) < 1e-6);
      weighted_mean_rows<arch>(rows.data(), width + 3, count, width, y.data());
      reference::weighted_mean_rows(rows.data(), width + 3, count, width, want.data());
      CHECK(test::largest_difference(y, want) < 1e-6);
      maximum_rows<arch>(rows.data(), width + 3, count, width, y.data());
      reference::maximum_rows(rows.data(), width + 3, count, width, want.data());
      CHECK(y == want);
      std::fill(y.begin(), y.end(), 0.0f), std::fill(want.begin(), want.end(), 0.0f);
      raise_to_rows<arch>(rows.data(), width + 3, count, width, y.data());
      reference::raise_to_rows(rows.data(), width + 3, count, width, want.data());
      CHECK(y == want);
    }
    auto a = from.values(width);
    const auto b = from.values(width);
    CHECK(std::abs(dot<arch>(a.data(), b.data(), width) - reference::dot(a.data(), b.data(), width)) < 1e-5);
    auto want = a;
    normalize_length<arch>(a.data(), width);
    reference::normalize_length(want.data(), width);
    CHECK(test::largest_difference(a, want) < 1e-6);
    floats zeros(a.size());
    normalize_length<arch>(zeros.data(), width);
    CHECK(zeros == floats(a.size(), 0.0f));
    // Also of vectors whose squares leave the range of float.
    for (const float scale : {1e-20f, 1e20f, 3e38f}) {
      a = want = from.values(width, scale);
      normalize_length<arch>(a.data(), width);
      reference::normalize_length(want.data(), width);
      CHECK(test::largest_difference(a, want) < 1e-6);
    }
    a.back() = std::numeric_limits<float>::infinity();
    normalize_length<arch>(a.data(), width);
    CHECK(!all_finite(a));
  });
}

TEST_CASE("the largest of a column is NaN where one value is, whichever row it is in") {
  for (index_t odd = 0; odd < 3; ++odd) {
    floats rows(3 * 20, 1.0f), y(20);
    rows[static_cast<std::size_t>(odd * 20 + 17)] = not_a_number();
    rows[18] = std::numeric_limits<float>::infinity();
    rows[39] = -std::numeric_limits<float>::infinity();
    maximum_rows<arch>(rows.data(), 20, 3, 20, y.data());
    CHECK(is_nan(y[17]));
    CHECK(y[18] == std::numeric_limits<float>::infinity());
    CHECK(y[19] == 1);
    CHECK(std::count(y.begin(), y.end(), 1.0f) == 18);
    std::fill(y.begin(), y.end(), 0.5f);
    y[3] = not_a_number();
    raise_to_rows<arch>(rows.data(), 20, 3, 20, y.data());
    CHECK(is_nan(y[3]));
    CHECK(is_nan(y[17]));
    CHECK(y[18] == std::numeric_limits<float>::infinity());
    CHECK(std::count(y.begin(), y.end(), 1.0f) == 17);
  }
}

}  // namespace
}  // namespace weft::row_norm_test
