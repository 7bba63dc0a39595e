// Types without a family, and directories of a model_type that weft never heard of.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <weft/io/load.hpp>
#include <weft/memory/batch.hpp>
#include <weft/model/bert.hpp>
#include <weft/pattern/window.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace own_architecture_test {

using namespace weft;

constexpr model_shape recorded{.width = 32, .heads = 4, .hidden = 64};
struct tiny : bert_base {
  static constexpr model_shape shape = recorded;
};
// The same policies and names, with no family.
template <class Pattern>
struct own {
  static constexpr model_shape shape = recorded;
  using embedding = summed;
  using mixer = attention<Pattern>;
  using feed_forward = dense<gelu>;
  using norm = layer_norm<>;
  using layout = post_norm;
  using numeric = float32;
};

struct wider : own<full> {
  static constexpr model_shape shape{.width = 48, .heads = 4, .hidden = 64};
};
struct other : own<full> {
  using feed_forward = dense<relu>;
};

std::filesystem::path directory(const std::string& model_type) {
  const auto at = scratch_directory("own_architecture"),
             from = std::filesystem::path(WEFT_TEST_DATA) / "models/bert_gelu";
  std::filesystem::copy_file(from / "model.safetensors", at / "model.safetensors");
  std::ifstream in(from / "config.json");
  std::string config{std::istreambuf_iterator<char>(in), {}};
  const std::string said = "\"model_type\": \"bert\"";
  config.replace(config.find(said), said.size(), "\"model_type\": \"" + model_type + "\"");
  write_file(at / "config.json", config);
  return at;
}

template <class Spec>
std::vector<float> hidden_of(const std::filesystem::path& at) {
  const auto encoder = load<Spec>(at);
  token_batch batch;
  batch.add(std::vector<std::int32_t>{2, 17, 42, 11, 5, 9, 3});
  row_buffer<32> rows(batch.tokens());
  workspace work(encoder.workspace_bytes(batch.size()));
  encoder.forward(batch, rows, work);
  return {rows.row(0), rows.row(0) + 32};
}

TEST_CASE("a type without a family loads a directory of any model_type, whose numbers must be its own") {
  const auto at = directory("mine");
  CHECK(hidden_of<own<full>>(at) == hidden_of<tiny>(std::filesystem::path(WEFT_TEST_DATA) / "models/bert_gelu"));
  CHECK(hidden_of<own<window<1>>>(at) != hidden_of<own<full>>(at));
  CHECK(hidden_of<own<full>>(directory("bert")) == hidden_of<own<full>>(directory("mine")));
  CHECK_THAT(refusal_of([&] { load<tiny>(directory("mine")); }),
             mentions("model_type: found \"mine\", wanted one of bert"));
  CHECK_THAT(refusal_of([&] { load<wider>(directory("mine")); }), mentions("hidden_size: found 32, wanted 48"));
  CHECK_THAT(refusal_of([&] { load<other>(directory("mine")); }),
             mentions("hidden_act: found \"gelu\", wanted \"relu\""));
}

}  // namespace own_architecture_test
