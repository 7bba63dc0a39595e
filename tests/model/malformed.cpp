// Every unsound directory and configuration gets the verdict that the index gives, in words, and nothing aborts.
#include <sstream>
#include <weft/io/any_encoder.hpp>
#include <weft/io/expected_parameters.hpp>
#include <weft/io/json.hpp>
#include <weft/io/safetensors_writer.hpp>
#include <weft/model/bert.hpp>
#include <weft/verify/verify.hpp>

#include "catch.hpp"
#include "changed_weights.hpp"
#include "refusal.hpp"
#include "temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
const fs::path data = fs::path(WEFT_TEST_DATA) / "malformed";

struct malformed_type : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 8, .heads = 2, .hidden = 12};
};

struct wider : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 16, .heads = 2, .hidden = 12};
};
struct relu_type : malformed_type {
  using feed_forward = weft::dense<weft::relu>;
};
struct other_norm : malformed_type {
  using norm = weft::layer_norm<std::ratio<1, 1000>>;
};

// What `weft inspect DIR` does.
void inspect(const weft::checkpoint& stored, const weft::configuration& c) {
  weft::detail::agree<malformed_type>(c);
  weft::check_tensors<malformed_type>(stored, c);
}

nlohmann::json malformed_cases() {
  const auto file = weft::mapped_file::open(data / "index.json");
  return weft::parse_json(file->text(), "index.json");
}

}  // namespace

TEST_CASE("malformed configurations are refused with the key or the reason") {
  const auto base = weft::checkpoint::open(data / "base");
  int seen = 0;
  for (const auto& entry : malformed_cases()) {
    if (entry["kind"] != "config") continue;
    ++seen;
    const auto path = data / entry["file"].get<std::string>();
    const bool accept = entry["strict"] == "accept";
    INFO(path.string() << ": " << entry["reason"]);
    const auto by_inspection = refusal_of([&] { inspect(base, weft::configuration::read(path)); });
    const auto by_loading = refusal_of([&] { weft::load<malformed_type>(base, weft::configuration::read(path)); });
    CHECK(by_inspection.empty() == accept);
    CHECK(by_loading.empty() == accept);
    if (!accept) {
      INFO(by_loading);
      CHECK_THAT(by_inspection, mentions(path.filename().string()));
      CHECK_THAT(by_loading, mentions(path.filename().string()));
    }
  }
  CHECK(seen > 15);
}

TEST_CASE("malformed model directories are refused with the tensor or the file") {
  int seen = 0;
  for (const auto& entry : malformed_cases()) {
    if (entry["kind"] != "model") continue;
    ++seen;
    const auto path = data / entry["file"].get<std::string>();
    const bool accept = entry["strict"] == "accept";
    INFO(path.string() << ": " << entry["reason"]);
    const auto by_inspection =
        refusal_of([&] { inspect(weft::checkpoint::open(path), weft::configuration::read(path)); });
    const auto by_loading = refusal_of([&] { weft::load<malformed_type>(path); });
    INFO(by_loading);
    CHECK(by_inspection.empty() == accept);
    CHECK(by_loading.empty() == accept);
    if (!accept) CHECK_THAT(by_loading, mentions(path.filename().string()));
  }
  CHECK(seen > 8);
}

TEST_CASE("a report names every tensor that does not fit") {
  const auto said = refusal_of([&] { weft::load<malformed_type>(data / "model" / "wrong_shape"); });
  CHECK_THAT(said, mentions("self.query.weight: found [4, 16], wanted [8, 8]"));
  const auto missing = refusal_of([&] { weft::load<malformed_type>(data / "model" / "missing_tensor"); });
  CHECK_THAT(missing, mentions("attention.self.query.weight"));
}

