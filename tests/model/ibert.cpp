// I-BERT on whole numbers: every recorded whole number, bit for bit, alone and beside others, on one worker and two.
#include <weft/io/load.hpp>
#include <weft/model/ibert.hpp>

#include <fstream>
#include <limits>
#include <map>
#include <mutex>
#include <sstream>
#include <weft/io/expected_parameters.hpp>
#include <weft/io/safetensors.hpp>
#include <weft/verify/verify.hpp>

#include "catch.hpp"
#include "changed_weights.hpp"
#include "one_at_a_time.hpp"
#include "refusal.hpp"
#include "temporary_folder.hpp"

namespace {

using weft::index_t;

constexpr weft::ibert_numbers numbers{.hidden_size = 24,
                                      .num_attention_heads = 3,
                                      .intermediate_size = 40,
                                      .quant_mode = true,
                                      .layer_norm_eps = {1, -5}};
constexpr weft::ibert_numbers with(weft::forced_float forced) {
  auto n = numbers;
  n.force_dequant = forced;
  return n;
}
constexpr weft::ibert_numbers narrow() {
  auto n = numbers;
  n.hidden_size = 16, n.num_attention_heads = 2;
  return n;
}

// What an observer sees, site by site: layer and site, then row and column.
struct whole_numbers {
  std::map<std::string, std::map<std::pair<index_t, index_t>, std::int64_t>> seen;
  std::mutex mutex;
  void whole(index_t layer, std::string_view site, index_t row, index_t column, std::int64_t value) {
    const std::lock_guard one_worker(mutex);
    const auto name = (layer < 0 ? "" : std::to_string(layer) + ".") + std::string(site);
    const bool once = seen[name].emplace(std::pair(row, column), value).second;
    if (!once) FAIL(name << " shows row " << row << ", column " << column << " twice");
  }
};

// A recorded tensor of whole numbers of any type.
std::vector<std::int64_t> recorded(const weft::stored_tensor& t) {
  std::vector<std::int64_t> all;
  const auto read = [&]<class T>(T one) {
    for (index_t i = 0; i < t.count(); ++i) {
      std::memcpy(&one, t.bytes.data() + i * static_cast<index_t>(sizeof one), sizeof one);
      all.push_back(std::int64_t{one});
    }
  };
  if (t.type == weft::dtype::i8) read(std::int8_t{});
  if (t.type == weft::dtype::u8) read(std::uint8_t{});
  if (t.type == weft::dtype::i32) read(std::int32_t{});
  if (t.type == weft::dtype::i64) read(std::int64_t{});
  return all;
}

// Compares all that was recorded of one sequence whose rows begin at `first`; returns how many numbers.
index_t compare(const weft::safetensors& file, index_t number, index_t first, index_t length,
                const whole_numbers& found) {
  index_t count = 0;
  const auto before = "int." + std::to_string(number) + ".";
  for (const auto& t : file) {
    if (t.name.compare(0, before.size(), before) != 0) continue;
    const auto site = t.name.substr(before.size());
    const auto wanted = recorded(t);
    const bool by_head = t.shape.size() == 3;  // [heads, queries, keys]
    INFO(t.name);
    REQUIRE(found.seen.count(site) == 1);
    const auto& of_site = found.seen.at(site);
    index_t differ = 0;
    const auto columns = t.shape.back();
    for (index_t i = 0; i < static_cast<index_t>(wanted.size()); ++i) {
      const auto row = by_head ? i / columns % length : i / columns;
      const auto column = by_head ? i / columns / length * length + i % columns : i % columns;
      const auto at = of_site.find({first + row, column});
      differ += at == of_site.end() || at->second != wanted[static_cast<std::size_t>(i)];
    }
    CHECK(differ == 0);
    count += static_cast<index_t>(wanted.size());
  }
  return count;
}

template <class Spec>
void check(const std::string& name, index_t sequences, index_t least) {
  const auto directory = std::filesystem::path(WEFT_TEST_DATA) / "models" / name;
  const auto model = weft::load<Spec>(directory);
  const auto file = weft::safetensors::open(directory / "expected.safetensors");
  const auto run = [&](const weft::batch& in, auto& observer, weft::executor pool) {
    weft::workspace work(model.workspace_bytes(in.size(), pool.workers()));
    weft::row_buffer<Spec::shape.width> out(in.tokens());
    model.forward(in, out, work, pool, observer);
    return std::vector<float>(out.data(), out.data() + in.tokens() * Spec::shape.width);
  };
  weft::token_batch all;
  std::vector<float> one_by_one;
  index_t compared = 0;
  for (index_t i = 0; i < sequences; ++i) {
    std::vector<std::int32_t> ids;
    for (const auto id : recorded(*file.find("input_ids." + std::to_string(i))))
      ids.push_back(static_cast<std::int32_t>(id));
    weft::token_batch one;
    one.add(ids), all.add(ids);
    whole_numbers found;
    const auto rows = run(one, found, {});
    one_by_one.insert(one_by_one.end(), rows.begin(), rows.end());
    compared += compare(file, i, 0, one.tokens(), found);
  }
  CHECK(compared >= least);
  // All at once, on one worker and two: the same whole numbers, and the same bits behind them.
  weft_test::one_at_a_time pool;
  for (const weft::executor executor : {weft::executor{}, weft::executor{pool}}) {
    whole_numbers found;
    CHECK(run(all, found, executor) == one_by_one);
    index_t first = 0, again = 0;
    for (index_t i = 0; i < sequences; ++i) {
      const auto length = all.view().length(i);
      again += compare(file, i, first, length, found);
      first += length;
    }
    CHECK(again == compared);
  }
}

}  // namespace

