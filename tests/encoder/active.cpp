// DynaBERT's part of a model: its rounding, and what is refused.
#include <weft/encoder/active.hpp>
#include <weft/encoder/rewire.hpp>
#include <weft/encoder/split_experts.hpp>
#include <weft/model/bert.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace active_test {
namespace {
using weft::active, weft::index_t;
constexpr weft::model_shape base{.width = 768, .heads = 12, .hidden = 3072};

std::vector<index_t> layers(const active& part) { return {part.layers().begin(), part.layers().end()}; }

struct slim : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 24, .heads = 4, .hidden = 10};
  static constexpr bool slimmable = true;
};
}  // namespace

TEST_CASE("widths and depths round as DynaBERT's program does") {
  const auto heads = [](double width, weft::model_shape shape = base) {
    const auto part = active::of(width, 1, shape, 12);
    return std::pair(part.heads(), part.hidden());
  };
  CHECK(heads(0.25) == std::pair<index_t, index_t>(3, 768));
  CHECK(heads(0.5) == std::pair<index_t, index_t>(6, 1536));
  CHECK(heads(0.75) == std::pair<index_t, index_t>(9, 2304));
  CHECK(heads(1) == std::pair<index_t, index_t>(12, 3072));
  const weft::model_shape six{.width = 384, .heads = 6, .hidden = 1536};
  CHECK(heads(0.25, six) == std::pair<index_t, index_t>(2, 512));   // 1.5: the even one
  CHECK(heads(0.75, six) == std::pair<index_t, index_t>(4, 1024));  // 4.5: the even one
  CHECK(heads(0.3, {.width = 8, .heads = 2, .hidden = 1}) == std::pair<index_t, index_t>(1, 1));
  CHECK(layers(active::of(1, 0.25, base, 12)) == std::vector<index_t>{0, 4, 8});
  CHECK(layers(active::of(1, 0.5, base, 12)) == std::vector<index_t>{0, 2, 4, 6, 8, 10});
  CHECK(layers(active::of(1, 0.75, base, 12)) == std::vector<index_t>{0, 1, 2, 4, 5, 6, 8, 9, 10});
  CHECK(layers(active::of(1, 0.25, base, 6)) == std::vector<index_t>{0, 4});
  CHECK(layers(active::of(1, 0.75, base, 6)) == std::vector<index_t>{0, 1, 2, 4});
  CHECK(layers(active::of(1, 1, base, 3)) == std::vector<index_t>{0, 1, 2});
  for (index_t count = 1; count < 40; ++count)
    for (double depth = 0.01; depth <= 1; depth += 0.01) {
      if (depth * static_cast<double>(count) <= 0.5) continue;
      const auto kept = layers(active::of(1, depth, base, count));
      CHECK(kept.back() < count);
      CHECK(std::adjacent_find(kept.begin(), kept.end(), std::greater_equal<>{}) == kept.end());
    }
}

TEST_CASE("widths and depths that leave nothing, and those that are none, are refused") {
  const auto refused = [](double width, double depth) {
    return refusal_of([&] { active::of(width, depth, base, 12); });
  };
  CHECK(refused(1, 1).empty());
  CHECK_THAT(refused(0, 1), mentions("the active part's width: found 0.000, wanted more than 0, at most 1"));
  CHECK_THAT(refused(1.5, 1), mentions("width: found 1.500, wanted more than 0, at most 1"));
  CHECK_THAT(refused(-0.25, 1), mentions("width: found -0.250"));
  CHECK_THAT(refused(std::nan(""), 1), mentions("width: found NaN"));
  CHECK_THAT(refused(HUGE_VAL, 1), mentions("width: found a huge number"));
  CHECK_THAT(refused(0.04, 1), mentions("width: found 0.040, wanted one that leaves a head of 12"));
  CHECK_THAT(refused(1, 0.04), mentions("depth: found 0.040, wanted one that leaves a layer of 12"));
  CHECK_THAT(refused(1, 2), mentions("depth: found 2.000"));
}

