#include <weft/pipeline/reranker.hpp>

#include <cmath>

#include "catch.hpp"
#include "pipeline/files.hpp"

namespace reranker_test {

using namespace weft_test;

// A recorded checkpoint of one label, with the problem type or without.
fs::path one_label(const std::string& name, bool regression) {
  const auto at = tiny_directory("bert_regression", name);
  if (regression) return at;
  std::ifstream in(at / "config.json");
  std::string config{std::istreambuf_iterator<char>(in), {}};
  in.close();
  const std::string said = "\"problem_type\": \"regression\",";
  config.erase(config.find(said), said.size());
  write_file(at / "config.json", config);
  return at;
}

TEST_CASE("a reranker's scores are those of the pairs, by the sigmoid or as they are") {
  const std::vector<std::string> texts{"a red house", "the cat sat on the mat.", "", "who?", "where is the dog?"};
  weft::classifier<tiny_bert> pairs(one_label("rerank_pairs", true));
  weft::reranker<tiny_bert> raw(one_label("rerank_raw", true)), rank(one_label("rerank", false));
  CHECK(raw.kind() == weft::score_kind::raw);
  CHECK(rank.kind() == weft::score_kind::sigmoid);
  const auto values = raw.scores("the cat", texts), scores = rank.scores("the cat", texts);
  REQUIRE(scores.size() == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK(values[i] == pairs("the cat", texts[i]).logits[0]);  // to the bit
    CHECK(scores[i] == Approx(1 / (1 + std::exp(-values[i]))));
  }
  const auto best = rank("the cat", texts, 3);
  REQUIRE(best.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(best[i].score == scores[static_cast<std::size_t>(best[i].row)]);
  CHECK(best[0].score == *std::max_element(scores.begin(), scores.end()));
  CHECK(best[0].score >= best[1].score);
  CHECK(best[1].score >= best[2].score);
  CHECK(rank("the cat", texts, 100).size() == texts.size());
  CHECK(rank("the cat", {"a dog", "a dog"}, 2)[0].row == 0);  // of equals the earlier
  CHECK(rank("the cat", std::vector<std::string>(), 2).empty());
}

TEST_CASE("a model of two labels ranks nothing") {
  const auto at = tiny_directory("bert_classify2", "two_labels");
  CHECK_THAT(refusal_of([&] { weft::reranker<tiny_bert>{at}; }), mentions("id2label: found 2 labels, wanted one"));
}

}  // namespace reranker_test
