// Steps of training: they learn, and neither workers nor the size of pieces changes a bit.
#include <weft/memory/thread_pool.hpp>
#include <weft/model/electra.hpp>
#include <weft/testing/mixer_laws.hpp>
#include <weft/testing/random_weights.hpp>
#include <weft/train/all.hpp>

#include <limits>
#include <vector>

#include "catch.hpp"
#include "refusal.hpp"
#include "testing/counted_allocations.hpp"

namespace weft_train_trainer {
namespace {
using namespace weft;

struct small : electra_small {
  static constexpr model_shape shape{.width = 32, .heads = 4, .hidden = 48};
  using embedding = factorised<16>;
};
using head = dense_classification<>;
const sizes limits{.layers = 2, .vocabulary = 20, .positions = 16, .labels = 3};

// Texts of random words; which of three words stands in one is its label.
struct labelled {
  token_batch texts;
  std::vector<std::int32_t> labels;
  labelled(index_t count, std::uint64_t seed) {
    testing::random_source random(seed);
    for (index_t i = 0; i < count; ++i) {
      std::vector<std::int32_t> ids(array_size(3 + random.below(9)));
      for (auto& id : ids) id = static_cast<std::int32_t>(6 + random.below(14));
      labels.push_back(static_cast<std::int32_t>(random.below(3)));
      ids[array_size(random.below(static_cast<index_t>(ids.size())))] = 3 + labels.back();
      ids.insert(ids.begin(), 2);
      texts.add(ids);
    }
  }
};

training_recipe recipe() {
  return {.rate = 3e-3, .rates = {schedule_kind::linear, 250, 20}, .drop = {.1f, .1f, .1f, 9}, .padding = 0};
}
testing::random_record<weights<raw, model<small, head>>> fresh() {
  return testing::random_weights<model<small, head>>(limits, 4);
}

std::vector<float> weights_after(index_t steps, executor run, index_t piece) {
  const auto drawn = fresh();
  auto how = recipe();
  how.piece = piece;
  trainer<small, head> learner(drawn.record, limits, how, run);
  for (index_t s = 0; s < steps; ++s) {
    const labelled of(13, static_cast<std::uint64_t>(s));
    cross_entropy loss(of.labels);
    learner.step(of.texts, loss);
  }
  const auto values = learner.model().learnt().values();
  return {values.begin(), values.end()};
}

TEST_CASE("neither workers nor pieces change a bit of ten steps") {
  const auto wanted = weights_after(10, {}, 0);
  for (const index_t piece : {1, 40}) CHECK(weights_after(10, {}, piece) == wanted);
  for (const index_t workers : {2, 5}) {
    testing::scrambled_pool pool(workers);
    CHECK(weights_after(10, pool, 0) == wanted);
  }
  thread_pool pool(2);
  CHECK(weights_after(10, pool, 25) == wanted);
}

TEST_CASE("a model learns, and evaluation has the bits of an ordinary model") {
  const auto drawn = fresh();
  trainer<small, head> learner(drawn.record, limits, recipe());
  double first = 0, last = 0;
  for (index_t s = 0; s < 250; ++s) {
    const labelled of(16, static_cast<std::uint64_t>(s));
    cross_entropy loss(of.labels);
    const auto did = learner.step(of.texts, loss);
    CHECK(did.number == s);
    (s == 0 ? first : last) = did.loss;
  }
  CAPTURE(first, last);
  CHECK(last < first / 2);

  const labelled unseen(50, 12345);
  std::vector<float> found(array_size(unseen.texts.sequences() * 3)), wanted(found.size()), d(found.size());
  cross_entropy loss(unseen.labels);
  learner.forward(unseen.texts, [&](matrix<const float> out, index_t row) {
    std::copy_n(out.data, out.count * 3, found.data() + row * 3);
    loss(out, matrix<float>(d.data(), out.count, 3), row);
  });
  CHECK(loss.right() >= 40);
  const model<small, head> ordinary(learner.model().stored(), limits);
  workspace work(ordinary.workspace_bytes(unseen.texts.size()));
  ordinary.forward(unseen.texts, matrix<float>(wanted.data(), unseen.texts.sequences(), 3), work);
  CHECK(found == wanted);
}

TEST_CASE("a step allocates nothing from the second on") {
  const auto drawn = fresh();
  trainer<small, head> learner(drawn.record, limits, recipe());
  const labelled of(13, 1);
  const auto bytes = learner.memory_bytes();
  for (int s = 0; s < 3; ++s) {
    cross_entropy loss(of.labels);
    const auto before = allocations_so_far();
    learner.step(of.texts, loss);
    if (s > 0) CHECK(allocations_so_far() == before);
  }
  CHECK(learner.memory_bytes() == bytes + learner.model().workspace_bytes(of.texts.size()));
}

TEST_CASE("a loss that is no number leaves the weights as they were") {
  const auto drawn = fresh();
  trainer<small, head> learner(drawn.record, limits, recipe());
  const labelled of(5, 1);
  const auto values = learner.model().learnt().values();
  const std::vector<float> before(values.begin(), values.end());
  struct {
    void operator()(matrix<const float>, matrix<float> d, index_t) const {
      std::fill_n(d.data, d.count * d.width, 0.0f);
    }
    double loss() const { return std::numeric_limits<double>::quiet_NaN(); }
  } loss;
  CHECK_THAT(refusal_of([&] { learner.step(of.texts, loss); }),
             mentions("step 0: found a loss that is not a finite number"));
  CHECK(std::vector<float>(values.begin(), values.end()) == before);
  CHECK(learner.steps() == 0);
}

}  // namespace
}  // namespace weft_train_trainer
