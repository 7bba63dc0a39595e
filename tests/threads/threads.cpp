// One const encoder, many threads: under the thread sanitizer too.
#include <weft/memory/thread_pool.hpp>

#include <thread>
#include <weft/head/model.hpp>
#include <weft/model/electra.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"
#include "ragged.hpp"

namespace {
struct small_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 32, .heads = 4, .hidden = 72};
};
using encoder = weft::encoder<small_bert>;
const weft::sizes sizes{.layers = 2, .vocabulary = 60, .positions = 150, .segments = 2, .labels = 5};

encoder make() {
  auto [record, store] = weft::testing::random_weights<encoder>(sizes, 11);
  return encoder(record, sizes, std::move(store));
}

// Runs tasks backwards and spreads them over worker numbers, as a pool of many threads might.
struct reversed {
  weft::index_t count = 3;
  weft::index_t workers() const { return count; }
  void for_each(weft::index_t n, weft::task t) const {
    for (auto i = n; i-- > 0;) t(i, i % count);
  }
};
}  // namespace

TEST_CASE("a pool runs every task once, whatever their number") {
  weft::thread_pool pool(3);
  CHECK(pool.workers() == 3);
  for (const weft::index_t n : {0, 1, 2, 3, 17, 1000}) {
    std::vector<std::atomic<int>> seen(static_cast<std::size_t>(n));
    std::atomic<bool> inside{true};
    const auto body = [&](weft::index_t i, weft::index_t worker) {
      seen[static_cast<std::size_t>(i)]++;
      if (worker < 0 || worker >= 3) inside = false;
    };
    pool.for_each(n, weft::task(body));
    for (const auto& s : seen) CHECK(s == 1);
    CHECK(inside);
  }
}

TEST_CASE("a pool survives many short rounds and long pauses") {
  weft::thread_pool pool(2);
  std::atomic<weft::index_t> total{0};
  for (int round = 0; round < 2000; ++round) {
    const auto body = [&](weft::index_t i, weft::index_t) { total += i; };
    pool.for_each(4, weft::task(body));
    if (round % 500 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(total == 2000 * 6);
}

TEST_CASE("bits do not depend on the number of workers or their order") {
  const auto model = make();
  weft::thread_pool two(2), five(5);
  reversed backwards{4};
  for (std::uint32_t seed = 0; seed < 6; ++seed)
    for (const weft::index_t longest : {4, 40, 150}) {
      const auto sequences = weft_test::random_sequences(seed, 5, sizes, longest);
      const auto serial = weft_test::hidden_of(model, sequences);
      CHECK(weft_test::hidden_of(model, sequences, two) == serial);
      CHECK(weft_test::hidden_of(model, sequences, five) == serial);
      CHECK(weft_test::hidden_of(model, sequences, backwards) == serial);
    }
}

TEST_CASE("the stated workspace is used exactly with any number of workers") {
  const auto model = make();
  for (const weft::index_t workers : {1, 2, 4})
    for (const weft::index_t longest : {3, 63, 64, 150}) {
      reversed run{workers};
      const auto batch = weft_test::batch_of(weft_test::random_sequences(1, 4, sizes, longest));
      weft::workspace work(model.workspace_bytes(batch.size(), workers));
      weft::row_buffer<32> out(batch.tokens());
      model.forward(batch, out, work, run);
      CHECK(work.peak() == work.capacity());
    }
}

TEST_CASE("several user threads run one encoder at once, each with its own workspace") {
  const auto model = make();
  weft::thread_pool pool(2);
  const auto sequences = weft_test::random_sequences(5, 6, sizes);
  const auto expected = weft_test::hidden_of(model, sequences);
  std::vector<std::vector<std::vector<float>>> results(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < results.size(); ++t)
    threads.emplace_back([&, t] {
      for (int again = 0; again < 3; ++again)
        results[t] = t % 2 ? weft_test::hidden_of(model, sequences, pool) : weft_test::hidden_of(model, sequences);
    });
  for (auto& t : threads) t.join();
  for (const auto& r : results) CHECK(r == expected);
}

// A chain of two linears, run tile by tile with scratch of each worker's own: what later chains stand on.
namespace {
struct two_linears {
  template <class Form>
  struct params {
    weft::linear<Form, 20, 70> first;
    weft::linear<Form, 70, 33> second;
    static constexpr void each(auto&& f, auto&... p) {
      f("first", p.first...);
      f("second", p.second...);
    }
  };
  struct chain_scratch {
    weft::frame from;
    weft::rows<float, 70> middle{from};
  };

  template <class Form>
  void forward(const params<Form>& p, weft::rows<const float, 20> x, weft::rows<float, 33> y,
               const weft::context& ctx) const {
    ctx.each_block(x.count, weft::chain_bytes(*this, ctx.size, ctx.run.workers()),
                   [&](weft::index_t first, weft::index_t last, const weft::context& inner) {
                     const chain_scratch s{inner.frame()};
                     p.first(x.part(first, last), s.middle, inner, weft::gelu{});
                     p.second(weft::rows<const float, 70>(s.middle), y.part(first, last), inner);
                   });
  }
};
}  // namespace

TEST_CASE("a chain of two linears gives the same bits tile by tile, in one piece and on any number of workers") {
  using form = weft::prepared<weft::float32, weft::simd::native>;
  two_linears::params<weft::raw> raw;
  weft::arena store;
  weft::testing::fill_random(raw, weft::sizes{}, 3, store);
  two_linears::params<form> ready;
  weft::prepare(raw, ready, weft::sizes{}, store);

  for (const weft::index_t n : {0, 1, 7, 63, 64, 65, 300}) {
    std::vector<float> input(static_cast<std::size_t>(n * 20));
    std::uint32_t state = 9;
    for (auto& v : input) v = static_cast<float>(weft_test::next_random(state) % 1000) / 500 - 1;
    const weft::rows<const float, 20> x{input.data(), n};
    const std::vector<std::int32_t> ids(static_cast<std::size_t>(n));
    const std::vector<weft::index_t> offsets{0, n};
    const weft::batch in{ids, {}, offsets};

    // In one piece, without a chain.
    weft::row_buffer<70> middle(n);
    weft::row_buffer<33> whole(n), tiled(n);
    weft::workspace none(64);
    const weft::context plain{in, none};
    ready.first(x, weft::rows<float, 70>(middle), plain, weft::gelu{});
    ready.second(weft::rows<const float, 70>(std::as_const(middle)), weft::rows<float, 33>(whole), plain);

    weft::thread_pool pool(3);
    for (weft::executor run : {weft::executor{}, weft::executor(pool)}) {
      weft::workspace work(weft::scratch_bytes(two_linears{}, in.size(), run.workers()));
      const weft::context ctx{in, work, run};
      two_linears{}.forward(ready, x, tiled, ctx);
      CHECK(std::equal(whole.data(), whole.data() + n * 33, tiled.data()));
      CHECK(work.peak() == work.capacity());
    }
  }
}
