#include <weft/pipeline/fill_mask.hpp>

#include <weft/memory/thread_pool.hpp>

#include "catch.hpp"
#include "pipeline/files.hpp"

namespace fill_mask_test {

using namespace weft_test;

TEST_CASE("masks are filled with the tokens of the largest logits") {
  weft::fill_mask<tiny_bert> fill(tiny_directory("bert_mlm", "fill"));
  const std::string text = "the [MASK] sat on [MASK].";
  const auto masks = fill(text, 3);
  REQUIRE(masks.size() == 2);

  const auto e = fill.tokenizer().encode(text);
  weft::token_batch batch;
  batch.add(e.ids, e.segments);
  std::vector<float> logits(static_cast<std::size_t>(batch.tokens() * 120));
  weft::workspace work(fill.model().workspace_bytes(batch.size()));
  fill.model().forward(batch, weft::matrix<float>(logits.data(), batch.tokens(), 120), work);
  std::size_t m = 0;
  for (std::size_t i = 0; i < e.ids.size(); ++i) {
    if (e.ids[i] != fill.tokenizer().mask_id()) continue;
    const std::vector<float> row(logits.begin() + static_cast<std::ptrdiff_t>(i * 120),
                                 logits.begin() + static_cast<std::ptrdiff_t>(i * 120 + 120));
    const auto& mask = masks[m++];
    CHECK(text.substr(static_cast<std::size_t>(mask.begin), static_cast<std::size_t>(mask.end - mask.begin)) ==
          "[MASK]");
    REQUIRE(mask.guesses.size() == 3);
    const auto best = std::max_element(row.begin(), row.end());
    CHECK(mask.guesses[0].id == best - row.begin());
    CHECK(mask.guesses[0].token == fill.tokenizer().token(mask.guesses[0].id));
    double sum = 0;
    for (const float x : row) sum += std::exp(double{x} - double{*best});
    CHECK(mask.guesses[0].score == Approx(1 / sum));
    CHECK(mask.guesses[0].score >= mask.guesses[1].score);
    CHECK(mask.guesses[1].score >= mask.guesses[2].score);
  }
  CHECK(m == 2);
  CHECK(fill(text, 1000)[0].guesses.size() == 120);
  CHECK(fill(text, 0)[0].guesses.empty());
}

TEST_CASE("ids beyond the tokenizer's vocabulary are no guesses") {
  const auto at = tiny_directory("bert_mlm", "fewer_tokens");
  write_vocabulary(at, tiny_vocabulary(80));
  weft::fill_mask<tiny_bert> fill(at);
  CHECK(fill("[MASK]", 1000)[0].guesses.size() == 80);
}

TEST_CASE("filling masks refuses in words") {
  const auto at = tiny_directory("bert_mlm", "fill_refusals");
  weft::fill_mask<tiny_bert> fill(at);
  CHECK_THAT(refusal_of([&] { fill("the cat sat."); }), mentions("found no mask, wanted [MASK]"));
  CHECK_THAT(refusal_of([&] { fill(""); }), mentions("no mask"));
  std::string text;
  for (int i = 0; i < 62; ++i) text += "cat ";
  CHECK(fill("[MASK] " + text).size() == 1);  // cut behind the mask
  CHECK(fill(text.substr(4) + "[MASK]").size() == 1);
  CHECK_THAT(refusal_of([&] { fill(text + "[MASK]"); }), mentions("[MASK] as token 64") && mentions("the first 63"));
  write_file(at / "tokenizer_config.json", R"({"truncation_side": "left"})");
  weft::fill_mask<tiny_bert> end(at);
  const auto cut = end(text + "[MASK]"), same = fill(text.substr(4) + "[MASK]");  // the first word is cut off
  CHECK(cut[0].begin == 4 * 62);
  CHECK(cut[0].guesses[0].id == same[0].guesses[0].id);
  CHECK(cut[0].guesses[0].score == same[0].guesses[0].score);
  CHECK_THAT(refusal_of([&] { end("[MASK] " + text); }),
             mentions("[MASK] as token 2 of 65") && mentions("the last 63"));

  auto pieces = tiny_vocabulary(120);
  pieces[4] = "[unused]";
  write_vocabulary(at, pieces);
  CHECK_THAT(refusal_of([&] { weft::fill_mask<tiny_bert>{at}; }), mentions("a vocabulary without [MASK]"));
  CHECK_THAT(refusal_of([] { weft::fill_mask<tiny_bert>(tiny_directory("bert_qa", "fill_headless")); }),
             mentions("cls.predictions"));
}

TEST_CASE("many texts are filled together as each alone, with threads and without") {
  const auto at = tiny_directory("bert_mlm", "fill_many");
  std::string words;
  for (int i = 0; i < 62; ++i) words += "cat ";
  std::vector<std::string> texts{"the [MASK] sat on [MASK].", "[MASK]", "[MASK] " + words, "who [MASK] [MASK] [MASK]?"};
  for (int i = 0; i < 200; ++i) texts.push_back(texts[static_cast<std::size_t>(i % 4)]);
  weft::thread_pool pool(2);
  weft::fill_mask<tiny_bert> fill(at), threaded(at, {.run = pool, .batch_tokens = 100});
  for (auto* many : {&fill, &threaded}) {
    const auto found = many->all(texts, 3);
    REQUIRE(found.size() == texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto alone = fill(texts[i], 3);
      REQUIRE(found[i].size() == alone.size());
      for (std::size_t m = 0; m < alone.size(); ++m) {
        CHECK(found[i][m].begin == alone[m].begin);
        CHECK(found[i][m].end == alone[m].end);
        REQUIRE(found[i][m].guesses.size() == 3);
        for (std::size_t g = 0; g < 3; ++g) {
          CHECK(found[i][m].guesses[g].id == alone[m].guesses[g].id);
          CHECK(found[i][m].guesses[g].score == alone[m].guesses[g].score);  // to the bit
        }
      }
    }
  }
  texts.insert(texts.begin() + 7, "no mask");
  CHECK_THAT(refusal_of([&] { threaded.all(texts); }), mentions("text 8: found no mask"));
  CHECK(threaded.all(std::vector<std::string>{}).empty());
  CHECK(threaded("[MASK]").size() == 1);
}

struct slim_bert : tiny_bert {
  static constexpr bool slimmable = true;
};

TEST_CASE("masks are filled by the part of a slimmable type that it is told") {
  const auto at = tiny_directory("bert_mlm", "fill_slim");
  weft::fill_mask<tiny_bert> whole(at);
  weft::fill_mask<slim_bert> full(at, {.width = 1}), half(at, {.width = 0.5, .depth = 0.5});
  const std::string text = "the [MASK] sat";
  const auto wanted = whole(text, 1)[0].guesses[0], same = full(text, 1)[0].guesses[0];
  CHECK((wanted.id == same.id && wanted.score == same.score));

  const auto model = weft::load<slim_bert, slim_bert::tasks::masked_lm>(at);
  const auto e = half.tokenizer().encode(text);
  weft::token_batch batch;
  batch.add(e.ids, e.segments);
  std::vector<float> logits(static_cast<std::size_t>(batch.tokens() * model.output_width()));
  weft::workspace work(model.workspace_bytes(batch.size()));
  model.forward(weft::active::of(0.5, 0.5, model.body()), batch,
                weft::matrix<float>(logits.data(), batch.tokens(), model.output_width()), work);
  const auto row = logits.begin() + 2 * model.output_width();  // behind [CLS] and "the"
  CHECK(half(text, 1)[0].guesses[0].id == std::max_element(row, row + model.output_width()) - row);
}

}  // namespace fill_mask_test
