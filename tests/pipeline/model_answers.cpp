// Recorded weights of ModernBERT and DeBERTa with tokenizers of their classes: what transformers answers.
#include <weft/io/json.hpp>
#include <weft/model/deberta_v2.hpp>
#include <weft/model/modernbert.hpp>
#include <weft/pipeline/classifier.hpp>
#include <weft/pipeline/embedder.hpp>
#include <weft/pipeline/fill_mask.hpp>

#include "catch.hpp"
#include "pipeline/files.hpp"

namespace model_answers_test {

using namespace weft_test;
using json = nlohmann::json;

struct small_modernbert
    : weft::modernbert_of<weft::modernbert_numbers{
          .hidden_size = 32, .num_attention_heads = 4, .intermediate_size = 40, .local_attention = 16}> {};
struct small_deberta
    : weft::deberta_v2_of<weft::deberta_v2_numbers{.hidden_size = 32,
                                                   .num_attention_heads = 4,
                                                   .intermediate_size = 48,
                                                   .relative_attention = true,
                                                   .pos_att_type = 0b11,
                                                   .position_buckets = 16,
                                                   .share_att_key = true,
                                                   .norm_rel_ebd = weft::deberta_table_norm::layer_norm,
                                                   .position_biased_input = false,
                                                   .max_position_embeddings = 64}> {};

// A directory of a recorded checkpoint and a tokenizer.
fs::path model_with(const std::string& tokenizer, const std::string& checkpoint) {
  const auto at = empty_directory("answers_" + tokenizer);
  for (const char* file : {"config.json", "model.safetensors"})
    fs::copy_file(data() / "models" / checkpoint / file, at / file);
  for (const char* file : {"tokenizer.json", "tokenizer_config.json"})
    fs::copy_file(data() / "pipelines" / tokenizer / file, at / file);
  return at;
}

std::vector<json> answers_of(const std::string& name) {
  std::ifstream in(data() / "pipelines" / name / "answers.jsonl");
  std::vector<json> all;
  for (std::string line; std::getline(in, line);) all.push_back(json::parse(line));
  return all;
}

TEST_CASE("ModernBERT's vectors and words for masks are transformers'") {
  const auto at = model_with("modernbert", "modernbert_mlm");
  write_file(at / "modules.json",
             R"([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
                 {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])");
  write_file(at / "1_Pooling" / "config.json", R"({"word_embedding_dimension": 32, "pooling_mode_mean_tokens": true})");
  weft::embedder<small_modernbert> embed(at);
  weft::fill_mask<small_modernbert> fill(at);
  std::size_t vectors = 0, masks = 0;
  for (const auto& line : answers_of("modernbert")) {
    const auto text = line["text"].get<std::string>();
    INFO(text);
    if (line.contains("mean")) {
      const auto vector = embed(text);
      REQUIRE(vector.size() == 32);
      for (std::size_t i = 0; i < vector.size(); ++i)
        CHECK(vector[i] == Approx(line["mean"][i].get<double>()).margin(4e-5));
      ++vectors;
      continue;
    }
    const auto filled = fill(text, 3);
    REQUIRE(filled.size() == line["guesses"].size());
    for (std::size_t m = 0; m < filled.size(); ++m, ++masks)
      for (std::size_t i = 0; i < 3; ++i) {
        CHECK(filled[m].guesses[i].id == line["guesses"][m][i][0].get<int>());
        CHECK(filled[m].guesses[i].score == Approx(line["guesses"][m][i][1].get<double>()).epsilon(1e-4));
      }
  }
  CHECK(vectors == 6);
  CHECK(masks == 4);
}

TEST_CASE("DeBERTa's classes are transformers'") {
  weft::classifier<small_deberta> sort(model_with("deberta", "deberta_v3_classify"));
  const auto answers = answers_of("deberta");
  REQUIRE(answers.size() == 6);
  for (const auto& line : answers) {
    const auto answer = sort(line["text"].get<std::string>());
    INFO(line.dump());
    CHECK(answer.label == line["label"].get<std::string>());
    for (std::size_t i = 0; i < answer.logits.size(); ++i)
      CHECK(answer.logits[i] == Approx(line["logits"][i].get<double>()).margin(2e-5));
  }
}

TEST_CASE("texts are longer than a configuration says where no table of positions ends there, and are asked for") {
  const auto at = model_with("deberta", "deberta_v3_classify");
  weft::classifier<small_deberta> plain(at), longer(at, {.max_length = 100, .refuse_longer = true});
  CHECK(plain.max_length() == 32);  // as the tokenizer says
  CHECK(longer.max_length() == 100);
  const auto text = answers_of("deberta").front()["text"].get<std::string>();
  CHECK(longer(text).logits == plain(text).logits);

  std::string repeated = text;
  while (longer.tokenizer().encode(repeated + " " + text).size() <= 100) repeated += " " + text;
  const auto e = longer.tokenizer().encode(repeated);
  REQUIRE(e.size() > 64);
  const auto model = weft::load<small_deberta, small_deberta::tasks::sequence_classification>(
      weft::checkpoint::open(at), weft::configuration::read(at), {.positions = 100});
  weft::token_batch batch;
  batch.add(e.ids);
  std::vector<float> logits(static_cast<std::size_t>(model.output_width()));
  weft::workspace work(model.workspace_bytes(batch.size()));
  model.forward(batch, weft::matrix<float>{logits.data(), 1, model.output_width()}, work);
  CHECK(longer(repeated).logits == logits);
  CHECK_THAT(refusal_of([&] { weft::classifier<small_deberta>(at, {.max_length = weft::index_t{1} << 62}); }),
             mentions("at most 16777216"));
}

}  // namespace model_answers_test
