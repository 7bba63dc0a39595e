#include <weft/pipeline/reranker.hpp>

#include <cmath>

#include "catch.hpp"
#include "pipeline/recorded.hpp"

namespace reranker_test {

using namespace weft_test;

const std::string regression = "\"problem_type\": \"regression\",";
const std::string identity = R"("sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity",)";

// Puts other keys in the place of a recorded checkpoint's problem type.
void change_keys(const fs::path& at, const std::string& keys) {
  std::ifstream in(at / "config.json");
  std::string config{std::istreambuf_iterator<char>(in), {}};
  in.close();
  config.replace(config.find(regression), regression.size(), keys);
  write_file(at / "config.json", config);
}
fs::path one_label(const std::string& name, const std::string& keys) {
  const auto at = tiny_directory("bert_regression", name);
  change_keys(at, keys);
  return at;
}

TEST_CASE("a reranker's scores are those of the pairs, by the sigmoid or as they are") {
  const std::vector<std::string> texts{"a red house", "the cat sat on the mat.", "", "who?", "where is the dog?"};
  weft::classifier<tiny_bert> pairs(one_label("rerank_pairs", regression));
  weft::reranker<tiny_bert> raw(one_label("rerank_raw", identity)), rank(one_label("rerank", ""));
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

TEST_CASE("a cross-encoder's scores are those of sentence-transformers, whichever of its files names the function") {
  auto all = recorded_sentence_transformers();
  const weft::detail::json_scope scope(all);
  CHECK(all.at("cross_encoders").size() == 8);
  for (const auto& one : all.at("cross_encoders")) {
    INFO(one.at("name"));
    const auto at = recorded_directory(one, "bert_regression", "cross_encoder");
    std::string keys = one.at("config").dump().substr(1);
    keys.back() = keys.size() > 1 ? ',' : ' ';
    change_keys(at, keys);
    weft::reranker<tiny_bert> rank(at);
    for (std::size_t i = 0; i < all.at("pairs").size(); ++i) {
      const auto pair = all["pairs"][i].get<std::vector<std::string>>();
      CHECK(rank.scores(pair[0], {pair[1]}).front() == Approx(one.at("scores")[i].get<float>()).margin(1e-5));
    }
  }
}

TEST_CASE("what a cross-encoder's files say beside that is obeyed or refused by name") {
  const std::string text = "the cat sat on the mat and who sat in the red house";
  const auto with = [&](const std::string& file, const std::string& content) {
    const auto at = one_label("cross_encoder_files", "");
    write_file(at / "config_sentence_transformers.json", R"({"model_type": "CrossEncoder"})");
    write_file(at / file, content);
    return at;
  };
  const auto refused = [&](const std::string& file, const std::string& content) {
    const auto at = with(file, content);
    return refusal_of([&] { weft::reranker<tiny_bert>{at}; });
  };
  const auto own = [](const std::string& keys) { return R"({"model_type": "CrossEncoder", )" + keys + "}"; };
  const std::string main = "config_sentence_transformers.json";
  CHECK(weft::reranker<tiny_bert>(with("sentence_bert_config.json", R"({"max_seq_length": 9})")).max_length() == 9);
  CHECK(weft::reranker<tiny_bert>(with("sentence_bert_config.json", R"({"max_seq_length": 9})"), {.max_length = 12})
            .max_length() == 12);
  CHECK_THAT(refused("sentence_bert_config.json", R"({"do_lower_case": true})"),
             mentions("sentence_bert_config.json: do_lower_case: found true, wanted no such key"));
  CHECK_THAT(refused("sentence_bert_config.json", R"({"transformer_task": "text-generation"})"),
             mentions("transformer_task: found \"text-generation\", wanted sequence-classification"));
  CHECK_THAT(refused(main, own(R"("activation_fn": "torch.nn.modules.activation.Tanh")")),
             mentions("sentence_transformers.json: activation_fn: found \"torch.nn.modules.activation.Tanh\""));
  CHECK_THAT(refused(main, own(R"("default_prompt_name": "query")")), mentions("default_prompt_name: found \"query\""));
  CHECK_THAT(refused(main, own(R"("other": 1)")), mentions("other: found 1, wanted no such key"));
  CHECK_THAT(
      refused("modules.json", R"([{"type": "a.Transformer", "path": ""}, {"type": "a.LogitScore", "path": "1"}])"),
      mentions("modules.json: modules: found \"a.LogitScore\", wanted a Transformer alone"));
  CHECK_THAT(refused("modules.json", R"([{"type": "a.Transformer", "path": "0"}])"), mentions("its files in \"0\""));
  CHECK_THAT(refused("modules.json", "[]"), mentions("modules: found an array of 0 values"));
}

TEST_CASE("a model of two labels ranks nothing") {
  const auto at = tiny_directory("bert_classify2", "two_labels");
  CHECK_THAT(refusal_of([&] { weft::reranker<tiny_bert>{at}; }), mentions("id2label: found 2 labels, wanted one"));
}

}  // namespace reranker_test
