#include <weft/pipeline/passport.hpp>

#include <weft/numeric/bfloat16.hpp>

#include "catch.hpp"
#include "changed_weights.hpp"
#include "one_at_a_time.hpp"
#include "pipeline/files.hpp"

namespace passport_test {
namespace {

using namespace weft_test;
using enum weft::passport_verdict;

struct half_bert : tiny_bert {
  using numeric = weft::bfloat16;
};

// The tiny encoder of bert_mlm as a directory of sentence-transformers.
fs::path directory(const std::string& name, const std::string& pooling = "mean") {
  const auto at = tiny_directory("bert_mlm", name);
  write_file(at / "modules.json",
             R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
                 {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])");
  write_file(at / "1_Pooling" / "config.json", R"({"pooling_mode": ")" + pooling + "\"}");
  return at;
}

bool says(const weft::passport_comparison& c, const std::string& sentence) {
  std::string all;
  for (const auto& s : c.sentences) all += s + "\n";
  UNSCOPED_INFO(all);
  return all.find(sentence) != std::string::npos;
}

}  // namespace

TEST_CASE("the passports of two copies of a model are the same, whatever the number of workers") {
  const auto here = weft::passport_of<tiny_bert>(directory("one"));
  one_at_a_time pool;
  const auto there = weft::passport_of<tiny_bert>(directory("two"), {.run = pool});
  CHECK(compare(here, there).verdict == same);
  CHECK(here.json(true) == there.json(true));
  REQUIRE(here.texts.size() == 11);
  CHECK(here.texts[0].tokens == 2);
  CHECK(here.texts[1].tokens == 3);
  CHECK(here.texts.back().tokens == 64);  // as many as the model takes
  // The vectors are those that the embedder gives.
  weft::embedder<tiny_bert> embed(directory("one"));
  CHECK(embed(weft::passport_texts()[2].second) == here.texts[2].vector);
}

TEST_CASE("a changed weight, vocabulary, pooling, configuration and numeric are each found and named") {
  const auto p = weft::passport_of<tiny_bert>(directory("one"));
  const auto against = [&](const fs::path& at) { return compare(p, weft::passport_of<tiny_bert>(at), "file"); };

  auto at = directory("two");
  change_weights(at / "model.safetensors", "bert.encoder.layer.1.output.dense.bias", 0.25f, 3, 4);
  auto c = against(at);
  CHECK(c.verdict == differs);
  CHECK(says(c, "weights \"bert.encoder.layer.1.output.dense.bias\": "));
  CHECK(says(c, "text \"empty\": another vector, first value "));

  at = directory("two");
  auto pieces = tiny_vocabulary(120);
  std::swap(pieces[10], pieces[11]);
  write_vocabulary(at, pieces);
  c = against(at);
  CHECK(c.verdict == differs);
  CHECK(says(c, "tokenizer \"vocab.txt\": "));
  CHECK(says(c, "vocabulary \"tokens 0 to 119\": "));

  c = against(directory("two", "cls"));
  CHECK(c.verdict == differs);
  CHECK(says(c, "vector \"pooling\": mean here, first there"));

  weft::sentence_modules how = weft::sentence_modules::read(directory("two"));
  how.steps.push_back({.does = weft::sentence_step::kind::layer_norm,
                       .in = 32,
                       .out = 32,
                       .weight = std::vector<float>(32, 1.0f),
                       .bias = std::vector<float>(32, 0.0f)});
  how.truncate = 8, how.normalize_truncated = true;
  const auto of = [&] {
    weft::embedder<tiny_bert> embed(how);
    return weft::passport_of(embed, weft::checkpoint::open(how.model));
  };
  const auto finished = of();
  c = compare(finished, p, "file");
  CHECK(c.verdict == differs);
  CHECK(says(c, "vector \"step 1\": only here"));
  CHECK(says(c, "text \"empty\": another vector of 8 values here, 32 there"));
  how.steps[0].weight[31] = 2;  // of a value that is cut off: the vectors stay, what made them does not
  c = compare(finished, of(), "file");
  CHECK(c.verdict == differs);
  CHECK(c.sentences.at(1).rfind("vector \"step 1 weight\": ", 0) == 0);
  how.steps[0].weight[31] = 1, how.normalize_truncated = false;
  c = compare(finished, of(), "file");
  CHECK(c.sentences.at(1) == "vector \"normalize_truncated\": yes here, no there");
  how.truncate = 9;
  CHECK(says(compare(finished, of(), "file"), "vector \"truncate_dim\": 8 here, 9 there"));

  at = directory("two");
  std::string text(weft::mapped_file::open(at / "config.json")->text());
  text.insert(text.find('{') + 1, "\"a_key_of_tomorrow\": 7, ");
  write_file(at / "config.json", text);
  c = against(at);
  CHECK(c.verdict == differs);
  CHECK(says(c, "configuration: "));
  CHECK(says(c, "the vectors of all texts have the same bits all the same"));

  c = compare(p, weft::passport_of<half_bert>(directory("two")), "file");
  CHECK(c.verdict == differs);
  CHECK(says(c, "promise \"numeric\": float32 here, bfloat16, rows "));

  at = directory("two");  // what no vector depends on
  text = std::string(weft::mapped_file::open(at / "config.json")->text());
  text.insert(text.find('{') + 1, "\"_name_or_path\": \"elsewhere\", ");
  write_file(at / "config.json", text);
  CHECK(against(at).verdict == same);
}

TEST_CASE("the demo's passport is the committed one") {
  const auto demo = examples() / "classify" / "electra-gloss";
  weft::embedder<gloss_electra> embed(weft::sentence_modules{.model = demo});
  const auto c = compare(weft::passport_of(embed, weft::checkpoint::open(demo)),
                         weft::passport::read(data() / "passports" / "demo.json"), "demo.json");
  for (const auto& sentence : c.sentences) UNSCOPED_INFO(sentence);
  CHECK(c.verdict == (weft::simd::keeps_bits<> ? same : to_rounding));
}

TEST_CASE("a passport is computed anew from its ids, without a tokenizer") {
  const auto at = directory("one");
  const auto p = weft::passport_of<tiny_bert>(at);
  weft::embedder<tiny_bert> embed(at);
  const auto vector_of = [&](weft::list<const std::int32_t> ids, auto) {
    const std::vector<std::int32_t> all(ids.begin(), ids.end());
    for (const auto& t : p.texts)
      if (t.ids == all) return t.vector;
    return std::vector<float>();
  };
  CHECK(compare(p, weft::recomputed(p, at, "float32", vector_of)).verdict == same);
  CHECK(compare(p, weft::recomputed(p, at, "of another kind", vector_of)).verdict == differs);
  const auto digests = weft::passport::parse(p.json(false), "p.json");
  CHECK(refusal_of([&] { weft::recomputed(digests, at, "float32", vector_of); }).find("a passport without ids") !=
        std::string::npos);
}

}  // namespace passport_test
