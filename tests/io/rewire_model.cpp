#include <weft/io/rewire_model.hpp>

#include <fstream>
#include <weft/encoder/active.hpp>
#include <weft/io/load.hpp>
#include <weft/model/bert.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace rewire_model_test {

using weft::index_t;
namespace fs = std::filesystem;
const fs::path models = fs::path(WEFT_TEST_DATA) / "models";

struct slim : weft::bert_of<weft::bert_numbers{.hidden_size = 24, .num_attention_heads = 4, .intermediate_size = 24}> {
  static constexpr bool slimmable = true;
};

// A file of importances: the recorded ones, changed.
fs::path importance_in(const fs::path& folder, const std::vector<index_t>& heads, auto&& change) {
  const auto recorded = weft::safetensors::open(models / "bert_dynabert_rewired" / "expected.safetensors");
  weft::arena store;
  const auto h = weft::as_floats(*recorded.find("importance.heads"), store);
  const auto n = weft::as_floats(*recorded.find("importance.neurons"), store);
  std::vector<float> of_heads(h.begin(), h.end()), of_neurons(n.begin(), n.end());
  change(of_heads);
  weft::safetensors_writer out;
  out.add("importance.heads", heads, weft::list<const float>(of_heads));
  out.add("importance.neurons", {2, 24}, weft::list<const float>(of_neurons));
  out.save(folder / "importance.safetensors");
  return folder / "importance.safetensors";
}

TEST_CASE("a directory rewired has the recorded weights, and parts of it compute what was recorded") {
  const auto at = models / "bert_dynabert_rewired";
  const auto to = scratch_directory("rewire") / "rewired";
  weft::rewire_model(at, at / "expected.safetensors", to);

  const auto recorded = weft::safetensors::open(at / "expected.safetensors"),
             made = weft::safetensors::open(to / "model.safetensors"),
             before = weft::safetensors::open(at / "model.safetensors");
  CHECK(made.size() == before.size());
  index_t compared = 0;
  for (const auto& t : recorded) {
    if (!t.name.starts_with("rewired.")) continue;
    const auto* const now = made.find(t.name.substr(8));
    REQUIRE(now);
    CHECK(now->shape == t.shape);
    CHECK(std::equal(now->bytes.begin(), now->bytes.end(), t.bytes.begin(), t.bytes.end()));
    ++compared;
  }
  CHECK(compared == 9);
  for (const auto* same : {"classifier.weight", "bert.encoder.layer.1.output.dense.bias"})
    CHECK(std::equal(made.find(same)->bytes.begin(), made.find(same)->bytes.end(), before.find(same)->bytes.begin()));
  CHECK(weft::configuration::read(to).document() == weft::configuration::read(at).document());

  const auto model = weft::load<slim, slim::tasks::sequence_classification>(to);
  weft::arena store;
  const auto ids = weft::as_integers(*recorded.find("input_ids.0"), 100, store),
             segments = weft::as_integers(*recorded.find("token_type_ids.0"), 2, store);
  weft::token_batch batch;
  batch.add(ids, segments);
  weft::workspace work(model.workspace_bytes(batch.view().size()));
  for (const auto& [number, width, depth] : {std::tuple("0", 0.5, 1.0), {"1", 0.25, 0.5}}) {
    std::vector<float> logits(2);
    const auto part = weft::active::of(width, depth, model.body());
    model.forward(part, batch.view(), weft::matrix<float>(logits.data(), 1, 2), work);
    const auto wanted = weft::as_floats(*recorded.find(std::string("rewired_variant.") + number + ".logits.0"), store);
    for (std::size_t i = 0; i < 2; ++i) CHECK(std::abs(logits[i] - wanted[static_cast<index_t>(i)]) < 2e-5f);
  }
}

TEST_CASE("a model in halves stays one in halves") {
  const auto folder = scratch_directory("rewire_halves");
  const auto at = models / "bert_float16";
  const auto c = weft::configuration::read(at);
  const auto heads = c.num_hidden_layers * c.num_attention_heads, neurons = c.num_hidden_layers * c.intermediate_size;
  std::vector<float> h(static_cast<std::size_t>(heads)), n(static_cast<std::size_t>(neurons));
  for (std::size_t i = 0; i < n.size(); ++i) n[i] = static_cast<float>(i);  // the last neuron first
  weft::safetensors_writer out;
  out.add("importance.heads", {c.num_hidden_layers, c.num_attention_heads}, weft::list<const float>(h));
  out.add("importance.neurons", {c.num_hidden_layers, c.intermediate_size}, weft::list<const float>(n));
  out.save(folder / "i.safetensors");
  weft::rewire_model(at, folder / "i.safetensors", folder / "to");
  const auto before = weft::checkpoint::open(at), after = weft::checkpoint::open(folder / "to");
  const std::string name = "bert.encoder.layer.0.intermediate.dense.weight";
  const auto *was = weft::find_parameter(before, name, "bert"), *is = weft::find_parameter(after, name, "bert");
  REQUIRE(is->type == weft::dtype::f16);
  const auto row = was->bytes.size() / c.intermediate_size;
  CHECK(std::equal(was->bytes.begin(), was->bytes.begin() + row, is->bytes.end() - row));
}

TEST_CASE("what cannot be rewired is refused in words, and leaves nothing") {
  const auto folder = scratch_directory("rewire_refused");
  const auto at = models / "bert_dynabert_rewired", recorded = at / "expected.safetensors";
  const auto refused = [&](const fs::path& from, const fs::path& importance) {
    auto said = refusal_of([&] { weft::rewire_model(from, importance, folder / "out"); });
    CHECK(!fs::exists(folder / "out"));
    return said;
  };
  const auto same = [](auto&) {};
  CHECK_THAT(refused(at, importance_in(folder, {4, 2}, same)),
             mentions("importance.heads: found shape [4, 2], wanted importances [2, 4]"));
  const auto odd = importance_in(folder, {2, 4}, [](auto& heads) { heads[5] = weft::not_a_number(); });
  CHECK_THAT(refused(at, odd), mentions("importance.heads: found NaN as value 6 of 8"));
  CHECK_THAT(refused(at, at / "model.safetensors"), mentions("importance.heads: found no such tensor"));
  CHECK_THAT(refused(at, folder / "nowhere"), mentions("nowhere"));
  CHECK_THAT(refused(models / "distilbert", recorded),
             mentions("model_type: found distilbert, wanted a model whose layers are BERT's: bert, electra, roberta"));
  CHECK_THAT(refused(models / "moebert_split", recorded), mentions("found moebert, wanted"));

  fs::copy(at, folder / "other");
  std::ofstream(folder / "other" / "config.json")
      << R"({"model_type": "bert", "hidden_size": 24, "num_attention_heads": 4, "intermediate_size": 20})";
  const auto said = refused(folder / "other", recorded);
  CHECK_THAT(said, mentions("the layers do not fit"));
  CHECK_THAT(said, mentions("found [24, 24], wanted [20, 24]"));
  CHECK_THAT(said, mentions("missing tensors"));

  fs::create_directory(folder / "out");
  CHECK_THAT(refusal_of([&] { weft::rewire_model(at, recorded, folder / "out"); }),
             mentions("found something that exists, wanted a new directory"));
  CHECK(fs::is_empty(folder / "out"));
}

}  // namespace rewire_model_test
