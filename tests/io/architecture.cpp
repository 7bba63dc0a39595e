#include <weft/io/architecture.hpp>

#include "catch.hpp"

namespace architecture_test {

std::optional<std::vector<std::string_view>> tasks(const std::string& family, const std::string& architectures) {
  return weft::tasks_of(
      weft::configuration::parse("{\"model_type\": \"" + family + "\", \"architectures\": " + architectures + "}"));
}
using names = std::vector<std::string_view>;

TEST_CASE("a class names its heads, by family where the families differ") {
  CHECK(tasks("bert", R"(["BertForMaskedLM"])") == names{"masked_lm"});
  CHECK(tasks("bert", R"(["BertForPreTraining"])") == names{"masked_lm", "next_sentence"});
  CHECK(tasks("electra", R"(["ElectraForPreTraining"])") == names{"replaced_token_detection"});
  CHECK(tasks("bert", R"(["BertModel"])") == names{});
  CHECK(tasks("bert", "[]") == names{});
  CHECK(tasks("bert", R"(["Contriever"])") == names{});
  CHECK(tasks("bert", R"(["HF_ColBERT"])") == names{});
  CHECK(tasks("dpr", R"(["DPRQuestionEncoder"])") == names{});
  CHECK(!tasks("dpr", R"(["DPRReader"])"));
  CHECK(tasks("camembert", R"(["CamembertForTokenClassification"])") == names{"token_classification"});
  CHECK(tasks("ernie", R"(["ErnieForPreTraining"])") == names{"masked_lm", "next_sentence"});
  CHECK(!tasks("electra", R"(["ElectraForNextSentencePrediction"])"));
  CHECK(!tasks("bert", R"(["BertForSomethingElse"])"));
  CHECK(!tasks("albert", R"(["AlbertForPreTraining"])"));
  CHECK(!tasks("roberta", R"(["RobertaForNextSentencePrediction"])"));
}

}  // namespace architecture_test
