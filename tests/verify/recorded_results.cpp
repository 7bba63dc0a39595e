#include <weft/verify/recorded_results.hpp>

#include <fstream>

#include "catch.hpp"
#include "io/refusal.hpp"

namespace recorded_results_test {

using namespace weft;

// A tensor of a type and a shape, as a file's header has it; its bytes are the next `bytes`.
struct recorded_tensor {
  std::string name, type;
  std::vector<weft::index_t> shape;
  std::string bytes = {};
};
const std::string three("\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0", 24), one("\0\0\x80\x3f", 4);

// A directory with these recorded results.
std::filesystem::path directory(const std::vector<recorded_tensor>& tensors) {
  const auto at = scratch_directory("recorded");
  nlohmann::json header;
  std::string bytes;
  for (const auto& t : tensors) {
    header[t.name] = {
        {"dtype", t.type}, {"shape", t.shape}, {"data_offsets", {bytes.size(), bytes.size() + t.bytes.size()}}};
    bytes += t.bytes;
  }
  const auto text = header.dump();
  std::ofstream out(at / "expected.safetensors", std::ios::binary);
  for (int i = 0; i < 8; ++i) out << static_cast<char>(text.size() >> (8 * i) & 255);
  out << text << bytes;
  return at;
}
// What the first text, or the padded batch, is refused with, behind the file's name.
std::string refused(const std::vector<recorded_tensor>& tensors, bool padded = false) {
  const auto at = directory(tensors);
  const auto sentence = refusal_of([&] {
    const detail::verification recorded(at);
    padded ? (void)recorded.padded() : (void)recorded.sequence(".0");
  });
  const auto name = (at / "expected.safetensors").string() + ": ";
  return sentence.starts_with(name) ? sentence.substr(name.size()) : sentence;
}

TEST_CASE("sizes of nothing are not counted up to") {
  constexpr weft::index_t huge = weft::index_t{1} << 40;
  const std::string tokens = ": found shape [1099511627776, 0], wanted texts of one token or more";
  CHECK(refused({{"input_ids.0", "I64", {huge, 0}}}) == "input_ids.0" + tokens);
  CHECK(refused({{"padded.input_ids", "I64", {huge, 0}}, {"padded.attention_mask", "I64", {0}}}, true) ==
        "padded.input_ids" + tokens);
  const auto blocks = [&](std::vector<weft::index_t> shape) {
    return refused({{"input_ids.0", "I64", {3}, three}, {"rand_attn.0.0", "I64", std::move(shape)}});
  };
  const std::string wanted =
      ", wanted [heads, query blocks, random blocks], the same for every layer and no more blocks than tokens";
  CHECK(blocks({huge, 4, 0}) == "rand_attn.0.0: found shape [1099511627776, 4, 0]" + wanted);
  CHECK(blocks({4, huge, 0}) == "rand_attn.0.0: found shape [4, 1099511627776, 0]" + wanted);
  CHECK(blocks({4, 0, huge}) == "rand_attn.0.0: found shape [4, 0, 1099511627776]" + wanted);
  CHECK(blocks({0, 2, 0}).empty());
  CHECK(blocks({2, 3, 0}).empty());
}

TEST_CASE("an empty text is one text") {
  const detail::verification recorded(directory({{"input_ids.0", "I64", {0}}}));
  CHECK(recorded.sequence(".0").offsets == std::vector<weft::index_t>{0, 0});
}

TEST_CASE("layers whose attention was recorded, and what was never compared") {
  std::vector<recorded_tensor> tensors{{"input_ids.0", "I64", {3}, three}};
  for (const auto* name : {"attn.0.11", "attn.0.2", "attn.0.-1", "attn.0.x", "attn.00.5", "logits.0"})
    tensors.push_back({name, "F32", {1}, one});
  detail::verification recorded(directory(tensors));
  const float value = 1;
  CHECK(recorded.attention_layers(".0") == std::vector<weft::index_t>{2, 11});
  CHECK(recorded.attention_layers(".1").empty());
  recorded.compare("logits.0", &value, 1);
  const auto results = recorded.finish();
  REQUIRE(results.size() == 6);
  CHECK(results[0].within());
  for (std::size_t i = 1; i < results.size(); ++i) CHECK(!results[i].within());
}

TEST_CASE("rows that are not visible can be left out of the comparison of a padded batch") {
  const std::string two_visible("\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24);
  detail::verification recorded(directory({{"padded.input_ids", "I64", {1, 3}, three},
                                           {"padded.attention_mask", "I64", {1, 3}, two_visible},
                                           {"padded.last_hidden", "F32", {1, 3, 1}, one + one + one}}));
  const auto padded = recorded.padded();
  std::vector<float> values{1, 1, 7};
  recorded.compare("padded.last_hidden", values.data(), 3);
  recorded.take_invisible("padded.last_hidden", padded.view(), {values.data(), 3, 1});
  recorded.compare("padded.last_hidden", values.data(), 3);
  values[1] = 7;
  recorded.take_invisible("padded.last_hidden", padded.view(), {values.data(), 3, 1});
  recorded.compare("padded.last_hidden", values.data(), 3);
  REQUIRE(recorded.results.size() == 3);
  CHECK(recorded.results[0].error == 6);
  CHECK(recorded.results[1].error == 0);
  CHECK(recorded.results[2].error == 6);
}

}  // namespace recorded_results_test
