// Plain text as examples of masked words: what stands in them, what is masked, and that it is learnt.
#include <weft/memory/thread_pool.hpp>
#include <weft/pipeline/fill_mask.hpp>
#include <weft/pipeline/fine_tuner.hpp>
#include <weft/pipeline/mask_words.hpp>

#include <set>

#include "catch.hpp"
#include "pipeline/files.hpp"
#include "refusal.hpp"

namespace pre_training_test {

using namespace weft_test;
using weft::index_t;

struct corpus_of {
  fs::path at = tiny_directory("bert_mlm", "pre_training");
  weft::tokenizer words = weft::read_tokenizer(at);
  weft::token_corpus operator()(const std::string& text, index_t length, std::uint64_t seed = 1) const {
    write_file(at / "text.txt", text);
    return weft::token_corpus::build(at / "text.txt", at / "tokens", words, length, seed);
  }
  std::string shown(const weft::token_corpus& c, index_t i) const {
    std::string all;
    for (index_t t = 0; t < c.length(i); ++t) {
      const auto token = c.token(i, t);
      all += (t ? " " : "") + std::string(words.token(token.id)) + (token.second ? "'" : "");
    }
    return all;
  }
};

TEST_CASE("lines of a document become examples of two segments, and what has no room goes on in the next") {
  const corpus_of build;
  const auto short_one = build("the cat sat\n\n\nthe dog\n", 16);
  REQUIRE(short_one.size() == 2);
  CHECK(build.shown(short_one, 0) == "[CLS] the cat sat [SEP]");
  CHECK(build.shown(short_one, 1) == "[CLS] the dog [SEP]");
  CHECK(short_one.token(0, 0).special);
  CHECK(!short_one.token(0, 1).special);
  CHECK(!fs::exists(build.at / "tokens"));

  const auto pair = build("the cat sat on\nthe mat in\na red house\n", 13, 5);
  REQUIRE(pair.size() == 1);
  CHECK(build.shown(pair, 0) == "[CLS] the cat sat on [SEP] the' mat' in' a' red' house' [SEP]'");
  std::string all;
  for (int i = 0; i < 300; ++i) all += "the cat sat on the mat\n" + std::string(i % 7 == 0 ? "\n" : "");
  const auto many = build(all, 32);
  std::set<index_t> seconds;
  for (index_t i = 0; i < many.size(); ++i) {
    CHECK(many.length(i) <= 32);
    CHECK(many.token(i, 0).special);
    seconds.insert(many.token(i, many.length(i) - 1).second);
  }
  CHECK(seconds.size() == 2);  // some have one segment
}

TEST_CASE("words that the tokenizer cuts go on, long lines are cut, and what is not UTF-8 is left out") {
  const corpus_of build;
  const auto one = build("zz mat\n", 16);
  REQUIRE(one.length(0) == 5);  // [CLS] z ##z mat [SEP]
  CHECK(!one.token(0, 1).continues);
  CHECK(one.token(0, 2).continues);
  CHECK(!one.token(0, 3).continues);
  std::string line;
  while (line.size() < 200000) line += "the cat ";
  const auto words_of = [](const weft::token_corpus& all) {
    index_t words = 0;
    for (index_t i = 0; i < all.size(); ++i)
      for (index_t t = 0; t < all.length(i); ++t) words += !all.token(i, t).special;
    return words;
  };
  CHECK(words_of(build(line, 34)) == 50000);
  CHECK(words_of(build(std::string(200000, 'z'), 34)) == 4);  // without a blank: four pieces of an unknown word
  const auto some = build("the cat\n\xff\nthe dog", 16);
  CHECK(some.skipped() == 1);
  CHECK(some.first_skipped() == 2);
  CHECK(build.shown(some, 0).starts_with("[CLS] the cat"));
  CHECK_THAT(refusal_of([&] { build("\n \n", 16); }), mentions("found no text"));
}

TEST_CASE("a share of the tokens is masked, and the same again from the same seed") {
  const corpus_of build;
  std::string line;
  for (int i = 0; i < 38; ++i) line += i % 2 ? "zz " : "mat ";
  const auto one = build(line, 64);
  REQUIRE(one.length(0) == 59);  // 19 words of one token, 19 of two, [CLS] and [SEP]
  weft::masking how{.share = 0.15, .mask = 4, .vocabulary = 120};
  std::vector<index_t> counts(3);
  std::set<index_t> places;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const auto chosen = weft::choose_masked(one, 0, how, weft::random_source(seed));
    REQUIRE(chosen.size() == 9);  // 0.15 of 59 is 8.85
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (i > 0) CHECK(chosen[i - 1].place < chosen[i].place);
      places.insert(chosen[i].place);
      ++counts[chosen[i].shown == 4 ? 0 : chosen[i].shown == one.token(0, chosen[i].place).id ? 1 : 2];
    }
  }
  CHECK(places.size() == 57);
  CHECK(!places.contains(0));
  CHECK(counts[0] == Approx(3600).margin(120));  // of 4,500
  CHECK(counts[1] == Approx(450).margin(90));
  CHECK(counts[2] == Approx(450).margin(90));
  how.whole_words = true;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    std::set<index_t> chosen;
    for (const auto& m : weft::choose_masked(one, 0, how, weft::random_source(seed))) chosen.insert(m.place);
    CHECK(chosen.size() <= 9);
    CHECK(chosen.size() >= 8);
    for (const auto place : chosen) {
      if (one.token(0, place).continues) CHECK(chosen.contains(place - 1));
      if (one.token(0, place + 1).continues) CHECK(chosen.contains(place + 1));
    }
  }
}

TEST_CASE("a language is learnt from plain text, to the same bits with any workers and after a resume") {
  const fs::path at = tiny_directory("bert_mlm", "pre_training");
  std::string text;
  for (int i = 0; i < 20; ++i) text += "the cat sat on the mat\nwho sat on the red house?\n\n";
  write_file(at / "text.txt", text);
  const weft::plain_text from{at / "text.txt", at / "tokens"};
  const auto source = [&] {
    return weft::model_source{weft::configuration::read(at), weft::checkpoint::open(at), weft::read_tokenizer(at)};
  };
  using tuner = weft::fine_tuner<tiny_bert, weft::mask_words>;
  weft::fine_tuning_options how{
      .rate = 5e-3, .epochs = 12, .batch_tokens = 100, .dropout = 0.02, .max_length = 24, .whole_words = true};
  const auto learnt = [](tuner& tune) {
    while (!tune.done()) tune.step();
    const auto values = tune.learner().model().learnt().values();
    return std::vector<float>(values.begin(), values.end());
  };
  tuner tune(source(), from, how);
  const auto before = tune.judge(from);
  const auto wanted = learnt(tune);
  const auto after = tune.judge(from);
  CHECK(after.loss < before.loss / 3);
  CHECK(after.value > 0.5);
  tune.save(at / "learnt", at);
  weft::fill_mask<tiny_bert> fill(at / "learnt");
  CHECK(fill("the cat [MASK] on the mat").front().guesses.front().token == "sat");

  weft::thread_pool pool(3);
  how.run = pool, how.piece_tokens = 30;
  tuner again(source(), from, how);
  for (int s = 0; s < 5; ++s) again.step();
  again.save_checkpoint(at / "step-5", at);
  tuner third(source(), from, how);
  third.resume(at / "step-5");
  CHECK(learnt(third) == wanted);
}

}  // namespace pre_training_test
