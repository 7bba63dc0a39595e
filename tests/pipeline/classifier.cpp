#include <weft/pipeline/classifier.hpp>

#include <sstream>
#include <weft/memory/thread_pool.hpp>

#include "catch.hpp"
#include "pipeline/files.hpp"

namespace classifier_test {

using namespace weft_test;

struct line {
  std::string gloss, prediction;
  float logit;
};

std::vector<line> test_lines(int count) {
  std::ifstream in(examples() / "classify" / "test.tsv");
  std::string text;
  std::getline(in, text);
  std::vector<line> lines;
  while (static_cast<int>(lines.size()) < count && std::getline(in, text)) {
    std::istringstream fields(text);
    std::string gloss, label, prediction, logit;
    std::getline(fields, gloss, '\t'), std::getline(fields, label, '\t'), std::getline(fields, prediction, '\t');
    std::getline(fields, logit, '\t');
    lines.push_back({gloss, prediction, std::stof(logit)});
  }
  return lines;
}

TEST_CASE("the gloss classifier answers as its reference, alone, in batches and with threads") {
  const auto lines = test_lines(200);
  REQUIRE(lines.size() == 200);
  weft::classifier<gloss_electra> sort(examples() / "classify" / "electra-gloss");
  weft::thread_pool pool(3);
  weft::classifier<gloss_electra> threaded(examples() / "classify" / "electra-gloss",
                                           {.run = pool, .batch_tokens = 300});
  std::vector<std::string> glosses;
  for (const auto& l : lines) glosses.push_back(l.gloss);
  const auto together = sort.all(glosses);
  const auto in_batches = threaded.all(weft::list<const std::string>(glosses).part(0, 100));
  REQUIRE(together.size() == lines.size());
  REQUIRE(in_batches.size() == 100);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto alone = sort(glosses[i]);
    INFO(glosses[i]);
    CHECK(alone.label == lines[i].prediction);
    CHECK(std::abs(alone.logits[static_cast<std::size_t>(alone.index)] - lines[i].logit) < 2e-5f);
    CHECK(alone.logits == together[i].logits);  // to the bit
    if (i < in_batches.size()) CHECK(alone.logits == in_batches[i].logits);
    CHECK(alone.score == together[i].score);
  }
}

TEST_CASE("a classifier of what was read already is the one of the directory") {
  const auto directory = examples() / "classify" / "electra-gloss";
  weft::classifier<gloss_electra> sort(directory);
  const weft::model_source source{weft::configuration::read(directory), weft::checkpoint::open(directory),
                                  weft::read_tokenizer(directory)};
  weft::classifier<gloss_electra> same(source);
  CHECK(same("a soft cheese").logits == sort("a soft cheese").logits);
  CHECK(same.max_length() == 128);
  CHECK_THROWS_AS(weft::classifier<gloss_electra>(source, {.max_length = 129}), weft::error);
}

TEST_CASE("a classifier ranks its labels") {
  weft::classifier<gloss_electra> sort(examples() / "classify" / "electra-gloss");
  CHECK(sort.kind() == weft::score_kind::softmax);
  CHECK(sort.max_length() == 128);
  CHECK(sort.labels().size() == 45);
  const auto two = sort.top("golden retriever", 2);
  REQUIRE(two.size() == 2);
  CHECK(two[0].label == "noun.plant");
  CHECK(two[0].score == Approx(0.48).margin(0.005));
  CHECK(two[1].label == "noun.animal");
  CHECK(two[1].score == Approx(0.30).margin(0.005));
  CHECK(sort("golden retriever").score == two[0].score);
  float sum = 0;
  const auto all_of_them = sort.top("golden retriever", 100);
  for (const auto& r : all_of_them) sum += r.score;
  CHECK(all_of_them.size() == 45);
  CHECK(sum == Approx(1));
}

TEST_CASE("a classifier takes empty texts, long texts, pairs, and nothing") {
  weft::classifier<gloss_electra> sort(examples() / "classify" / "electra-gloss");
  CHECK(sort("").logits.size() == 45);
  CHECK(sort.all(std::vector<std::string>{}).empty());
  std::string text = "a town", longer = "a town";
  for (int i = 0; i < 200; ++i) text += " in Scotland", longer += " in Scotland";
  longer += " and a cheese";
  CHECK(sort(text).logits == sort(longer).logits);  // cut at 128 tokens
  const auto pair = sort("a cheese", "a town");
  CHECK(pair.logits != sort("a cheese a town").logits);
  CHECK(pair.logits == sort.all(std::vector<std::pair<std::string, std::string>>{{"a cheese", "a town"}})[0].logits);
  weft::classifier<gloss_electra> shorter(examples() / "classify" / "electra-gloss", {.max_length = 4});
  CHECK(shorter("a town in Scotland").logits == sort("a town").logits);
  weft::classifier<gloss_electra> strict(examples() / "classify" / "electra-gloss",
                                         {.max_length = 4, .refuse_longer = true});
  CHECK(strict("a town").logits == sort("a town").logits);
  CHECK_THAT(refusal_of([&] { strict("a town in Scotland"); }), mentions("found 6 tokens, wanted at most 4"));
  CHECK_THAT(refusal_of([&] { strict("a", "town"); }), mentions("found 5 tokens"));
}

