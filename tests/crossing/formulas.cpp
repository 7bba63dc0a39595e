// Attention whose keys and values are formulas, light convolutions, and stacks of both.
#include <weft/encoder/describe.hpp>
#include <weft/model/autobert.hpp>
#include <weft/pattern/window.hpp>
#include <weft/score/alibi.hpp>

#include "crossing/crossing.hpp"

namespace formulas_test {
namespace {
using weft::index_t, weft::mixer_shape;
namespace f = weft::formula;

const weft::testing::mixer_trial strict{.allocations = allocations_so_far};

struct small : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 40};
};
template <weft::autobert_layer... Layers>
struct searched : weft::autobert_of<weft::autobert_numbers{
                      .hidden_size = 48, .num_attention_heads = 4, .intermediate_size = 40, .layers = {Layers...}}> {};
struct windowed : small {
  using mixer = weft::formula_attention<f::softsign<f::sum<f::key, f::query>>, f::value, weft::window<5>, weft::alibi>;
};
struct query_alone : small {
  using mixer = weft::formula_attention<f::negative<f::query>, f::softplus<f::query>>;
};
struct plain : small {
  using mixer = weft::formula_attention<f::key, f::value>;
};
struct convolved : small {
  using mixer = weft::light_convolution<9, weft::invisible_rows::read>;
};

// A term of one's own.
struct squared_key {
  static constexpr f::reads_of reads{.key = true};
  template <class V>
  static V of(const V&, const V& key, const V&, const V&) {
    return key * key;
  }
};

template <class Spec>
std::string names(const weft::sizes& sizes) {
  std::string all;
  for (const auto& p : weft::describe<weft::encoder<Spec>>(sizes)) all += std::string(p.name) + "\n";
  return all;
}
}  // namespace

TEST_CASE("light convolutions and attention by formulas keep the laws of mixers") {
  constexpr auto shape = mixer_shape::self(24, 3);
  using weft::testing::broken_mixer_law;
  CHECK(broken_mixer_law<weft::light_convolution<1>, shape>(strict) == "");
  CHECK(broken_mixer_law<weft::light_convolution<65>, mixer_shape{7, 9, 13, 20, 2}>(strict) == "");
  CHECK(broken_mixer_law<convolved::mixer, shape>(strict) == "");
  CHECK(broken_mixer_law<windowed::mixer, mixer_shape{7, 9, 13, 20, 2}>(strict) == "");
  CHECK(broken_mixer_law<query_alone::mixer, shape>(strict) == "");
  CHECK(broken_mixer_law<weft::formula_attention<squared_key, f::value>, shape>(strict) == "");
}

TEST_CASE("each kind of searched layer") {
  using enum weft::autobert_layer;
  weft_test::check_composition<searched<conv65, att2>>();
  weft_test::check_composition<searched<att4, att6>>();
  weft_test::check_composition<searched<att10, att12>>();
}
TEST_CASE("a formula over a window and distances") { weft_test::check_composition<windowed>(); }
TEST_CASE("a formula of the query alone") { weft_test::check_composition<query_alone>(); }
TEST_CASE("a convolution that reads rows that are not visible") { weft_test::check_composition<convolved>(); }

TEST_CASE("the formula of plain attention has its bits") {
  constexpr weft::sizes sizes{.layers = 2, .vocabulary = 50, .positions = 90};
  const auto stored = weft::testing::random_weights<weft::encoder<small>>(sizes, 3, {.weights = 0.2});
  const auto same = weft::testing::random_weights<weft::encoder<plain>>(sizes, 3, {.weights = 0.2});
  const auto sequences = weft_test::random_sequences(4, 5, sizes);
  CHECK(weft_test::hidden_of(weft::encoder<small>(stored.record, sizes), sequences) ==
        weft_test::hidden_of(weft::encoder<plain>(same.record, sizes), sequences));
}

TEST_CASE("projections that no formula reads do not exist, and layers are spelt by their kind") {
  using enum weft::autobert_layer;
  const auto all = names<searched<conv3, att6, att12>>({.layers = 3, .vocabulary = 9, .positions = 9});
  for (const auto* name :
       {"layer.0.Linear1.weight\n", "layer.0.conv.weight\n", "layer.0.Linear2.bias\n", "layer.0.layer_norms.0.weight\n",
        "layer.0.fc1.bias\n", "layer.0.layer_norms.1.bias\n", "layer.1.self_attention.key.weight\n",
        "layer.1.self_output.LayerNorm.bias\n", "layer.1.intermediate.dense.weight\n",
        "layer.1.intermediate_output.dense.weight\n", "layer.2.self_attention.value.weight\n"})
    CHECK_THAT(all, Catch::Contains(name));
  CHECK_THAT(all, !Catch::Contains("layer.1.self_attention.value"));
  CHECK_THAT(names<query_alone>({.layers = 1, .vocabulary = 9, .positions = 9}), !Catch::Contains("self.key"));
}
}  // namespace formulas_test