TEST_CASE("I-BERT's whole numbers are those of the reference, bit for bit") {
  check<weft::ibert_of<numbers>>("ibert_integer", 4, 8424);
  check<weft::ibert_of<numbers>>("ibert_integer_classify", 2, 3000);
  check<weft::ibert_of<narrow()>>("ibert_integer_negative_gains", 1, 3000);
}

TEST_CASE("I-BERT's whole numbers around operations that are forced into floating point") {
  using weft::forced_float;
  check<weft::ibert_of<with(forced_float::gelu)>>("ibert_integer_float_gelu", 1, 1000);
  check<weft::ibert_of<with(forced_float::softmax)>>("ibert_integer_float_softmax", 1, 1000);
  check<weft::ibert_of<with(forced_float::layernorm)>>("ibert_integer_float_layernorm", 1, 1000);
}

TEST_CASE("I-BERT leaves keys out that are not visible") {
  using spec = weft::ibert_of<numbers>;
  const auto model = weft::load<spec>(std::filesystem::path(WEFT_TEST_DATA) / "models" / "ibert_integer");
  const std::vector<std::int32_t> ids{0, 7, 9, 33, 2, 1, 1, 1, 0, 50, 2};  // five tokens and their padding, then three
  const auto run = [&](const weft::batch& in) {
    weft::workspace work(model.workspace_bytes(in.size()));
    weft::row_buffer<24> out(in.tokens());
    model.forward(in, out, work);
    return std::vector<float>(out.data(), out.data() + in.tokens() * 24);
  };
  const std::vector<index_t> offsets{0, 8, 11}, visible{5, 3}, alone{0, 5}, three{0, 3};
  const auto padded = run({ids, {}, offsets, visible});
  const auto unpadded = run({weft::list<const std::int32_t>(ids).part(0, 5), {}, alone, {}});
  CHECK(std::equal(unpadded.begin(), unpadded.end(), padded.begin()));
  const auto seen = run({ids, {}, offsets, {}});
  CHECK(!std::equal(unpadded.begin(), unpadded.end(), seen.begin()));
  const auto last = run({weft::list<const std::int32_t>(ids).part(8, 11), {}, three, {}});
  CHECK(std::equal(last.begin(), last.end(), padded.begin() + 8 * 24));
}