TEST_CASE("copies of a classifier share its weights and answer alike") {
  const auto sort = std::make_unique<weft::classifier<gloss_electra>>(examples() / "classify" / "electra-gloss");
  auto copy = *sort;
  CHECK(&copy.model() == &sort->model());
  CHECK(copy("a town").logits == (*sort)("a town").logits);
}

TEST_CASE("one label's score is a probability, unless the files name another function") {
  using weft::score_kind;
  const auto kind = [](const std::string& more) {
    return weft::detail::score_kind_of(weft::configuration::parse(R"({"model_type": "bert")" + more + "}", "c.json"));
  };
  const std::string one = R"(, "id2label": {"0": "LABEL_0"})";
  CHECK(kind("") == score_kind::softmax);
  CHECK(kind(one) == score_kind::sigmoid);
  CHECK(kind(one + R"(, "problem_type": "regression")") == score_kind::raw);
  CHECK(kind(R"(, "problem_type": "multi_label_classification")") == score_kind::sigmoid);
  const auto named = [&](const std::string& f) {
    return kind(one + R"(, "sentence_transformers": {"activation_fn": "torch.nn.modules.)" + f + "\"}");
  };
  CHECK(named("linear.Identity") == score_kind::raw);
  CHECK(named("activation.Sigmoid") == score_kind::sigmoid);
  CHECK(refusal_of([&] { named("activation.Tanh"); }) ==
        "c.json: activation_fn: found \"torch.nn.modules.activation.Tanh\", wanted torch's Sigmoid or Identity");
  const std::string old = R"(, "sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity")";
  CHECK(kind(one + old) == score_kind::raw);
  CHECK(kind(old) == score_kind::softmax);
}

TEST_CASE("a regression's score is its value") {
  const auto at = tiny_directory("bert_regression", "regression");
  weft::classifier<tiny_bert> rate(at);
  CHECK(rate.kind() == weft::score_kind::raw);
  const auto r = rate("the cat sat.");
  REQUIRE(r.logits.size() == 1);
  CHECK(r.score == r.logits[0]);
  CHECK(r.label == "LABEL_0");
}

TEST_CASE("several right labels have a probability each") {
  const auto at = tiny_directory("bert_classify2", "multi_label");
  std::ifstream in(at / "config.json");
  std::string config{std::istreambuf_iterator<char>(in), {}};
  in.close();
  config.replace(config.find('{'), 1,
                 R"({"problem_type": "multi_label_classification", "id2label": {"0":"a","1":"b"},)");
  write_file(at / "config.json", config);
  weft::classifier<tiny_bert> sort(at);
  CHECK(sort.kind() == weft::score_kind::sigmoid);
  const auto r = sort("the cat sat.");
  CHECK(r.score == Approx(1 / (1 + std::exp(-r.logits[static_cast<std::size_t>(r.index)]))));
}

TEST_CASE("a classifier refuses in words") {
  const auto load = [](const fs::path& at) { return refusal_of([&] { weft::classifier<tiny_bert>{at}; }); };
  CHECK_THAT(load("no/such/directory"), mentions("no/such/directory"));
  CHECK_THAT(load(empty_directory("empty")), mentions("config.json"));

  const auto mute = tiny_directory("bert_classify2", "mute");
  fs::remove(mute / "vocab.txt");
  CHECK_THAT(load(mute), mentions("neither tokenizer.json nor vocab.txt"));

  // A checkpoint without this head: a masked language model.
  CHECK_THAT(load(tiny_directory("bert_mlm", "headless")), mentions("classifier.weight"));

  const auto foreign = tiny_directory("bert_classify2", "foreign");
  write_vocabulary(foreign, tiny_vocabulary(121));
  CHECK_THAT(load(foreign), mentions("121 tokens") && mentions("at most 120"));

  // Three labels, but no id2label: two are assumed, as the reference does.
  const auto unnamed = tiny_directory("bert_classify2", "unnamed");
  std::ifstream in(unnamed / "config.json");
  std::string config{std::istreambuf_iterator<char>(in), {}};
  in.close();
  config.replace(config.find('{'), 1, R"({"id2label": {"0": "a", "1": "b", "2": "c"},)");
  write_file(unnamed / "config.json", config);
  CHECK_THAT(load(unnamed), mentions("classifier.weight: found [2, 32], wanted [3, 32]"));

  const auto at = tiny_directory("bert_classify2", "lengths");
  CHECK_THAT(refusal_of([&] { weft::classifier<tiny_bert>(at, {.max_length = 65}); }), mentions("max_length"));
}

}  // namespace classifier_test
