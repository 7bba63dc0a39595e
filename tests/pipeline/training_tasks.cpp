// What fine_tuner learns beside the sorting of texts: numbers, labels of words, answers; and how files say it.
#include <fstream>
#include <weft/pipeline/answer.hpp>
#include <weft/pipeline/classifier.hpp>
#include <weft/pipeline/estimate_values.hpp>
#include <weft/pipeline/find_answers.hpp>
#include <weft/pipeline/fine_tuner.hpp>
#include <weft/pipeline/tag_words.hpp>
#include <weft/pipeline/tagger.hpp>
#include <weft/program/train_request.hpp>

#include "catch.hpp"
#include "pipeline/files.hpp"
#include "refusal.hpp"

namespace training_tasks_test {

using namespace weft_test;
using weft::index_t;

// A tiny BERT with fresh weights, and its vocabulary.
struct learner {
  fs::path at = tiny_directory("bert_mlm", "training_tasks");
  weft::model_source source() const {
    return {weft::configuration::read(at), weft::checkpoint::open(at), weft::read_tokenizer(at)};
  }
  weft::labelled_texts read(const char* name, const std::string& content, const weft::labelled_columns& columns) const {
    write_file(at / name, content);
    return weft::read_labelled_texts(at / name, columns);
  }
  template <class Task>
  weft::fine_tuning_score learn(const weft::labelled_texts& texts, weft::fine_tuning_options how, const char* out) {
    how.new_head = true, how.dropout = 0, how.warm_up = 0;
    weft::fine_tuner<tiny_bert, Task> tune(source(), texts, how);
    while (!tune.done()) tune.step();
    if (out) tune.save(at / out, at);
    return tune.judge(texts);
  }
};

TEST_CASE("numbers of texts are learnt, and classifiers answer with them") {
  learner with;
  const auto texts = with.read("values.jsonl",
                               "{\"text\": \"the cat sat\", \"a\": 0.25, \"b\": 1}\n"
                               "{\"text\": \"who sat on the mat?\", \"a\": 0.75, \"b\": 0}\n"
                               "{\"text\": \"a red house\", \"a\": 0.5, \"b\": 0.5}\n",
                               {.targets = {"a", "b"}});
  REQUIRE(texts.all.size() == 3);
  CHECK(texts.all[1].targets == std::vector<float>{0.75f, 0});
  for (const bool binary : {false, true}) {
    const auto score = with.learn<weft::estimate_values>(texts, {.rate = 3e-3, .epochs = 60, .binary = binary},
                                                         binary ? "sigmoids" : "values");
    CHECK(score.measures[0].first == "mse");
    CHECK(score.measures[0].second < 0.02);
    CHECK(score.value == Approx(-score.measures[0].second));
    CHECK(score.measures[2].second > 0.7);         // of the variance
    CHECK(score.measures[3].second == Approx(1));  // the order of three
    CHECK(score.right == -1);
    CHECK(score.texts == 3);
    weft::classifier<tiny_bert> tell(with.at / (binary ? "sigmoids" : "values"));
    CHECK(tell.labels() == std::vector<std::string>{"a", "b"});
    CHECK(tell.kind() == (binary ? weft::score_kind::sigmoid : weft::score_kind::raw));
    auto said = tell("who sat on the mat?").logits;
    if (binary) said = weft::detail::sigmoid_of(said);
    CHECK(said[0] == Approx(0.75).margin(0.25));
    CHECK(said[1] == Approx(0).margin(0.25));
  }
  const auto refused = [&](const weft::labelled_texts& of, const weft::fine_tuning_options& how) {
    return refusal_of([&] { weft::fine_tuner<tiny_bert, weft::estimate_values>(with.source(), of, how); });
  };
  auto outside = texts;
  outside.all[2].targets[1] = 1.5f;
  CHECK_THAT(refused(outside, {.binary = true, .new_head = true}),
             mentions("line 3: found b = 1.5, wanted targets from 0 to 1 for a sigmoid"));
  auto nineteen = texts;
  nineteen.targets.resize(1);
  CHECK_THAT(refused(nineteen, {.new_head = true}), mentions("line 1: found 2 targets, wanted 1"));
}

TEST_CASE("labels of words are learnt, and taggers give them") {
  learner with;
  const auto texts = with.read("words.tsv",
                               "text\tlabels\nthe cat sat\tO ANIMAL O\nwho saw the dog\tO O O ANIMAL\n"
                               "a red house\tO O HOUSE\n",
                               {.label = "labels"});
  const auto score = with.learn<weft::tag_words>(texts, {.rate = 3e-3, .epochs = 60}, "tags");
  CHECK(score.texts == 10);  // words
  CHECK(score.right == 10);
  weft::tagger<tiny_bert> tag(with.at / "tags");
  CHECK(tag.labels() == std::vector<std::string>{"ANIMAL", "HOUSE", "O"});
  const auto spans = tag("the cat sat");
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].label == "ANIMAL");
  auto fewer = texts;
  fewer.all[0].label = "O ANIMAL";
  CHECK_THAT(refusal_of([&] { with.learn<weft::tag_words>(fewer, {}, nullptr); }),
             mentions("line 2: found 2 labels, wanted 3, one for each word"));
}

