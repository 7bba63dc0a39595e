#include <weft/pipeline/answer.hpp>

#include <weft/memory/thread_pool.hpp>

#include "catch.hpp"
#include "pipeline/files.hpp"

namespace answer_test {

using namespace weft_test;

// [CLS] who [SEP] the cat sat [SEP], offsets into "who" and "the cat sat".
weft::encoding window() {
  weft::encoding e;
  e.add(2, 0), e.add(11, 0, {0, 3}), e.add(3, 0);
  e.add(5, 1, {0, 3}), e.add(6, 1, {4, 7}), e.add(8, 1, {8, 11}), e.add(3, 1);
  e.first = {1, 2}, e.second = {3, 6};
  return e;
}

TEST_CASE("spans are ranked by the sum of their logits, inside the context") {
  weft::detail::answer_search search(20, 30);
  // start and end of: [CLS] who [SEP] the cat sat [SEP]
  const float logits[] = {9, 9, 8, 8, 7, 7, 1, 0, 3, 2, 0, 2.5f, 6, 6};
  search.add(window(), logits);
  const auto best = search.best("the cat sat", false, 0);
  REQUIRE(best.size() == 6);  // every start with every end that is not before it
  CHECK(best[0].text == "cat sat");
  CHECK(best[0].logit == 5.5f);
  CHECK(best[0].begin == 4);
  CHECK(best[0].end == 11);
  CHECK(best[1].text == "cat");
  CHECK(best[2].text == "the cat sat");
  CHECK(best[0].score / best[1].score == Approx(std::exp(0.5)));
  float sum = 0;
  for (const auto& a : best) sum += a.score;
  CHECK(sum == Approx(1));

  SECTION("no longer than they may be") {
    weft::detail::answer_search words(20, 1);
    words.add(window(), logits);
    const auto one = words.best("the cat sat", false, 0);
    REQUIRE(one.size() == 3);
    CHECK(one[0].text == "cat");
  }
  SECTION("made of the likeliest starts and ends only") {
    weft::detail::answer_search few(1, 30);
    few.add(window(), logits);
    REQUIRE(few.best("the cat sat", false, 0).size() == 1);
  }
  SECTION("the best over windows, each span once") {
    const float other[] = {0, 0, 8, 8, 7, 7, 0.5f, 0, 1, 4, 0, 2.5f, 6, 6};
    search.add(window(), other);
    const auto both = search.best("the cat sat", false, 0);
    REQUIRE(both.size() == 6);
    CHECK(both[0].text == "cat sat");
    CHECK(both[1].text == "cat");
    CHECK(both[1].logit == 5);
    CHECK(search.null_logit() == 0);  // of the window that is surest of an answer
  }
  SECTION("or no answer, beyond a threshold") {
    CHECK(search.null_logit() == 18);
    const auto none = search.best("the cat sat", true, 0);
    REQUIRE(none.size() == 7);
    CHECK(none[0].empty());
    CHECK(none[0].text.empty());
    const auto some = search.best("the cat sat", true, 13);
    CHECK(some[0].text == "cat sat");
    CHECK(some[1].empty());
  }
}

TEST_CASE("a question is answered from its context") {
  weft::answer<tiny_bert> ask(tiny_directory("bert_qa", "answer"));
  const std::string question = "who sat on the mat?", context = "the cat sat on the red mat.";
  const auto all = ask.best(question, context);
  REQUIRE(!all.empty());
  CHECK(all.size() <= 20);
  for (const auto& a : all) {
    CHECK(!a.empty());
    CHECK(a.text == context.substr(static_cast<std::size_t>(a.begin), static_cast<std::size_t>(a.end - a.begin)));
  }
  const auto found = ask(question, context);
  CHECK(found.text == all[0].text);

  // The same by hand.
  const auto e = ask.tokenizer().encode_pair(question, context);
  weft::token_batch batch;
  batch.add(e.ids, e.segments);
  std::vector<float> logits(static_cast<std::size_t>(2 * batch.tokens()));
  weft::workspace work(ask.model().workspace_bytes(batch.size()));
  ask.model().forward(batch, weft::matrix<float>(logits.data(), batch.tokens(), 2), work);
  float best = -1e9f;
  std::string text;
  for (std::size_t s = 0; s < e.ids.size(); ++s)
    for (std::size_t t = s; t < e.ids.size(); ++t)
      if (e.segments[s] == 1 && e.segments[t] == 1 && t + 1 < e.ids.size())
        if (const float sum = logits[2 * s] + logits[2 * t + 1]; sum > best) {
          best = sum;
          text = context.substr(static_cast<std::size_t>(e.offsets[s].begin),
                                static_cast<std::size_t>(e.offsets[t].end - e.offsets[s].begin));
        }
  CHECK(found.logit == best);
  CHECK(found.text == text);
}

TEST_CASE("a long context is read in windows, and its place among them does not matter to the bytes") {
  const auto at = tiny_directory("bert_qa", "windows");
  weft::answer<tiny_bert> ask(at), few_at_once(at, {.batch_tokens = 1});
  std::string context;
  for (int i = 0; i < 100; ++i) context += i % 7 == 3 ? "a red house. " : "the cat sat on the mat. ";
  const auto a = ask.best("where?", context), b = few_at_once.best("where?", context);
  REQUIRE(a.size() == 20);
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(a[i].begin == b[i].begin);
    CHECK(a[i].end == b[i].end);
    CHECK(a[i].score == b[i].score);
    CHECK(a[i].text ==
          context.substr(static_cast<std::size_t>(a[i].begin), static_cast<std::size_t>(a[i].end - a[i].begin)));
  }
}

