#include <weft/pipeline/fine_tuner.hpp>

#include <fstream>
#include <sstream>
#include <weft/memory/thread_pool.hpp>
#include <weft/pipeline/classifier.hpp>

#include "catch.hpp"
#include "pipeline/files.hpp"
#include "refusal.hpp"

namespace fine_tuner_test {

using namespace weft_test;

const fs::path demo = examples() / "classify" / "electra-gloss";

weft::model_source source() {
  return {weft::configuration::read(demo), weft::checkpoint::open(demo), weft::read_tokenizer(demo)};
}

// The first texts of the demo's file; with labels "noun" and "other" where they are to be new.
weft::labelled_texts texts(std::size_t count, bool two_labels) {
  auto all = weft::read_labelled_texts(examples() / "classify" / "test.tsv", {"gloss", "label"});
  all.all.resize(count);
  if (two_labels)
    for (auto& t : all.all) t.label = t.label.starts_with("noun") ? "noun" : "other";
  return all;
}

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

std::string trained(const fs::path& out, weft::executor run, weft::index_t piece) {
  weft::fine_tuner<gloss_electra> tune(
      source(), texts(16, true),
      {.run = run, .rate = 1e-3, .epochs = 2, .batch_tokens = 150, .piece_tokens = piece, .new_head = true});
  while (!tune.done()) tune.step();
  CHECK(tune.progress().step == tune.steps());
  CHECK(tune.progress().epoch == 2);
  tune.save(out, demo, {{"metrics.jsonl", "{}\n"}});
  return content(out / "model.safetensors");
}

TEST_CASE("a classifier that was fine-tuned is the same for any workers and pieces, and is loaded again") {
  const auto folder = empty_directory("fine_tuner");
  const auto wanted = trained(folder / "one", {}, 0);
  weft::thread_pool pool(3);
  CHECK(trained(folder / "three", pool, 40) == wanted);

  weft::classifier<gloss_electra> sort(folder / "one");
  CHECK(sort.labels() == std::vector<std::string>{"noun", "other"});
  CHECK(sort.kind() == weft::score_kind::softmax);
  CHECK(weft::configuration::read(folder / "one").architectures.front() == "ElectraForSequenceClassification");
  CHECK(content(folder / "one" / "tokenizer.json") == content(demo / "tokenizer.json"));
  CHECK(content(folder / "one" / "metrics.jsonl") == "{}\n");
  CHECK(std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 2);
}

TEST_CASE("a classifier goes on with the labels that it has, and says what it would of other texts") {
  const auto folder = empty_directory("fine_tuner");
  weft::fine_tuner<gloss_electra> tune(source(), texts(20, false), {.epochs = 1, .batch_tokens = 200});
  const auto held = texts(30, false);
  CHECK(tune.labels().size() == 45);
  const auto before = tune.judge(held);
  CHECK(before.texts == 30);
  tune.keep(1);
  while (!tune.done()) tune.step();
  tune.save(folder / "kept", demo);
  weft::classifier<gloss_electra> sort(folder / "kept"), original(demo);
  weft::index_t right = 0;
  for (const auto& t : held.all) {
    right += sort(t.text).label == t.label;
    CHECK(sort(t.text).logits == original(t.text).logits);  // the weights that were kept were those of the beginning
  }
  CHECK(right == before.right);
}

TEST_CASE("a run that was ended in the middle of an epoch goes on to the same bits") {
  const auto folder = empty_directory("fine_tuner");
  const weft::fine_tuning_options how{.rate = 1e-3, .epochs = 2, .batch_tokens = 70, .new_head = true};
  const auto after = [&](const weft::fine_tuning_options& options, const fs::path& from) {
    weft::fine_tuner<gloss_electra> tune(source(), texts(12, true), options);
    if (!from.empty()) tune.resume(from);
    while (!tune.done()) tune.step(), tune.keep(1 / static_cast<double>(tune.progress().step));
    const auto values = tune.learner().model().learnt().values();
    return std::vector<float>(values.begin(), values.end());
  };
  {
    weft::fine_tuner<gloss_electra> tune(source(), texts(12, true), how);
    REQUIRE(tune.steps() > 4);
    tune.step(), tune.keep(1), tune.step();
    CHECK(tune.progress().next > 0);
    tune.save_checkpoint(folder / "step-2", demo);
  }
  CHECK(after(how, folder / "step-2") == after(how, {}));
  // What was kept before is kept still, and a checkpoint is a model.
  weft::fine_tuner<gloss_electra> tune(source(), texts(12, true), how);
  tune.resume(folder / "step-2");
  CHECK(tune.progress().step == 2);
  CHECK(tune.progress().best == Approx(1));
  tune.save(folder / "best", demo);
  CHECK(content(folder / "best" / "model.safetensors") != content(folder / "step-2" / "model.safetensors"));
  CHECK(weft::classifier<gloss_electra>(folder / "step-2").labels() == std::vector<std::string>{"noun", "other"});

  auto other = how;
  other.rate = 1e-4;
  CHECK_THAT(refusal_of([&] { after(other, folder / "step-2"); }),
             mentions("rate: found \"1e-04\", wanted \"0.001\", which the training was begun with"));
  other = how, other.seed = 2;
  CHECK_THAT(refusal_of([&] { after(other, folder / "step-2"); }), mentions("seed: found \"2\""));
  CHECK_THAT(refusal_of([&] {
               weft::fine_tuner<gloss_electra> fewer(source(), texts(11, true), how);
               fewer.resume(folder / "step-2");
             }),
             mentions("texts: found "));
}

TEST_CASE("of checkpoints the newest are kept, and what was half written goes") {
  const auto folder = empty_directory("fine_tuner");
  const weft::training_checkpoints all(folder / "run");
  CHECK(all.newest().empty());
  for (const char* name : {"step-2", "step-10", "step-9", "step-11.123.partial", "step-x", "other"})
    fs::create_directories(folder / "run" / name);
  CHECK(all.newest() == folder / "run" / "step-10");
  all.prune(2);
  CHECK(fs::exists(folder / "run" / "step-9"));
  CHECK(!fs::exists(folder / "run" / "step-2"));
  CHECK(!fs::exists(folder / "run" / "step-11.123.partial"));
  CHECK(fs::exists(folder / "run" / "other"));
  all.remove();
  CHECK(all.newest().empty());
}

TEST_CASE("what a classifier cannot learn from is refused in words") {
  const auto make = [](const weft::labelled_texts& of, const weft::fine_tuning_options& how) {
    weft::fine_tuner<gloss_electra> tune(source(), of, how);
  };
  CHECK_THAT(refusal_of([&] { make(texts(9, true), {}); }), mentions("line 2: found the label "));
  auto one = texts(9, true);
  for (auto& t : one.all) t.label = "noun";
  CHECK_THAT(refusal_of([&] { make(one, {.new_head = true}); }), mentions("one label alone, "));
  CHECK_THAT(refusal_of([&] { make(texts(9, false), {.rate = -1}); }), mentions("rate: found -1"));
  CHECK_THAT(refusal_of([&] { make(texts(9, false), {.dropout = 1}); }), mentions("dropout"));
  CHECK_THAT(refusal_of([&] { make(texts(9, false), {.max_length = 1000}); }), mentions("found 1000"));
  const auto folder = empty_directory("fine_tuner");
  weft::fine_tuner<gloss_electra> tune(source(), texts(9, false), {.epochs = 1});
  CHECK_THAT(refusal_of([&] { tune.save(folder, demo); }), mentions("found something that exists"));
}

TEST_CASE("files of labelled texts are read by the names of their columns, and refused by the line") {
  const auto folder = empty_directory("fine_tuner");
  const auto file = folder / "file.tsv";
  const auto read = [&](std::string_view content, const weft::labelled_columns& columns = {}) {
    std::ofstream(file, std::ios::binary) << content;
    return weft::read_labelled_texts(file, columns);
  };
  const auto found = read("\xef\xbb\xbflabel\tother\ttext\r\na\tx\tone\r\n\nb\ty\ttwo\xff\nb\tz\tthree", {});
  REQUIRE(found.all.size() == 2);
  CHECK(found.all[1].text == "three");
  CHECK(found.all[1].label == "b");
  CHECK(found.all[1].line == 5);
  CHECK(found.skipped == 1);
  CHECK(found.first_skipped == 4);
  CHECK(read("text\tlabel\tmore\na\tb\tc", {.second = "more"}).all[0].second == "c");
  const auto refused = [&](std::string_view content) { return refusal_of([&] { read(content); }); };
  CHECK_THAT(refused(""), mentions("empty"));
  CHECK_THAT(refused("text\tlabel\n"), mentions("found no text"));
  CHECK_THAT(refused("text\tclass\na\tb"), mentions("line 1: found the columns text, class, wanted a column label"));
  CHECK_THAT(refused("text\tlabel\na\tb\tc"), mentions("line 2: found 3 columns, wanted 2"));
  CHECK_THAT(refused("text\tlabel\na"), mentions("line 2: found 1 columns, wanted 2"));
  CHECK_THAT(refused("text\tlabel\na\t"), mentions("line 2: found no label"));
  CHECK_THAT(refused("te\xffxt\tlabel\na\tb"), mentions("line 1: found bytes that are not UTF-8"));
}

TEST_CASE("a directory that is not published leaves nothing behind") {
  const auto folder = empty_directory("fine_tuner");
  {
    const weft::new_directory made(folder / "new");
    made.write("a", "text");
    CHECK(fs::exists(made.path() / "a"));
  }
  CHECK(fs::is_empty(folder));
  weft::new_directory made(folder / "new");
  made.write("a", "text");
  made.publish();
  CHECK(content(folder / "new" / "a") == "text");
  CHECK_THAT(refusal_of([&] { weft::new_directory again(folder / "new"); }), mentions("something that exists"));
}

}  // namespace fine_tuner_test
