// Everything runs on threads with 128 KiB of stack.
#include <weft/numeric/bfloat16.hpp>

#include <weft/head/masked_lm.hpp>
#include <weft/head/model.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/model/convbert.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"
#include "ragged.hpp"
#include "small_stack.hpp"

#if defined(__linux__)
namespace {
// Many inputs: rounded rows took 240 KiB.
struct plain : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 64, .heads = 1, .hidden = 3072};
};
struct half : plain {
  using numeric = weft::bfloat16;
};
struct half_convbert : weft::convbert_base {
  static constexpr weft::model_shape shape{.width = 132, .heads = 4, .hidden = 2051};
  using numeric = weft::bfloat16;
};

template <class Spec>
void runs_on_small_stacks() {
  using model = weft::model<Spec, typename Spec::tasks::masked_lm>;
  const weft::sizes sizes{.layers = 2, .vocabulary = 60, .positions = 150, .segments = 2, .labels = 5, .groups = 1};
  const auto [record, store] = weft::testing::random_weights<model>(sizes, 11);
  const auto batch = weft_test::batch_of(weft_test::random_sequences(3, 6, sizes, 150));
  const auto run = [&, &record = record](weft::executor pool) {
    const model m(record, sizes, {}, pool);
    std::vector<float> out(static_cast<std::size_t>(batch.tokens() * m.output_width()));
    weft::workspace work(m.workspace_bytes(batch.size(), pool.workers()));
    m.forward(batch, weft::matrix<float>(out.data(), batch.tokens(), m.output_width()), work, pool);
    CHECK(work.peak() == work.capacity());
    return out;
  };
  const auto wanted = run({});
  weft_test::on_small_stack([&] { CHECK(run({}) == wanted); });

  // A pool's threads, too: the default is what the system gives them.
  pthread_attr_t before, small;
  REQUIRE(pthread_getattr_default_np(&before) == 0);
  REQUIRE(pthread_attr_init(&small) == 0);
  REQUIRE(pthread_attr_setstacksize(&small, weft_test::small_stack) == 0);
  REQUIRE(pthread_setattr_default_np(&small) == 0);
  weft::thread_pool pool(3);
  REQUIRE(pthread_setattr_default_np(&before) == 0);
  pthread_attr_destroy(&small), pthread_attr_destroy(&before);
  weft_test::on_small_stack([&] { CHECK(run(pool) == wanted); });
}
}  // namespace

TEST_CASE("models are packed and run on threads with small stacks") {
  runs_on_small_stacks<plain>();
  runs_on_small_stacks<half>();
  runs_on_small_stacks<half_convbert>();
}
#endif