TEST_CASE("a word's first token has its label, the others have none") {
  learner with;
  const auto texts = with.read("words.tsv", "text\tlabels\nzz mat\tA B\n", {.label = "labels"});
  const auto source = with.source();
  const weft::tag_words task(source.configuration, texts, {.new_head = true});
  std::vector<weft::training_example> found;
  CHECK(!task.add(found, texts, texts.all[0], source.tokenizer, {.max_length = 16}));
  REQUIRE(found.size() == 1);
  CHECK(found[0].labels == std::vector<std::int32_t>{-100, 0, -100, 1, -100});  // [CLS] z ##z mat [SEP]
  found.clear();
  CHECK(task.add(found, texts, texts.all[0], source.tokenizer, {.max_length = 4}));
  CHECK(found[0].labels == std::vector<std::int32_t>{-100, 0, -100, -100});
}

TEST_CASE("answers are learnt, window by window, and pipelines find them") {
  learner with;
  const weft::labelled_columns columns{
      .text = "question", .label = "answer", .second = "context", .may_be_empty = true};
  const auto texts = with.read("answers.tsv",
                               "question\tcontext\tanswer\nwho sat?\tthe red cat sat on the mat.\tred cat\n"
                               "where?\tthe dog sat in a house.\ta house\n",
                               columns);
  const auto score = with.learn<weft::find_answers>(texts, {.rate = 3e-3, .epochs = 60}, "answers");
  CHECK(score.texts == 2);
  CHECK(score.right == 2);
  weft::answer<tiny_bert> ask(with.at / "answers");
  CHECK(ask("who sat?", "the red cat sat on the mat.").text == "red cat");
  CHECK(ask("where?", "the dog sat in a house.").text == "a house");

  const auto source = with.source();
  const weft::find_answers task(source.configuration, texts, {.stride = 2});
  std::vector<weft::training_example> found;
  CHECK(task.add(found, texts, texts.all[0], source.tokenizer, {.max_length = 10}));
  REQUIRE(found.size() > 1);  // [CLS] who sat ? [SEP] five of the context [SEP]
  CHECK(found[0].labels == std::vector<std::int32_t>{6, 7});
  CHECK(found.back().labels == std::vector<std::int32_t>{0, 0});
  auto other = texts;
  other.all[1].label = "a horse";
  CHECK_THAT(refusal_of([&] { with.learn<weft::find_answers>(other, {}, nullptr); }),
             mentions("line 3: found the answer \"a horse\", wanted a part of its context"));
}

TEST_CASE("ranks, and what correlates") {
  CHECK(weft::ranks_of({3, 1, 3, 2}) == std::vector<double>{3.5, 1, 3.5, 2});
  CHECK(weft::rank_correlation_of({1, 2, 3, 4}, {1, 4, 9, 16}) == Approx(1));
  CHECK(weft::correlation_of({1, 2, 3}, {6, 4, 2}) == Approx(-1));
  CHECK(weft::correlation_of({1, 1, 1}, {1, 2, 3}) == Approx(0).margin(1e-12));
}

TEST_CASE("rows are read by the names of their columns, and refused by the line") {
  learner with;
  const auto refused = [&](const char* name, const std::string& content, const weft::labelled_columns& columns) {
    return refusal_of([&] { with.read(name, content, columns); });
  };
  CHECK_THAT(refused("t.tsv", "text\tx\na\t1\nb\tnan", {.targets = {"x"}}),
             mentions("line 3, x: found nan, wanted a finite number"));
  CHECK_THAT(refused("t.tsv", "text\tx\na\t1", {.targets = {"x", "y"}}), mentions("wanted a column y"));
  CHECK_THAT(refused("t.jsonl", "{\"text\": \"a\", \"label\": \"b\"}\n{\"text\": \"a\"}", {}),
             mentions("line 2: label: found no such key"));
  CHECK_THAT(refused("t.jsonl", "{\"text\": \"a", {}), mentions("line 1: byte "));
  CHECK_THAT(refused("t.jsonl", "{\"text\": {}, \"label\": 1}", {}), mentions("text: found an object"));
  const auto words = with.read("t.jsonl", "{\"text\": [\"a\", \"b\"], \"label\": [\"X\", \"Y\"]}\n\xff\n", {});
  CHECK(words.all[0].text == "a b");
  CHECK(words.all[0].label == "X Y");
  CHECK(words.skipped == 1);
  CHECK_THAT(refused("t.jsonl", "{\"text\": [\"a b\"], \"label\": 1}", {}), mentions("words without blanks"));
}

TEST_CASE("a command line says what a training learns") {
  const auto read = [](std::vector<const char*> words) {
    words.insert(words.begin(), {"train", "--data=d", "--out=o"});
    return weft::program::read_train_request(static_cast<int>(words.size()), words.data());
  };
  const auto answers = read({"--task", "answer"});
  CHECK(answers.columns.text == "question");
  CHECK(answers.columns.second == "context");
  CHECK(answers.columns.label == "answer");
  CHECK(read({"--task=tokens"}).columns.label == "labels");
  const auto twenty = read({"--task=regress", "--targets=a,b", "--loss=binary", "--text=body"});
  CHECK(twenty.columns.targets == std::vector<std::string>{"a", "b"});
  CHECK(twenty.columns.text == "body");
  CHECK(twenty.how.binary);
  CHECK(read({"--task=regress"}).columns.targets == std::vector<std::string>{"label"});
  CHECK_THAT(refusal_of([&] { read({"--task=sort"}); }),
             mentions("--task: found sort, wanted one of classify, regress"));
  CHECK_THAT(refusal_of([&] { read({"--loss=binary"}); }), mentions("wanted --task regress"));
  CHECK_THAT(refusal_of([&] { read({"--task=regress", "--targets=a,,b"}); }), mentions("names with commas between"));
  CHECK_THAT(refusal_of([&] { read({"--sead=1"}); }), mentions("did you mean --seed?"));
}

}  // namespace training_tasks_test
