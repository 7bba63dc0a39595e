// What the configuration of a written model says.
#include <weft/io/write_model.hpp>

#include "catch.hpp"

namespace write_model_test {

nlohmann::json written(const std::string& model_type, const std::string& name) {
  const auto text = R"({"model_type": ")" + model_type + R"(", "architectures": [")" + name + R"("], "vocab_size": 9})";
  return nlohmann::json::parse(
      weft::classifier_configuration(weft::configuration::parse(text, "config.json"), {"no", "yes"}));
}

TEST_CASE("a written classifier has its labels, and the class that reads it") {
  const auto bert = written("bert", "BertForMaskedLM");
  CHECK(bert["architectures"][0] == "BertForSequenceClassification");
  CHECK(bert["id2label"]["1"] == "yes");
  CHECK(bert["label2id"]["no"] == 0);
  CHECK(bert["problem_type"] == "single_label_classification");
}

TEST_CASE("a written model whose tensors have its family's names is one of its family") {
  // ErnieModel looks for "ernie.encoder...", and would begin anew where it finds "bert.encoder...".
  const auto ernie = written("ernie", "ErnieForMaskedLM");
  CHECK(ernie["model_type"] == "bert");
  CHECK(ernie["architectures"][0] == "BertForSequenceClassification");
  // CamembertModel's tensors have RoBERTa's names.
  const auto camembert = written("camembert", "CamembertModel");
  CHECK(camembert["model_type"] == "camembert");
  CHECK(camembert["architectures"][0] == "CamembertForSequenceClassification");
}

}  // namespace write_model_test