TEST_CASE("a configuration of another type names the key, the value found and the value wanted") {
  const auto load = []<class Spec>(std::type_identity<Spec>) {
    return refusal_of([&] { weft::load<Spec>(data / "base"); });
  };
  CHECK(load(std::type_identity<malformed_type>{}).empty());
  CHECK_THAT(load(std::type_identity<wider>{}), mentions("hidden_size: found 8, wanted 16"));
  CHECK_THAT(load(std::type_identity<relu_type>{}), mentions("hidden_act: found \"gelu\", wanted \"relu\""));
  CHECK_THAT(load(std::type_identity<other_norm>{}), mentions("layer_norm_eps: found 1e-12, wanted 0.001"));
}

// A copy of the base model with one value changed.
fs::path changed(const std::string& name, const std::string& tensor, float value) {
  const auto at = weft_test::temporary_folder() / "changed" / name;
  fs::remove_all(at);
  fs::create_directories(at.parent_path());
  fs::copy(data / "base", at);
  weft_test::change_weights(at / "model.safetensors", tensor, value, 1, 2);
  return at;
}

TEST_CASE("weights that are not finite are refused by name, and loaded where that is allowed") {
  const std::string name = "encoder.layer.0.attention.self.key.bias";
  const auto at = changed("nan", name, weft::not_a_number());
  const auto wanted = "tensor \"" + name + "\": found NaN as value 2 of 8, wanted finite numbers";
  CHECK_THAT(refusal_of([&] { weft::load<malformed_type>(at); }), mentions(wanted));
  CHECK_THAT(refusal_of([&] { weft::any_encoder::load<wider, malformed_type>(at); }), mentions(wanted));
  CHECK(refusal_of([&] { weft::load<malformed_type>(at, {.allow_nonfinite = true}); }).empty());
  CHECK(refusal_of([&] { weft::any_encoder::load<malformed_type>(at, {.allow_nonfinite = true}); }).empty());
  CHECK_THAT(refusal_of([&] {
               weft::load<malformed_type>(changed("infinite", "embeddings.word_embeddings.weight", -HUGE_VALF));
             }),
             mentions("found infinity as value 2 of 160"));
  // What the model does not use may hold anything.
  CHECK(refusal_of([&] { weft::load<malformed_type>(changed("unused", "pooler.dense.bias", HUGE_VALF)); }).empty());
}

TEST_CASE("verification lets no NaN pass: of weights, of results, of what was recorded, whatever follows it") {
  const auto at = changed("verify", "encoder.layer.0.output.dense.bias", 0);
  const auto encoder = weft::load<malformed_type>(at);
  const std::vector<std::int64_t> ids{2, 7, 9, 3};
  weft::token_batch batch;
  batch.add(std::vector<std::int32_t>(ids.begin(), ids.end()));
  weft::row_buffer<8> rows(4);
  weft::workspace work(encoder.workspace_bytes(batch.size()));
  encoder.forward(batch, rows, work);
  const auto passes = [&](float value, std::size_t place, const fs::path& model) {
    std::vector<float> recorded(rows.data(), rows.data() + 32);
    if (place < 32) recorded[place] = value;
    weft::safetensors_writer file;
    file.add("input_ids.0", {4}, ids);
    file.add("last_hidden.0", {4, 8}, recorded);
    file.save(model / "expected.safetensors");
    std::ostringstream said;
    const bool good = weft::verify_and_print<malformed_type>(model, said) == 0;
    CHECK(good == (said.str().find("PAST TOLERANCE") == std::string::npos));
    return good;
  };
  CHECK(passes(0, 32, at));
  CHECK(!passes(rows.data()[0] + 1, 0, at));
  for (const float odd : {weft::not_a_number(), HUGE_VALF, -HUGE_VALF})
    for (const std::size_t place : {0u, 1u, 31u}) CHECK(!passes(odd, place, at));
  const auto nan = changed("verify_nan", "encoder.layer.0.output.dense.bias", weft::not_a_number());
  CHECK(!passes(0, 32, nan));
  std::ostringstream said;
  weft::verify_and_print<malformed_type>(nan, said);
  CHECK_THAT(said.str(), mentions("model.safetensors: encoder.layer.0.output.dense.bias: NaN as value 2 of 8\n"));
  CHECK(said.str().starts_with("warning: "));
}
