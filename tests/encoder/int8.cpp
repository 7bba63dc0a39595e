#include <weft/numeric/int8.hpp>

#include <cstring>
#include <weft/encoder/encoder.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/bert.hpp>
#include <weft/model/convbert.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"
#include "ragged.hpp"

namespace int8_test {
namespace {
// An odd hidden width: the last quad of a linear's inputs is not full.
struct small_convbert : weft::convbert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 101};
};
struct eight_convbert : small_convbert {
  using numeric = weft::int8<>;
};
struct seven_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 101};
  using numeric = weft::int8<7>;
};
const weft::sizes sizes{.layers = 3, .vocabulary = 97, .positions = 150, .segments = 2, .labels = 3};

template <class Spec>
weft::encoder<Spec> make() {
  auto [record, store] = weft::testing::random_weights<weft::encoder<Spec>>(sizes, 7);
  return weft::encoder<Spec>(record, sizes, std::move(store));
}

void same_in_any_company(const auto& model) {
  for (std::uint32_t seed = 0; seed < 5; ++seed) {
    const auto sequences = weft_test::random_sequences(seed, 9, sizes);
    const auto together = weft_test::hidden_of(model, sequences);
    for (std::size_t s = 0; s < sequences.size(); ++s)
      CHECK(weft_test::hidden_of(model, {sequences[s]})[0] == together[s]);
    for (const int workers : {2, 3, 8}) {
      weft::thread_pool pool(workers);
      CHECK(weft_test::same_bits(weft_test::hidden_of(model, sequences, pool), together));
    }
  }
}
}  // namespace

TEST_CASE("a model of int8 is one line and close to its float twin") {
  const auto sequences = weft_test::random_sequences(5, 8, sizes);
  const auto want = weft_test::hidden_of(make<small_convbert>(), sequences),
             got = weft_test::hidden_of(make<eight_convbert>(), sequences);
  CHECK(weft_test::cosine_of(want, got) > 0.999);
  CHECK_FALSE(want == got);  // it is another arithmetic
}

TEST_CASE("in int8 a sequence has the same bits alone, in any batch and with any number of workers") {
  same_in_any_company(make<eight_convbert>());
  same_in_any_company(make<seven_bert>());
}

TEST_CASE("rows of int8 that are multiplied together are written once, with the bits of linears alone") {
  constexpr weft::index_t in = 70, n = 70;
  using form = weft::prepared<weft::int8<>, weft::simd::native>;
  using row = weft::rows<const float, in>;
  weft::arena store;
  form::linear<in, 35, true> first;
  form::linear<in, 20, true> second, third;
  const auto weight = [](weft::index_t o, weft::index_t i) { return static_cast<float>((o * 7 + i * 5) % 13 - 6); };
  first.pack(weight, nullptr, 35, store);
  second.pack(weight, nullptr, 20, store);
  third.pack([&](weft::index_t o, weft::index_t i) { return -weight(i, o); }, nullptr, 20, store);
  std::vector<float> values(static_cast<std::size_t>(2 * in * n));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 31 % 1009) / 500 - 1;
  const row x{values.data(), n}, other{values.data() + in * n, n};
  const std::vector<std::int32_t> ids(n);
  const std::vector<weft::index_t> offsets{0, n};
  const weft::batch batch{ids, {}, offsets};
  for (const weft::index_t rows : {weft::index_t{3}, n})
    for (const int workers : {1, 3}) {
      weft::workspace work(workers * weft::own_bytes<form>() + 64);
      weft::thread_pool pool(workers);
      weft::frame kept(batch.size(), work);
      weft::context ctx{batch, work, pool};
      const auto run = [&](bool together, auto& a, auto& b, auto& c) {
        const auto of = [&](const row& from) { return row{from.data, rows}; };
        const auto one = first.product(of(x), weft::rows<float, 35>(a));
        const auto two = second.product(of(x), weft::rows<float, 20>(b));
        const auto three = third.product(of(other), weft::rows<float, 20>(c));
        if (together)
          share_products(ctx, one, two, three);
        else
          share_products(ctx, one), share_products(ctx, two), share_products(ctx, three);
      };
      const auto buffers = [&] {
        return std::tuple{weft::row_buffer<35>(rows), weft::row_buffer<20>(rows), weft::row_buffer<20>(rows)};
      };
      auto [a, b, c] = buffers();
      run(false, a, b, c);  // from the stack
      ctx.own = weft::take_own<form>(kept, workers);
      auto [d, e, f] = buffers();
      run(true, d, e, f);
      const auto count = static_cast<std::size_t>(rows);
      CHECK(std::memcmp(a.data(), d.data(), count * 35 * sizeof(float)) == 0);
      CHECK(std::memcmp(b.data(), e.data(), count * 20 * sizeof(float)) == 0);
      CHECK(std::memcmp(c.data(), f.data(), count * 20 * sizeof(float)) == 0);
    }
}

TEST_CASE("a linear of int8 takes a quarter of the memory") {
  using format = weft::int8<>::format<weft::simd::native>;
  CHECK(static_cast<double>(weft::format_lines<format>(768)) / 768 <= 0.27);
  CHECK(static_cast<double>(weft::format_lines<format>(3072)) / 3072 <= 0.27);
  const auto bytes = []<class Spec>(const Spec&) {
    const auto [record, stored] = weft::testing::random_weights<weft::encoder<Spec>>(sizes, 7);
    return static_cast<double>(weft::encoder<Spec>(record, sizes).weight_bytes());  // what it packs, and biases
  };
  CHECK(bytes(eight_convbert{}) / bytes(small_convbert{}) < 0.4);
}

}  // namespace int8_test
