#include <weft/pipeline/numeric_loss.hpp>

#include <sstream>
#include <weft/io/as_floats.hpp>
#include <weft/kernel/reference_int8.hpp>
#include <weft/model/ibert.hpp>

#include "catch.hpp"
#include "pipeline/files.hpp"

namespace numeric_loss_test {

using namespace weft_test;
using weft::index_t;
using head = gloss_electra::tasks::sequence_classification;
constexpr weft::ibert_numbers on_whole_numbers{.hidden_size = 24,
                                               .num_attention_heads = 3,
                                               .intermediate_size = 40,
                                               .quant_mode = true,
                                               .layer_norm_eps = {1, -5}};

// What int8 adds to a linear of 128 inputs whose inputs are the rows of a level, by plain loops.
double expected_loss(const fs::path& at, const std::string& name, index_t level,
                     const std::vector<std::string>& texts) {
  constexpr index_t inputs = 128;
  weft::arena store;
  const auto stored = weft::checkpoint::open(at);
  const auto weight = weft::as_floats(*stored.find("electra." + name + ".weight"), store),
             bias = weft::as_floats(*stored.find("electra." + name + ".bias"), store);
  const auto model = weft::load<gloss_electra>(at);
  const auto words = weft::read_tokenizer(at);
  double difference = 0, size = 0;
  const auto see = [&](index_t here, auto rows) {
    for (index_t r = 0; here == level && r < rows.count; ++r)
      for (index_t o = 0; o < bias.size(); ++o) {
        std::uint8_t row[inputs];
        std::int8_t codes[inputs];
        const float *const x = rows.row(r), *const w = weight.data() + o * inputs;
        const auto of_row = weft::reference::int8_row(x, inputs, row);
        const auto column = weft::reference::int8_weights(w, inputs, 8, codes);
        const double coded = weft::reference::int8_value(weft::reference::int8_sum(row, of_row.zero, codes, inputs),
                                                         of_row.scale, column.scale, bias[o]);
        double exact = bias[o];
        for (index_t i = 0; i < inputs; ++i) exact += double{x[i]} * double{w[i]};
        difference += (coded - exact) * (coded - exact), size += exact * exact;
      }
  };
  for (const auto& text : texts) {
    weft::token_batch one;
    one.add(words.encode(text, weft::truncation{.max_length = model.limits().longest()}).ids);
    weft::row_buffer<inputs> out(one.tokens());
    weft::workspace work(model.workspace_bytes(one.size()));
    model.forward(one, out, work, {}, weft::observe_hidden{see});
  }
  return std::sqrt(difference / size);
}

TEST_CASE("what int8 adds to each linear of a model is what plain loops say of the same rows") {
  const auto at = examples() / "classify" / "electra-gloss", folder = empty_directory("numeric_loss");
  const std::vector<std::string> texts{"a large feline of the savanna", "move through water with one's arms"};
  write_file(folder / "lines", texts[0] + "\n\r\n\n" + texts[1] + "\r\n");
  const auto report = weft::numeric_losses<weft::int8<>, gloss_electra, head>(at, folder / "lines");
  CHECK(report.texts == 2);
  CHECK(report.tokens > 12);
  REQUIRE(report.linears.size() == 4 * 6 + 2);
  const auto& first = report.linears.front();
  CHECK(first.name == "encoder.layer.0.attention.self.query");
  CHECK(first.rows == report.tokens);
  CHECK(first.relative() == Approx(expected_loss(at, first.name, 0, texts)).epsilon(1e-3));
  const auto& key = report.linears[3 * 6 + 1];
  CHECK(key.name == "encoder.layer.3.attention.self.key");
  CHECK(key.relative() == Approx(expected_loss(at, key.name, 3, texts)).epsilon(1e-3));
  CHECK(report.linears[5].name == "encoder.layer.0.output.dense");
  CHECK(report.linears[24].name == "head.classifier.dense");
  CHECK(report.linears[25].name == "head.classifier.out_proj");
  for (const auto& one : report.linears) {
    INFO(one.name);
    CHECK(one.relative() > 1e-4);
    CHECK(one.relative() < 0.1);
  }
  // Seven bits lose more, everywhere.
  std::ostringstream said;
  CHECK(weft::numeric_losses_and_print<weft::int8<7>, gloss_electra>(at, folder / "lines", said) == 0);
  CHECK_THAT(said.str(), mentions("over 2 texts, " + std::to_string(report.tokens) +
                                  " tokens:\n"
                                  "encoder.layer.0.attention.self.query   "));
  const auto seven = weft::numeric_losses<weft::int8<7>, gloss_electra>(at, folder / "lines");
  REQUIRE(seven.linears.size() == 24);
  for (std::size_t i = 0; i < 24; ++i) CHECK(seven.linears[i].relative() > report.linears[i].relative());
}

TEST_CASE("losses of a file without text, or of a model on whole numbers, are refused") {
  const auto at = examples() / "classify" / "electra-gloss", folder = empty_directory("numeric_loss_refused");
  write_file(folder / "empty", "");
  write_file(folder / "lines", "\n\r\n\n");
  const auto said = [&](const char* name) {
    return refusal_of([&] { weft::numeric_losses<weft::int8<>, gloss_electra>(at, folder / name); });
  };
  CHECK_THAT(said("empty"), mentions("found an empty file"));
  CHECK_THAT(said("lines"), mentions("lines: found no text, wanted a text a line"));
  CHECK_THAT(refusal_of([&] {
               weft::numeric_losses<weft::int8<>, weft::ibert_of<on_whole_numbers>>(data() / "models" / "ibert_integer",
                                                                                    folder / "lines");
             }),
             mentions("found a model that does not compute in float32"));
}

}  // namespace numeric_loss_test