TEST_CASE("an empty context has no answer, an empty question may have one") {
  const auto at = tiny_directory("bert_qa", "emptiness");
  weft::answer<tiny_bert> ask(at);
  CHECK(ask("who?", "").empty());
  CHECK(ask("who?", "").score == 1);
  CHECK(ask("who?", " \n ").empty());
  CHECK(!ask("", "the cat").empty());
  weft::answer<tiny_bert> doubts(at, {.may_be_absent = true, .null_threshold = -1000});
  CHECK(doubts("who?", "the cat sat").empty());
}

TEST_CASE("answering refuses in words") {
  const auto at = tiny_directory("bert_qa", "answer_refusals");
  weft::answer<tiny_bert> ask(at);
  std::string question;
  for (int i = 0; i < 61; ++i) question += "who ";
  CHECK_THAT(refusal_of([&] { ask(question, "the cat"); }), mentions("found 61 tokens, wanted at most 60"));
  CHECK_THAT(refusal_of([&] { weft::answer<tiny_bert>(at, {.candidates = 0}); }), mentions("candidates 0"));
  CHECK_THAT(refusal_of([] { weft::answer<tiny_bert>(tiny_directory("bert_mlm", "answer_headless")); }),
             mentions("qa_outputs"));
}

TEST_CASE("many questions are answered together as each alone, with threads and without") {
  const auto at = tiny_directory("bert_qa", "answer_many");
  std::string text;
  for (int i = 0; i < 70; ++i) text += i % 3 == 0 ? "the red cat sat. " : "a dog in the house? ";
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 0; i < 40; ++i)
    pairs.emplace_back(i % 5 == 0 ? "" : "who sat?", i % 7 == 0 ? "" : text.substr(0, i * 31 % text.size()));
  weft::thread_pool pool(2);
  weft::answer<tiny_bert> ask(at, {.stride = 8}), threaded(at, {.run = pool, .batch_tokens = 200, .stride = 8});
  for (auto* many : {&ask, &threaded}) {
    const auto found = many->all_best(pairs);
    const auto first = many->all(pairs);
    REQUIRE(found.size() == pairs.size());
    REQUIRE(first.size() == pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto alone = ask.best(pairs[i].first, pairs[i].second);
      CHECK(first[i].text == alone[0].text);
      REQUIRE(found[i].size() == alone.size());
      for (std::size_t a = 0; a < alone.size(); ++a) {
        CHECK(found[i][a].begin == alone[a].begin);
        CHECK(found[i][a].end == alone[a].end);
        CHECK(found[i][a].logit == alone[a].logit);  // to the bit
        CHECK(found[i][a].score == alone[a].score);
      }
    }
  }
  pairs[3].first = text;
  CHECK_THAT(refusal_of([&] { threaded.all(pairs); }), mentions("question of pair 4: found "));
  CHECK_THAT(refusal_of([&] { threaded.all(std::vector<std::string>{"who?", "a"}); }), mentions("context of pair 1"));
  CHECK(threaded.all(std::vector<std::pair<std::string, std::string>>{}).empty());
}

}  // namespace answer_test