namespace {

namespace fs = std::filesystem;
using on_gelu = weft::ibert_of<with(weft::forced_float::gelu)>;

// What is said of a copy of a checkpoint with one value in it, or one word of its configuration, changed.
std::string said_of(const std::string& tensor, float value, const std::string& word = "", const std::string& by = "") {
  const auto at = weft_test::temporary_folder() / "ibert";
  fs::remove_all(at);
  fs::copy(fs::path(WEFT_TEST_DATA) / "models" / "ibert_integer_float_gelu", at);
  if (!tensor.empty()) weft_test::change_weights(at / "model.safetensors", tensor, value, 0, 1);
  if (!word.empty()) {
    std::string text(weft::mapped_file::open(at / "config.json")->text());
    text.replace(text.find(word), word.size(), by);
    std::ofstream(at / "config.json") << text;
  }
  return refusal_of([&] { weft::load<on_gelu>(at); });
}

}  // namespace

TEST_CASE("what I-BERT's checkpoints cannot mean is refused by name") {
  CHECK(said_of("", 0).empty());
  const std::string layer = "encoder.layer.0.";
  const auto range = layer + "attention.self.query_activation.x_m";
  CHECK_THAT(said_of(range + "ax", std::numeric_limits<float>::quiet_NaN()), mentions("query_activation.x_max"));
  CHECK_THAT(said_of(range + "in", -std::numeric_limits<float>::infinity()), mentions("query_activation.x_min"));
  CHECK_THAT(said_of(range + "in", 1e9f), mentions("query_activation.x_min\": found more than x_max"));
  const auto shift = layer + "output.LayerNorm.shift";
  for (const float wrong : {-1.0f, 2.5f, 32.0f})
    CHECK_THAT(said_of(shift, wrong),
               mentions("output.LayerNorm.shift\": found a shift that is no whole number from 0"));
  CHECK_THAT(said_of(layer + "attention.output.LayerNorm.weight", 0),
             mentions("attention.output.LayerNorm.weight\": found a gain of 0"));
  CHECK_THAT(said_of(layer + "attention.self.softmax.act.x_max", 1e30f),
             mentions("layer 0: attention.self.softmax: found a range of exponentials in which they are all 0"));
  CHECK_THAT(said_of("", 0, "\"gelu\",\n  \"hidden_dropout", "\"relu\",\n  \"hidden_dropout"), mentions("hidden_act"));
  CHECK_THAT(said_of("", 0, "\"force_dequant\": \"gelu\"", "\"force_dequant\": \"all\""), mentions("force_dequant"));
  CHECK_THAT(said_of("", 0, "\"force_dequant\": \"gelu\"", "\"force_dequant\": \"softmax\""),
             mentions("force_dequant: found \"softmax\", wanted \"gelu\""));
  CHECK_THAT(said_of("", 0, "\"quant_mode\": true", "\"quant_mode\": \"yes\""), mentions("quant_mode"));
  CHECK_THAT(said_of("", 0, "\"quant_mode\": true", "\"quant_mode\": false"),
             mentions("quant_mode: found false, wanted true"));
}

TEST_CASE("before its type is compiled, the same of a checkpoint's values is said") {
  const auto at = weft_test::temporary_folder() / "ibert";  // as said_of leaves it
  const auto before = [&] {
    const auto c = weft::configuration::read(at);
    return refusal_of([&] { (void)weft::check_tensors<on_gelu>(weft::checkpoint::open(at), c); });
  };
  CHECK(said_of("", 0).empty());
  CHECK(before().empty());
  const std::string layer = "encoder.layer.0.", range = layer + "attention.self.query_activation.x_m";
  const std::pair<std::string, float> changes[]{{range + "in", 1e9f},
                                                {layer + "output.LayerNorm.shift", -1.0f},
                                                {layer + "output.LayerNorm.shift", 2.5f},
                                                {layer + "attention.output.LayerNorm.weight", 0.0f}};
  for (const auto& [tensor, value] : changes) {
    const auto said = said_of(tensor, value);
    CHECK_THAT(said, mentions("tensor \"" + tensor));
    CHECK(before() == said);
  }
}

