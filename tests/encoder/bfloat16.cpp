#include <weft/numeric/bfloat16.hpp>
#include <weft/numeric/bfloat16_weights.hpp>

#include <cstring>
#include <weft/encoder/encoder.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/convbert.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"
#include "ragged.hpp"

namespace bfloat16_test {
namespace {
// An odd hidden width: the last input of a linear stands alone.
struct small_convbert : weft::convbert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 101};
};
struct half_convbert : small_convbert {
  using numeric = weft::bfloat16;
};
const weft::sizes sizes{.layers = 3, .vocabulary = 97, .positions = 150, .segments = 2, .labels = 3};

template <class Spec>
weft::encoder<Spec> make() {
  auto [record, store] = weft::testing::random_weights<weft::encoder<Spec>>(sizes, 7);
  return weft::encoder<Spec>(record, sizes, std::move(store));
}
}  // namespace

TEST_CASE("a model of bfloat16 weights is one line and close to its float twin") {
  const auto whole = make<small_convbert>();
  const auto half = make<half_convbert>();
  const auto sequences = weft_test::random_sequences(5, 8, sizes);
  const auto want = weft_test::hidden_of(whole, sequences), got = weft_test::hidden_of(half, sequences);
  CHECK(weft_test::cosine_of(want, got) > 0.9999);
  CHECK_FALSE(want == got);  // it is another arithmetic
}

TEST_CASE("with bfloat16 weights a sequence has the same bits alone, in any batch and with any number of workers") {
  const auto model = make<half_convbert>();
  weft::thread_pool pool(3);
  for (std::uint32_t seed = 0; seed < 6; ++seed) {
    const auto sequences = weft_test::random_sequences(seed, 9, sizes);
    const auto together = weft_test::hidden_of(model, sequences);
    for (std::size_t s = 0; s < sequences.size(); ++s)
      CHECK(weft_test::hidden_of(model, {sequences[s]})[0] == together[s]);
    CHECK(weft_test::same_bits(weft_test::hidden_of(model, sequences, pool), together));
  }
}

TEST_CASE("a linear of bfloat16 weights has the same bits with memory of the workers' own and without") {
  const auto same = []<weft::index_t In>(std::integral_constant<weft::index_t, In>) {
    constexpr weft::index_t out = 35, n = 70;
    using form = weft::prepared<weft::bfloat16, weft::simd::native>;
    weft::arena store;
    form::linear<In, out, true> linear;
    linear.pack([&](weft::index_t o, weft::index_t i) { return static_cast<float>((o * 7 + i * 5) % 13 - 6); }, nullptr,
                out, store);
    std::vector<float> values(static_cast<std::size_t>(In * n));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 31 % 1009) / 500 - 1;
    const weft::rows<const float, In> x{values.data(), n};
    const std::vector<std::int32_t> ids(n);
    const std::vector<weft::index_t> offsets{0, n};
    const weft::batch in{ids, {}, offsets};
    weft::row_buffer<out> with(n), without(n);
    weft::workspace work(2 * weft::own_bytes<form>() + 64);
    weft::thread_pool pool(2);
    weft::frame kept(in.size(), work);
    weft::context ctx{in, work, pool};
    if constexpr (In <= 32768) linear(x, weft::rows<float, out>(without), ctx);
    ctx.own = weft::take_own<form>(kept, 2);
    linear(x, weft::rows<float, out>(with), ctx);
    CAPTURE(In);
    if constexpr (In <= 32768) CHECK(std::memcmp(with.data(), without.data(), n * out * sizeof(float)) == 0);
    // One row against its formula, on what is rounded: the weights are whole numbers.
    double sum = 0;
    for (weft::index_t i = 0; i < In; ++i) {
      const auto v = values[static_cast<std::size_t>(In + i)];
      const double input =
          weft::simd::has_bfloat16_dot<weft::simd::native> ? weft::simd::from_bfloat16(weft::simd::to_bfloat16(v)) : v;
      sum += input * static_cast<double>((2 * 7 + i * 5) % 13 - 6);
    }
    CHECK(std::abs(with.row(1)[2] - sum) < 1e-6 * static_cast<double>(In));
  };
  same(std::integral_constant<weft::index_t, 7>{});
  same(std::integral_constant<weft::index_t, 3072>{});
  same(std::integral_constant<weft::index_t, 20001>{});
  same(std::integral_constant<weft::index_t, 100001>{});
}

TEST_CASE("bfloat16_weights computes as bfloat16 does where no instruction multiplies pairs, and as near to float32") {
  struct portable_convbert : small_convbert {
    using numeric = weft::bfloat16_weights;
  };
  const auto sequences = weft_test::random_sequences(5, 8, sizes);
  const auto got = weft_test::hidden_of(make<portable_convbert>(), sequences);
  if (!weft::simd::has_bfloat16_dot<weft::simd::native>)
    CHECK(got == weft_test::hidden_of(make<half_convbert>(), sequences));
  const auto want = weft_test::hidden_of(make<small_convbert>(), sequences);
  double largest = 0, apart = 0;
  for (std::size_t s = 0; s < want.size(); ++s)
    for (std::size_t i = 0; i < want[s].size(); ++i) {
      largest = std::max(largest, std::abs(double{want[s][i]}));
      apart = std::max(apart, std::abs(double{want[s][i]} - double{got[s][i]}));
    }
  CHECK(apart > 0);
  CHECK(apart < 0.02 * largest);
}

TEST_CASE("bfloat16 weights take half the memory") {
  const auto bytes = []<class Spec>(const Spec&) {
    const auto [record, stored] = weft::testing::random_weights<weft::encoder<Spec>>(sizes, 7);
    return static_cast<double>(weft::encoder<Spec>(record, sizes).weight_bytes());  // what it packs, and biases
  };
  const double whole = bytes(small_convbert{}), half = bytes(half_convbert{});
  CHECK(whole > 0);
  CHECK(half / whole >= 0.5);
  CHECK(half / whole < 0.55);
}

}  // namespace bfloat16_test
