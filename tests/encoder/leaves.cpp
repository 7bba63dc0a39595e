// Forms in which checkpoints store weights: linears as one, norms without a bias.
#include <cstring>
#include <weft/memory/fused.hpp>
#include <weft/memory/walk.hpp>
#include <weft/norm/affine.hpp>
#include <weft/norm/layer_norm.hpp>
#include <weft/norm/without_bias.hpp>
#include <weft/numeric/float32.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"

namespace leaves_test {
namespace {
using weft::index_t;
using form = weft::prepared<weft::float32, weft::simd::native>;
const weft::sizes sizes{.layers = 1, .vocabulary = 1, .positions = 1};

// Three linears cut from one give the bits of three linears of the rows that they are made of.
template <bool Bias, index_t Heads>
void check_fused() {
  constexpr index_t in = 19, out = 12, rows = 5;
  using fused = weft::fused_linears<in, out, 3, Bias, Heads>;
  weft::testing::random_record<weft::weights<weft::raw, fused>> stored;
  weft::testing::fill_random(stored.record, sizes, 5, stored.store);
  weft::arena store;
  weft::weights<form, fused> ready;
  weft::prepare(stored.record, ready, sizes, store);

  std::vector<float> x(rows * in), y(rows * out), wanted(rows * out);
  weft::testing::random_source random(3);
  for (auto& value : x) value = static_cast<float>(random.normal());
  weft::workspace work(index_t{0});
  const std::vector<std::int32_t> ids(rows);
  const std::vector<index_t> offsets{0, rows};
  const weft::batch batch{ids, {}, offsets};
  const weft::context ctx{batch, work};
  for (index_t which = 0; which < 3; ++which) {
    float weight[out * in], bias[out] = {};
    for (index_t o = 0; o < out; ++o) {
      constexpr index_t of_head = out / Heads;
      const auto row = o / of_head * 3 * of_head + which * of_head + o % of_head;
      std::copy_n(stored.record.weight.data + row * in, in, weight + o * in);
      if constexpr (Bias) bias[o] = stored.record.bias[row];
    }
    weft::stored_linear<weft::raw, in, out, true> alone;
    alone.weight.data = weight, alone.bias.data = bias;
    weft::linear<form, in, out> plain;
    plain.prepare(alone, sizes, store);
    plain(weft::rows<const float, in>(x.data(), rows), weft::rows<float, out>(wanted.data(), rows), ctx);
    ready.cut[static_cast<std::size_t>(which)](weft::rows<const float, in>(x.data(), rows),
                                               weft::rows<float, out>(y.data(), rows), ctx);
    CHECK(std::memcmp(y.data(), wanted.data(), y.size() * sizeof(float)) == 0);
  }
}

template <class Norm>
void check_norm() {
  constexpr index_t width = 21;
  using part = typename weft::without_bias<Norm>::template bind<width>;
  using whole = typename Norm::template bind<width>;
  weft::testing::random_record<weft::weights<weft::raw, part>> stored;
  weft::testing::fill_random(stored.record, sizes, 5, stored.store);
  weft::arena store;
  weft::weights<form, part> ready;
  weft::prepare(stored.record, ready, sizes, store);
  const float zeros[width] = {};
  weft::weights<form, whole> plain;
  plain.weight = stored.record.weight, plain.bias.data = zeros;
  float x[width], y[width], wanted[width];
  for (index_t i = 0; i < width; ++i) x[i] = static_cast<float>(i * i % 7) - 2.5f;
  part{}.row(ready, x, y);
  whole{}.row(plain, x, wanted);
  CHECK(std::memcmp(y, wanted, sizeof y) == 0);
  static_assert(weft::norms<part, form> && weft::norms_sums<part, form> == weft::norms_sums<whole, form>);
  CHECK(weft::parameter_count(stored.record, sizes) == width);
}
}  // namespace

TEST_CASE("linears that are stored as one, one behind the other or interleaved by head") {
  check_fused<true, 1>();
  check_fused<false, 1>();
  check_fused<true, 4>();
  check_fused<false, 3>();
}
TEST_CASE("fused linears have the parameters that are stored") {
  weft::weights<weft::raw, weft::fused_linears<8, 4, 3>> with;
  weft::weights<weft::raw, weft::fused_linears<8, 4, 3, false>> without;
  CHECK(weft::parameter_count(with, sizes) == 8 * 12 + 12);
  CHECK(weft::parameter_count(without, sizes) == 8 * 12);
}
TEST_CASE("a norm without a bias has the bits of one of zeros") {
  check_norm<weft::layer_norm<>>();
  check_norm<weft::affine>();
}
}  // namespace leaves_test