TEST_CASE("a model that was never calibrated is refused") {
  const auto models = fs::path(WEFT_TEST_DATA) / "models";
  CHECK_THAT(refusal_of([&] {
               weft::load<weft::ibert_of<weft::ibert_numbers{.hidden_size = 32,
                                                             .num_attention_heads = 4,
                                                             .intermediate_size = 48,
                                                             .quant_mode = true,
                                                             .layer_norm_eps = {1, -5}}>>(
                   weft::checkpoint::open(models / "ibert_float"),
                   weft::configuration::parse(R"({"model_type": "ibert", "hidden_size": 32, "num_attention_heads": 4,
                     "num_hidden_layers": 2, "intermediate_size": 48, "quant_mode": true, "layer_norm_eps": 1e-05,
                     "max_position_embeddings": 64, "type_vocab_size": 1, "vocab_size": 110})",
                                              "config.json"));
             }),
             mentions("found the range of a model that was never calibrated"));
}

namespace {

// Writes `byte` over number `place` of a recorded tensor of bytes.
void change_recorded(const fs::path& file, const std::string& tensor, index_t place, std::int8_t byte) {
  std::ptrdiff_t at = 0;
  {
    const auto mapped = weft::mapped_file::open(file);
    const auto stored = weft::safetensors::parse(mapped->bytes(), file.string());
    at = stored.find(tensor)->bytes.data() - mapped->bytes().data();
  }
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(at + place).write(reinterpret_cast<const char*>(&byte), 1);
}

}  // namespace

TEST_CASE("verify compares I-BERT's whole numbers bit for bit, and names one that differs") {
  const auto at = weft_test::temporary_folder() / "ibert_verified";
  fs::remove_all(at);
  const auto from = fs::path(WEFT_TEST_DATA) / "models" / "ibert_integer_float_gelu";
  fs::copy(from, at);
  const auto said = [&](int code) {
    std::ostringstream out;
    CHECK(weft::verify_and_print<on_gelu>(at, out) == code);
    return out.str();
  };
  const auto file = weft::safetensors::open(from / "expected.safetensors");
  index_t recorded_sites = 0, recorded_numbers = 0;
  for (const auto& t : file)
    if (t.name.starts_with("int.")) ++recorded_sites, recorded_numbers += t.count();
  index_t sites = 0, compared = 0;
  for (const auto& r : weft::verify<on_gelu>(at)) {
    if (!r.name.starts_with("int.")) continue;
    CHECK((r.error == 0 && r.first.empty() && r.within()));
    ++sites, compared += r.whole;
  }
  CHECK(sites == recorded_sites);
  CHECK(compared == recorded_numbers);
  CHECK(compared > 1000);
  const auto all = std::to_string(compared), same = "whole numbers: " + all + " of " + all + " equal\n";
  CHECK_THAT(said(0), mentions(same));

  REQUIRE(file.find("int.0.0.key"));
  const auto& key = *file.find("int.0.0.key");
  const auto columns = key.shape.back();
  const auto value = static_cast<std::int8_t>(recorded(key)[static_cast<std::size_t>(2 * columns + 5)]);
  const auto other = static_cast<std::int8_t>(value > 0 ? value - 1 : value + 1);
  change_recorded(at / "expected.safetensors", "int.0.0.key", 2 * columns + 5, other);
  const auto count = key.count();
  const auto sentence = said(1);
  CHECK_THAT(sentence, mentions("int.0.0.key"));
  CHECK_THAT(sentence, mentions(std::to_string(count - 1) + " of " + std::to_string(count) +
                                " equal  DIFFERENT, first at row 2, column 5: " + std::to_string(value) +
                                ", recorded as " + std::to_string(other) + "\n"));
  CHECK_THAT(sentence, mentions("whole numbers: " + std::to_string(compared - 1) + " of " + all + " equal\n"));

  // Probabilities, [heads, tokens, tokens]: the second head's.
  const auto& probabilities = *file.find("int.0.0.probabilities");
  REQUIRE(probabilities.shape.size() == 3);
  const auto tokens = probabilities.shape[2];
  const auto place = tokens * tokens + tokens + 1;
  const auto shown = recorded(probabilities)[static_cast<std::size_t>(place)];
  change_recorded(at / "expected.safetensors", "int.0.0.probabilities", place, static_cast<std::int8_t>(shown ? 0 : 1));
  CHECK_THAT(said(1), mentions("DIFFERENT, first at row 1, column " + std::to_string(tokens + 1) + ": " +
                               std::to_string(shown) + ", recorded as " + (shown ? "0" : "1")));
}
