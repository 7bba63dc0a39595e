// Experts by every router, in layouts that add and normalise for them and in those that leave it to them.
#include <weft/encoder/describe.hpp>
#include <weft/encoder/split_experts.hpp>
#include <weft/ffn/gated.hpp>
#include <weft/io/as_floats.hpp>
#include <weft/io/as_integers.hpp>
#include <weft/io/safetensors.hpp>
#include <weft/layout/mixer_alone.hpp>
#include <weft/layout/pre_norm.hpp>
#include <weft/layout/stacked.hpp>
#include <weft/layout/with_mixer.hpp>
#include <weft/mixer/bilstm.hpp>
#include <weft/model/moebert.hpp>
#include <weft/position/rotary.hpp>

#include "crossing/crossing.hpp"

namespace how_to_kinds {
#include "how_to_kinds.hpp"  // mine, of docs/how-to/mix-kinds-of-layers.md as it stands
}

namespace experts_test {
namespace {
using weft::index_t, weft::moebert_routing, how_to_kinds::mine;

template <moebert_routing Method, index_t Count = 3>
struct moe : weft::moebert_of<weft::moebert_numbers{.hidden_size = 48,
                                                    .num_attention_heads = 4,
                                                    .moebert_expert_dim = 20,
                                                    .moebert_expert_num = Count,
                                                    .moebert_route_method = Method}> {};
struct small : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 40};
};
template <class Router>
struct plain_experts : small {
  using feed_forward = weft::mixture_of_experts<weft::gated<>, Router, 4>;
};
struct in_a_stack : plain_experts<weft::by_gate> {
  using layout = weft::stacked<2>;
};
template <class Router>
struct normed_before : plain_experts<Router> {
  using layout = weft::pre_norm;
};

// The experts of every row of a batch in every layer.
struct seen_routes {
  std::vector<std::vector<std::int32_t>> layers;
  std::int32_t* routes(index_t layer, index_t tokens) {
    if (layer >= static_cast<index_t>(layers.size())) layers.resize(static_cast<std::size_t>(layer + 1));
    auto& one = layers[static_cast<std::size_t>(layer)];
    return one.assign(static_cast<std::size_t>(tokens), -1), one.data();
  }
};
template <class Spec>
seen_routes routes_of(const std::vector<weft_test::sequence>& sequences, index_t workers) {
  constexpr weft::sizes sizes{.layers = 2, .vocabulary = 50, .positions = 120};
  const auto stored = weft::testing::random_weights<weft::encoder<Spec>>(sizes, 11, {.weights = 0.2});
  const weft::encoder<Spec> encoder(stored.record, sizes);
  const auto in = weft_test::batch_of(sequences);
  weft::row_buffer<Spec::shape.width> out(in.tokens());
  weft::workspace work(encoder.workspace_bytes(in.size(), workers));
  weft::testing::scrambled_pool pool(workers);
  seen_routes seen;
  encoder.forward(in, out, work, pool, seen);
  return seen;
}
}  // namespace

TEST_CASE("experts by a table") { weft_test::check_composition<moe<moebert_routing::hash_random>>(); }
TEST_CASE("experts by a gate") { weft_test::check_composition<moe<moebert_routing::gate>>(); }
TEST_CASE("experts by the mean of a sequence") { weft_test::check_composition<moe<moebert_routing::gate_sentence>>(); }
TEST_CASE("experts for which the layout adds and normalises") {
  weft_test::check_composition<plain_experts<weft::by_gate>>();
  weft_test::check_composition<plain_experts<weft::by_sentence_gate<false>>>();
  weft_test::check_composition<normed_before<weft::by_table>>();
  weft_test::check_composition<normed_before<weft::by_sentence_gate<>>>();
}
TEST_CASE("experts that run block by block of rows") { weft_test::check_composition<in_a_stack>(); }

TEST_CASE("a row's expert depends on the row, its id and its sequence alone") {
  const auto check = []<class Spec>(std::type_identity<Spec>) {
    auto sequences = weft_test::random_sequences(7, 5, {.vocabulary = 50, .positions = 120});
    const auto together = routes_of<Spec>(sequences, 1), by_three = routes_of<Spec>(sequences, 3);
    REQUIRE(together.layers.size() == 2);
    CHECK(together.layers == by_three.layers);
    std::vector<std::vector<std::int32_t>> alone(2);
    for (const auto& one : sequences) {
      if (one.empty()) continue;
      const auto seen = routes_of<Spec>({one}, 2);
      for (std::size_t l = 0; l < 2; ++l) alone[l].insert(alone[l].end(), seen.layers[l].begin(), seen.layers[l].end());
    }
    CHECK(together.layers == alone);
    for (const auto route : together.layers[1]) CHECK((route >= 0 && route < Spec::feed_forward::experts));
  };
  check(std::type_identity<moe<moebert_routing::hash_random>>{});
  check(std::type_identity<moe<moebert_routing::gate, 5>>{});
  check(std::type_identity<moe<moebert_routing::gate_sentence>>{});
}

TEST_CASE("a recurrent layer, rotated attention and experts in one") { weft_test::check_composition<mine>(); }

