#include <weft/io/split_model.hpp>

#include <fstream>

#include "catch.hpp"
#include "refusal.hpp"

namespace split_model_test {

using weft::index_t;
namespace fs = std::filesystem;
const fs::path split = fs::path(WEFT_TEST_DATA) / "models" / "moebert_split";

// The model that the recorded one was split from.
fs::path dense_in(const fs::path& folder) {
  const auto recorded = weft::safetensors::open(split / "expected.safetensors"),
             model = weft::safetensors::open(split / "model.safetensors");
  weft::safetensors_writer out;
  for (const auto& t : model)
    if (t.name.find(".experts.") == t.name.npos) out.add(t.name, t.type, t.shape, t.bytes);
  for (const auto& t : recorded)
    if (t.name.starts_with("dense.")) out.add(t.name.substr(6), t.type, t.shape, t.bytes);
  fs::create_directories(folder / "dense");
  out.save(folder / "dense" / "model.safetensors");
  std::ofstream(folder / "dense" / "vocab.txt") << "a\n";
  std::ofstream(folder / "dense" / "config.json")
      << R"({"model_type": "bert", "architectures": ["BertForSequenceClassification"], "hidden_size": 32,
             "num_attention_heads": 4, "intermediate_size": 48, "num_hidden_layers": 1, "vocab_size": 100,
             "max_position_embeddings": 64, "mine": 7})";
  return folder / "dense";
}

TEST_CASE("a dense directory is split into the recorded experts, with the tables that are given") {
  const auto folder = scratch_directory("split");
  const auto dense = dense_in(folder);
  weft::split_model(dense, {4, 16, 8, split / "expected.safetensors", split / "model.safetensors"}, folder / "to");
  const auto wanted = weft::safetensors::open(split / "model.safetensors"),
             made = weft::safetensors::open(folder / "to" / "model.safetensors");
  CHECK(made.size() == wanted.size());
  for (const auto& t : wanted) {
    INFO(t.name);
    const auto* const is = made.find(t.name);
    REQUIRE(is);
    CHECK((is->type == t.type && is->shape == t.shape));
    CHECK(std::equal(is->bytes.begin(), is->bytes.end(), t.bytes.begin(), t.bytes.end()));
  }
  const auto c = weft::configuration::read(folder / "to"), recorded = weft::configuration::read(split);
  CHECK(c.family == recorded.family);
  for (const auto* name : {"moebert_expert_num", "moebert_expert_dim", "moebert_share_importance", "intermediate_size"})
    CHECK(c.own_integer(name) == recorded.own_integer(name));
  CHECK(c.own_word("moebert_route_method") == "hash-random");
  CHECK(c.integer("mine", 0, 9) == 7);
  CHECK(fs::exists(folder / "to" / "vocab.txt"));
}

TEST_CASE("without tables each layer's are drawn, evenly and always the same") {
  const auto folder = scratch_directory("split_drawn");
  const auto dense = dense_in(folder);
  for (const auto* name : {"one", "two"})
    weft::split_model(dense, {4, 16, 8, split / "expected.safetensors"}, folder / name);
  weft::arena store;
  const auto table = [&](const char* name) {
    const auto file = weft::safetensors::open(folder / name / "model.safetensors");
    const auto values = weft::as_integers(*file.find("bert.encoder.layer.0.experts.hash_list"), 4, store);
    return std::vector<std::int32_t>(values.begin(), values.end());
  };
  const auto drawn = table("one");
  CHECK(drawn == table("two"));
  for (const int expert : {0, 1, 2, 3}) CHECK(std::count(drawn.begin(), drawn.end(), expert) > 10);
  const auto other = weft::detail::routes_of(nullptr, 1, 100, 4);
  CHECK(!std::equal(drawn.begin(), drawn.end(), other.begin()));
}

TEST_CASE("what cannot be split is refused in words, and leaves nothing") {
  const auto folder = scratch_directory("split_refused");
  const auto dense = dense_in(folder), importance = split / "expected.safetensors";
  const auto refused = [&](const weft::expert_split& how, const fs::path& from) {
    auto said = refusal_of([&] { weft::split_model(from, how, folder / "out"); });
    CHECK(!fs::exists(folder / "out"));
    return said;
  };
  const auto models = fs::path(WEFT_TEST_DATA) / "models";
  CHECK_THAT(refused({0, 16, 8, importance}, dense), mentions("experts: found 0, wanted 2 or more"));
  CHECK_THAT(refused({1, 16, 8, importance}, dense), mentions("experts: found 1, wanted 2 or more"));
  CHECK_THAT(refused({4, 16, 17, importance}, dense), mentions("shared neurons: found 17, wanted 0 to 16"));
  CHECK_THAT(refused({4, 40, 8, importance}, dense), mentions("neurons: found 48, wanted at least 136"));
  CHECK_THAT(refused({4, 0, 0, importance}, dense), mentions("the width of an expert: found 0"));
  CHECK_THAT(refused({300, 8, 8, importance}, dense), mentions("moebert_expert_num"));
  CHECK_THAT(refused({4, 16, 8, dense / "model.safetensors"}, dense), mentions("importance.0: found no such tensor"));
  CHECK_THAT(refused({4, 16, 8, importance}, split), mentions("model_type: found moebert, wanted bert, dense"));
  CHECK_THAT(refused({4, 16, 8, importance}, models / "distilbert"), mentions("model_type: found distilbert"));
  CHECK_THAT(refused({4, 16, 8, importance, importance}, dense), mentions("hash_list: found no such tensor"));

  const auto table = [&](std::vector<std::int64_t> values) {
    weft::safetensors_writer out;
    out.add("hash_list", {static_cast<index_t>(values.size())}, weft::list<const std::int64_t>(values));
    out.save(folder / "tables.safetensors");
    return folder / "tables.safetensors";
  };
  CHECK_THAT(refused({4, 16, 8, importance, table(std::vector<std::int64_t>(99))}, dense),
             mentions("hash_list: found shape [99], wanted [100]"));
  CHECK_THAT(refused({4, 16, 8, importance, table(std::vector<std::int64_t>(100, 4))}, dense),
             mentions("found 4 as value 1 of 100, wanted whole numbers from 0 to 3"));
}

}  // namespace split_model_test