TEST_CASE("rewired weights are the same model, its most important heads and neurons first") {
  constexpr weft::sizes sizes{.layers = 2, .vocabulary = 20, .positions = 20};
  auto made = weft::testing::random_weights<weft::encoder<slim>>(sizes, 3, {.weights = 0.3, .biases = 0.2});
  auto& [stored, store] = made;
  const auto before = stored;
  const std::vector<float> heads{1, 3, 2, 3, 0, 0, 0, 1},
      neurons{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  weft::rewire<slim>(stored, heads, neurons, store);
  const auto &was = before.layers[0], &is = stored.layers[0];
  for (index_t i = 0; i < 6; ++i) {  // heads 1, 3, 2, 0: equal ones keep their order
    CHECK(is.mix.query.bias[i] == was.mix.query.bias[6 + i]);
    CHECK(is.mix.key.bias[6 + i] == was.mix.key.bias[18 + i]);
    CHECK(is.mix.value.weight[18 * 24 + i] == was.mix.value.weight[i]);
    CHECK(is.mix.output.weight[24 + i] == was.mix.output.weight[24 + 6 + i]);
  }
  CHECK(is.feed.up.bias[0] == was.feed.up.bias[9]);
  CHECK(is.feed.down.weight[10 + 1] == was.feed.down.weight[10 + 8]);
  CHECK(stored.layers[1].feed.up.bias[0] == before.layers[1].feed.up.bias[0]);
  CHECK(is.mix.output.bias.data == was.mix.output.bias.data);

  weft::token_batch batch;
  batch.add(std::vector<std::int32_t>{1, 2, 3, 4, 5});
  weft::row_buffer<24> a(5), b(5);
  const weft::encoder<slim> whole(before, sizes), rewired(stored, sizes);
  weft::workspace work(whole.workspace_bytes(batch.size()));
  whole.forward(batch, a, work);
  rewired.forward(batch, b, work);
  for (index_t i = 0; i < 5 * 24; ++i) CHECK(std::abs(a.data()[i] - b.data()[i]) < 1e-5f);

  const auto refused = [&](const std::vector<float>& h, const std::vector<float>& n) {
    return refusal_of([&] { weft::rewire<slim>(made.record, h, n, made.store); });
  };
  CHECK_THAT(refused({1, 2}, neurons), mentions("the importance of heads: found 2 values, wanted 2 x 4"));
  CHECK_THAT(refused(heads, heads), mentions("the importance of neurons: found 8 values, wanted 2 x 10"));
  auto odd = heads;
  odd[2] = std::nanf("");
  CHECK_THAT(refused(odd, neurons), mentions("the importance of heads: found NaN as value 3"));
}

TEST_CASE("experts share the most important neurons, and take turns at the others") {
  const std::vector<float> importance{0.1f, 0.9f, 0.5f, 0.7f, 0.3f, 0.2f, 0.3f};
  const auto neurons = weft::expert_neurons(importance, 2, 4, 2);
  CHECK(std::vector<index_t>(neurons.begin(), neurons.end()) == std::vector<index_t>{1, 3, 2, 6, 1, 3, 4, 5});
  const auto refused = [&](index_t experts, index_t width, index_t shared) {
    return refusal_of([&] { weft::expert_neurons(importance, experts, width, shared); });
  };
  CHECK_THAT(refused(1, 4, 2), mentions("splitting a feed-forward: experts: found 1, wanted 2 or more"));
  CHECK_THAT(refused(2, 4, 5), mentions("shared neurons: found 5, wanted 0 to 4, an expert's width"));
  CHECK_THAT(refused(2, 5, 2), mentions("neurons: found 7, wanted at least 8"));
  CHECK_THAT(refused(2, 0, 0), mentions("the width of an expert: found 0"));
}
}  // namespace active_test
