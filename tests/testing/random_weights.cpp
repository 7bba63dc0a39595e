#include <weft/head/model.hpp>
#include <weft/model/electra.hpp>
#include <weft/testing/random_weights.hpp>

#include <cmath>

#include "catch.hpp"

namespace random_weights_test {
namespace {
struct small : weft::electra_small {
  static constexpr weft::model_shape shape{.width = 24, .heads = 3, .hidden = 40};
  using embedding = weft::factorised<16>;
};
constexpr weft::sizes sizes{.layers = 2, .vocabulary = 500, .positions = 20, .segments = 2, .labels = 3};
using weft::testing::random_source;
using weft::testing::random_weights;
}  // namespace

TEST_CASE("the generator gives the published numbers") {
  random_source source(1234567);  // the first outputs of SplitMix64, as its authors' C code gives them
  CHECK(source.bits() == 6457827717110365317u);
  CHECK(source.bits() == 3203168211198807973u);
  CHECK(source.bits() == 9817491932198370423u);
}

TEST_CASE("normal numbers have mean 0 and deviation 1") {
  random_source source(1);
  double sum = 0, squares = 0, largest = 0;
  const int n = 100000;
  for (int i = 0; i < n; ++i) {
    const double x = source.normal();
    sum += x, squares += x * x, largest = std::max(largest, std::abs(x));
  }
  CHECK(std::abs(sum / n) < 0.015);  // five standard deviations of the mean
  CHECK(std::abs(squares / n - 1) < 0.02);
  CHECK(largest > 3.5);
  CHECK(largest <= 6);
}

TEST_CASE("weights are the same on every machine") {
  const auto w = random_weights<weft::encoder<small>>(sizes, 7);
  const auto& layer = w.record.layers[1];
  // Computed by another program from the names electra.embeddings.word_embeddings.weight and so on.
  CHECK(w.record.embed.narrow.word[0] == -0.00326812733f);
  CHECK(layer.mix.query.weight[5] == -0.0136129763f);
  CHECK(layer.feed_norm.weight[3] == 0.988788128f);
}

TEST_CASE("every tensor is filled and sized") {
  auto w = random_weights<weft::model<small, weft::generator_lm, weft::token_classification>>(sizes, 1);
  CHECK(w.record.body.layers.size() == 2);
  CHECK(w.record.body.embed.narrow.word.count == sizes.vocabulary);
  CHECK(std::get<1>(w.record.tops).classifier.weight.size() == 3 * 24);
  weft::index_t tensors = 0;
  const auto look = [&](const std::string& name, const auto& leaf) {
    ++tensors;
    double mean = 0;
    for (weft::index_t i = 0; i < leaf.size(); ++i) mean += leaf[i] / static_cast<double>(leaf.size());
    const bool gain = leaf.shape.size() == 1 && name.ends_with("weight");
    INFO(name);
    CHECK(std::abs(mean - gain) < 0.1);
    CHECK(leaf[0] != 0);
    CHECK(std::abs(leaf[0] - static_cast<float>(gain)) < 0.12f);
  };
  weft::walk("", look, 0, w.record);
  CHECK(tensors == 5 + 2 + 2 * 16 + 2 + 2 + 2 + 2);
}

TEST_CASE("numbers depend on the seed and the name only") {
  const auto one = random_weights<weft::encoder<small>>(sizes, 1),
             other = random_weights<weft::encoder<small>>(sizes, 2);
  const auto inside = random_weights<weft::model<small, weft::token_classification>>(sizes, 1);
  const auto word = [](const auto& body) { return body.embed.narrow.word[7]; };
  CHECK(word(one.record) != word(other.record));
  CHECK(word(one.record) == word(inside.record.body));  // an encoder has the same weights alone and under a head
  CHECK(one.record.layers[0].mix.query.weight[0] != one.record.layers[1].mix.query.weight[0]);
  CHECK(one.record.layers[0].mix.query.weight[0] != one.record.layers[0].mix.key.weight[0]);
}

TEST_CASE("the spread is the caller's") {
  const auto w = random_weights<weft::encoder<small>>(sizes, 1, {.weights = 2, .biases = 0, .gains = 0});
  CHECK(w.record.layers[0].mix.query.bias[3] == 0);
  CHECK(w.record.layers[0].mix_norm.weight[3] == 1);
  double squares = 0;
  for (int i = 0; i < 8000; ++i) squares += w.record.embed.narrow.word[i] * w.record.embed.narrow.word[i] / 8000.0;
  CHECK(std::sqrt(squares) > 1.9);
  CHECK(std::sqrt(squares) < 2.1);
}

}  // namespace random_weights_test