TEST_CASE(
    "a part of such a model has the bits of one whose other weights are zeros, and its recurrent layer is whole") {
  constexpr weft::sizes sizes{.layers = 4, .vocabulary = 50, .positions = 90};
  constexpr index_t layers[] = {0, 1, 3};
  constexpr index_t width = mine::shape.width, head = width / mine::shape.heads, heads = 2, hidden = 7;
  auto [stored, store] = weft::testing::random_weights<weft::encoder<mine>>(sizes, 3, {.weights = 0.2, .biases = 0.1});
  const weft::encoder<mine> slim(stored, sizes);
  auto& behind = stored.layers.behind.here;  // the layers behind the first
  behind.erase(behind.begin() + 1);
  const auto zero_from = [&s = store](auto& view, index_t rows, index_t columns, index_t first) {
    const auto copy = s.take<float>(rows * columns);
    for (index_t i = 0; i < rows * columns; ++i) copy[i] = i % columns < first ? view.data[i] : 0.0f;
    view.data = copy.data();
  };
  for (auto& layer : behind) {
    zero_from(layer.mix.output.weight, width, width, heads * head);
    for (auto& expert : layer.feed.expert) zero_from(expert.feed.down.weight, width, mine::shape.hidden, hidden);
  }
  auto three = sizes;
  three.layers = 3;
  const weft::encoder<mine> silenced(stored, three);
  const auto batch = weft_test::batch_of(weft_test::random_sequences(7, 5, sizes));
  weft::row_buffer<width> is(batch.tokens()), wanted(batch.tokens());
  weft::workspace work(slim.workspace_bytes(batch.size(), 3));
  weft::testing::scrambled_pool pool(3);
  slim.forward(weft::active_size{heads, hidden, {layers, 3}}, batch, is, work, pool);
  silenced.forward(batch, wanted, work);
  CHECK(std::memcmp(is.data(), wanted.data(), static_cast<std::size_t>(batch.tokens() * width) * sizeof(float)) == 0);
}

TEST_CASE("a dense feed-forward is split as recorded") {
  const auto at = std::filesystem::path(WEFT_TEST_DATA) / "models" / "moebert_split";
  const auto expected = weft::safetensors::open(at / "expected.safetensors"),
             model = weft::safetensors::open(at / "model.safetensors");
  weft::arena store;
  const auto floats = [&](const weft::safetensors& from, const std::string& name) {
    const auto* tensor = from.find(name);
    REQUIRE(tensor);
    return weft::as_floats(*tensor, store);
  };
  const auto neurons = weft::expert_neurons(floats(expected, "importance.0"), 4, 16, 8);
  const auto recorded = weft::as_integers(*expected.find("indices.0"), 48, store);
  REQUIRE(recorded.size() == 64);
  CHECK(std::equal(recorded.begin(), recorded.end(), neurons.begin(), neurons.end()));

  const std::string layer = "bert.encoder.layer.0.", dense = "dense." + layer;
  weft::stored_linear<weft::raw, 32, 48, true> up;
  weft::stored_linear<weft::raw, 48, 32, true> down;
  up.weight.data = floats(expected, dense + "intermediate.dense.weight").data();
  up.bias.data = floats(expected, dense + "intermediate.dense.bias").data();
  down.weight.data = floats(expected, dense + "output.dense.weight").data();
  down.bias.data = floats(expected, dense + "output.dense.bias").data();
  using mixture = weft::mixture_of_experts<weft::residual_norm<weft::dense<>, weft::layer_norm<>>, weft::by_table, 4>;
  weft::weights<weft::raw, mixture::bind<weft::row_shape{32, 16}>> split;
  decltype(split.expert[0].norm) norm;
  norm.weight.data = floats(expected, dense + "output.LayerNorm.weight").data();
  norm.bias.data = floats(expected, dense + "output.LayerNorm.bias").data();
  weft::split_experts(up, down, norm, neurons, split, store);
  for (std::size_t e = 0; e < 4; ++e) {
    const auto begin = layer + "experts.experts." + std::to_string(e) + ".";
    const auto same = [&](const char* name, const float* values) {
      const auto wanted = floats(model, begin + name);
      CHECK(std::equal(wanted.begin(), wanted.end(), values));
    };
    same("fc1.weight", split.expert[e].feed.up.weight.data);
    same("fc1.bias", split.expert[e].feed.up.bias.data);
    same("fc2.weight", split.expert[e].feed.down.weight.data);
    same("fc2.bias", split.expert[e].feed.down.bias.data);
    same("LayerNorm.weight", split.expert[e].norm.weight.data);
  }
}

TEST_CASE("experts are spelt as MoEBERT's program does") {
  std::string all;
  const auto add = [&]<class Spec>(std::type_identity<Spec>) {
    for (const auto& p : weft::describe<weft::encoder<Spec>>({.layers = 1, .vocabulary = 9, .positions = 9})) {
      all += std::string(p.name) + "\n";
      CHECK((p.values > 0) == (p.name.find("hash_list") != std::string::npos));
    }
  };
  add(std::type_identity<moe<moebert_routing::hash_random>>{});
  add(std::type_identity<moe<moebert_routing::gate>>{});
  for (const auto* name : {"layer.0.experts.experts.2.fc1.weight\n", "layer.0.experts.experts.0.fc2.bias\n",
                           "layer.0.experts.experts.1.LayerNorm.weight\n", "layer.0.experts.hash_list\n",
                           "layer.0.experts.gate.weight\n", "layer.0.attention.output.dense.weight\n"})
    CHECK_THAT(all, Catch::Contains(name));
  CHECK_THAT(all, !Catch::Contains("gate.bias"));
}
}  // namespace experts_test
