// Texts of no tokens, and results that are no numbers, through every door. The sanitizers run this file, too: an empty
// sequence has no first row, and what stands in its place is the row of a neighbour, or none.
#include <array>
#include <thread>
#include <weft/program/answer.hpp>
#include <weft/program/c_interface.hpp>
#include <weft/program/classify.hpp>
#include <weft/program/fill_mask.hpp>
#include <weft/program/similar.hpp>

#include "catch.hpp"
#include "changed_weights.hpp"
#include "pipeline/files.hpp"
#include "pipeline/program_files.hpp"

namespace edges_test {

using namespace weft_test;

/// A recorded checkpoint with a tokenizer that puts no special tokens around a text.
fs::path bare_directory(const std::string& model, const std::string& name) {
  const auto at = empty_directory(name);
  for (const char* file : {"config.json", "model.safetensors"})
    fs::copy_file(data() / "models" / model / file, at / file);
  const std::string space = R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "always", "split": true})";
  write_file(at / "tokenizer.json",
             R"({"version": "1.0", "truncation": null, "padding": null, "normalizer": {"type": "Lowercase"},
 "added_tokens": [{"id": 5, "content": "<mask>", "single_word": false, "lstrip": false, "rstrip": false,
                   "normalized": false, "special": true}],
 "pre_tokenizer": )" +
                 space + R"(, "post_processor": null, "decoder": )" + space +
                 R"(, "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false, "vocab": [["?", 0], ["_we", -1],
 ["av", -2], ["e", -3.5], ["_", -4], ["<mask>", 0]]}})");
  write_file(at / "tokenizer_config.json", R"({"mask_token": "<mask>"})");
  return at;
}

weft::sentence_modules modules_of(const fs::path& model, const weft::pooling_modes& how, bool normalize) {
  weft::sentence_modules modules;
  modules.model = model;
  modules.pooling = how;
  modules.normalize = normalize;
  return modules;
}

TEST_CASE("a text of no tokens has the vector of zeros in every pooling, wherever it stands") {
  const auto at = bare_directory("bert_mlm", "no_tokens_embed");
  const std::vector<std::string> texts{"", "weave", "", "we", ""};
  using enum weft::pooling;
  for (const weft::pooling_modes& pooling :
       {weft::pooling_modes(first_token), weft::pooling_modes(maximum), weft::pooling_modes(mean),
        weft::pooling_modes(square_root_mean), weft::pooling_modes(weighted_mean), weft::pooling_modes(last_token),
        weft::pooling_modes{last_token, mean, maximum}})
    for (const bool normalize : {false, true}) {
      weft::embedder<tiny_bert> embed(modules_of(at, pooling, normalize));
      const std::vector<float> zeros(static_cast<std::size_t>(32 * pooling.count()));
      REQUIRE(embed.width() == 32 * pooling.count());
      REQUIRE(embed.tokenizer().encode("").empty());
      CHECK(embed("") == zeros);
      CHECK(embed.all(std::vector<std::string>{"", ""}).count() == 2);
      const auto all = embed.all(texts);
      for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto row = all[static_cast<weft::index_t>(i)];
        CHECK(std::vector<float>(row.begin(), row.end()) == embed(texts[i]));
        CHECK((embed(texts[i]) == zeros) == texts[i].empty());
      }
    }
}

TEST_CASE("a classifier reads a row of zeros for a text of no tokens") {
  weft::classifier<tiny_bert> sort(bare_directory("bert_classify2", "no_tokens_classify"));
  const auto alone = sort("");
  const auto all = sort.all(std::vector<std::string>{"we", "", "weave", ""});
  REQUIRE(all.size() == 4);
  CHECK(all[1].logits == alone.logits);
  CHECK(all[3].logits == alone.logits);
  CHECK(all[0].logits == sort("we").logits);
  CHECK(all[0].logits != alone.logits);
  CHECK(sort("", "").logits == alone.logits);
}

TEST_CASE("where neither question nor context has tokens, nothing answers") {
  weft::answer<tiny_bert> ask(bare_directory("bert_qa", "no_tokens_answer"));
  for (const auto* question : {"", "we"}) {
    const auto found = ask(question, "");
    CHECK(found.empty());
    CHECK(found.score == 1);
  }
  CHECK(!ask("", "weave").empty());
  CHECK(ask.best("", "").size() == 1);
}

TEST_CASE("masks are filled where they are all that there is, and missed where there is nothing") {
  weft::fill_mask<tiny_bert> fill(bare_directory("bert_mlm", "no_tokens_fill"));
  CHECK(fill("<mask>", 3)[0].guesses.size() == 3);
  CHECK_THAT(refusal_of([&] { fill(""); }), mentions("no mask"));
}

// What a program says to lines, two of them without tokens.
template <class Task>
std::string said(const fs::path& model, std::vector<const char*> words, std::array<const char*, 3> texts) {
  words.insert(words.begin(), {"", "--quiet"});
  auto r = weft::program::read_request(static_cast<int>(words.size()), words.data(), Task::options);
  r.directory = model.string();
  Task task(r, weft::program::how_of(r, {}), weft::program::files_of(r, Task::sentences));
  std::string out;
  weft::index_t number = 0;
  std::vector<weft::program::line> lines;
  for (const auto* text : texts) lines.push_back({++number, text, {}});
  for (std::size_t i = 0; i < lines.size(); i += static_cast<std::size_t>(Task::together))
    task.append(
        weft::list<const weft::program::line>(lines).part(
            static_cast<weft::index_t>(i), std::min<weft::index_t>(3, static_cast<weft::index_t>(i) + Task::together)),
        out);
  task.finish(out);
  return out;
}

TEST_CASE("programs answer lines of no tokens, and so does the C interface") {
  const auto vectors = bare_directory("bert_mlm", "no_tokens_programs");
  const auto first = said<weft::program::embed<tiny_bert>>(vectors, {"--pooling", "first"}, {"", "weave", ""});
  std::string zeros;
  for (int i = 0; i < 32; ++i) zeros += i < 31 ? "0 " : "0\n";
  CHECK(first.starts_with(zeros));
  for (const auto* how : {"mean", "last", "max", "sqrt-mean", "weighted-mean"})
    CHECK(said<weft::program::embed<tiny_bert>>(vectors, {"--pooling", how}, {"", "weave", ""}).starts_with(zeros));
  CHECK(first.ends_with("\n" + zeros));
  CHECK(said<weft::program::similar<tiny_bert>>(vectors, {"--query", "we"}, {"", "we", ""}) ==
        "1.000  we\n0.000  \n0.000  \n");
  CHECK(said<weft::program::similar<tiny_bert>>(vectors, {"--query", ""}, {"", "we", ""}) ==
        "0.000  \n0.000  we\n0.000  \n");
  const auto labels = said<weft::program::classify<tiny_bert>>(bare_directory("bert_classify2", "no_tokens_labels"), {},
                                                               {"", "weave", ""});
  CHECK(std::count(labels.begin(), labels.end(), '\n') == 3);
  CHECK(said<weft::program::answer<tiny_bert>>(bare_directory("bert_qa", "no_tokens_answers"), {"--question", ""},
                                               {"", "we", ""})
            .starts_with("(no answer) 1.000\nwe "));

  using model = weft::program::c_model<weft::program::embed<tiny_bert>>;
  const auto directory = vectors.string();
  const char* const options[] = {"--threads=1", "--pooling=first"};
  model* opened = nullptr;
  REQUIRE(model::open(directory.c_str(), 2, options, "", {}, &opened) == weft::program::c_ok);
  std::array<float, 32> values;
  values.fill(1);
  CHECK(model::values(opened, nullptr, 0, values.data(), 32) == weft::program::c_ok);
  CHECK(values == std::array<float, 32>{});
  char* json = nullptr;
  CHECK(model::answer(opened, "", 0, &json) == weft::program::c_ok);
  CHECK(std::string(json).starts_with("{\"line\":1,\"embedding\":[0,0,"));
  std::free(json);

  // Several threads at once, several texts a call.
  const std::string weave = "weave", we = "we";
  const char* const texts[] = {weave.data(), nullptr, we.data()};
  const std::size_t bytes[] = {weave.size(), 0, we.size()};
  std::array<float, 3 * 32> alone{};
  for (std::size_t i = 0; i < 3; ++i)
    REQUIRE(model::values(opened, texts[i], bytes[i], alone.data() + i * 32, 32) == weft::program::c_ok);
  std::array<std::array<float, 3 * 32>, 4> found;
  std::vector<std::thread> callers;
  for (auto& mine : found)
    callers.emplace_back([&] {
      for (int again = 0; again < 3; ++again) {
        mine.fill(1);
        model::all_values(opened, 3, texts, bytes, mine.data(), mine.size());
        char* said = nullptr;
        model::all_answers(opened, 3, texts, bytes, &said);
        std::free(said);
      }
    });
  for (auto& caller : callers) caller.join();
  for (const auto& mine : found) CHECK(mine == alone);
  CHECK(model::all_values(opened, 3, texts, bytes, found[0].data(), 95) == weft::program::c_input);
  CHECK_THAT(weft::program::c_failure(), mentions("wanted room for 3 times 32"));
  const char* const odd[] = {"we", "\xff"};
  const std::size_t lengths[] = {2, 1};
  CHECK(model::all_values(opened, 2, odd, lengths, found[0].data(), 64) == weft::program::c_input);
  CHECK_THAT(weft::program::c_failure(), mentions("text 2: byte 1"));
  delete opened;
}

// ---- results that are no numbers ----------------------------------------------------------------------------------

// Weights that are finite and make results that are not; NaN where `not_finite`.
fs::path overflowing(const std::string& model, const std::string& tensor, bool not_finite = false) {
  const auto at = bare_directory(model, "overflowing_" + model + (not_finite ? "_nan" : ""));
  change_weights(at / "model.safetensors", tensor, not_finite ? weft::not_a_number() : 3e38f);
  return at;
}
constexpr const char* last_norm = "bert.encoder.layer.1.output.LayerNorm.weight";
constexpr const char* refused_result = "wanted a result of finite numbers; allow_nonfinite, at the prompt";

TEST_CASE(
    "pipelines refuse results that are not finite with the number of their text, unless they are asked for them") {
  const std::vector<std::string> texts{"", "we", "weave"};
  {
    const auto how = modules_of(overflowing("bert_mlm", last_norm), weft::pooling::first_token, false);
    weft::embedder<tiny_bert> embed(how), any(how, {.allow_nonfinite = true});
    CHECK_THAT(refusal_of([&] { embed.all(texts); }), mentions("text 2: found infinity") && mentions(refused_result));
    CHECK(refusal_of([&] { embed("we"); }).starts_with("found infinity, "));
    CHECK(embed("") == std::vector<float>(32));
    CHECK(any.all(texts).count() == 3);
    CHECK(!weft::all_finite(any("we")));
  }
  {
    const auto at = overflowing("bert_classify2", "classifier.weight");
    weft::classifier<tiny_bert> sort(at), any(at, {.allow_nonfinite = true});
    CHECK_THAT(refusal_of([&] { sort.all(texts); }), mentions("text 2: found ") && mentions(refused_result));
    CHECK(refusal_of([&] { sort("we"); }).starts_with("found "));
    CHECK(any.all(texts).size() == 3);
    CHECK(any.top("we", 2).size() == 2);
  }
  {
    const auto at = overflowing("bert_qa", "qa_outputs.weight");
    weft::answer<tiny_bert> ask(at), any(at, {.allow_nonfinite = true});
    CHECK_THAT(refusal_of([&] { ask("we", "weave"); }), mentions(refused_result));
    CHECK(!any.best("we", "weave we").empty());
  }
  {
    const auto at = overflowing("bert_mlm", "cls.predictions.transform.LayerNorm.weight");
    weft::fill_mask<tiny_bert> fill(at), any(at, {.allow_nonfinite = true});
    CHECK_THAT(refusal_of([&] { fill("<mask>"); }), mentions(refused_result));
    CHECK(any("<mask>", 3)[0].guesses.size() == 3);
  }
}

TEST_CASE("loading refuses weights that are not finite by name, unless it is told to take them") {
  const auto at = overflowing("bert_classify2", "classifier.bias", true);
  CHECK_THAT(
      refusal_of([&] { weft::classifier<tiny_bert>{at}; }),
      mentions("model.safetensors: tensor \"classifier.bias\": found NaN as value 1 of 2, wanted finite numbers; "
               "allow_nonfinite, at the prompt --allow-nonfinite, loads them all the same"));
  weft::classifier<tiny_bert> sort(at, {.allow_nonfinite = true});
  const auto best = sort("we");
  CHECK(std::isnan(best.logits[0]));
  CHECK(best.index == 0);  // NaN has a place in every order, though no meaning
}

TEST_CASE("programs and the C interface end with an error where a result is not finite") {
  const auto at = overflowing("bert_mlm", last_norm);
  CHECK_THAT(refusal_of([&] {
               said<weft::program::embed<tiny_bert>>(at, {"--pooling", "first"}, {"", "we", ""});
             }),
             mentions("text 2: found infinity"));
  CHECK_THAT(
      said<weft::program::embed<tiny_bert>>(at, {"--pooling", "first", "--json", "--allow-nonfinite"}, {"we", "", ""}),
      mentions("null"));
  CHECK(refusal_of([&] {
          said<weft::program::similar<tiny_bert>>(at, {"--query", "we"}, {"", "", ""});
        }).starts_with("--query: found "));
  CHECK_THAT(refusal_of([&] {
               said<weft::program::similar<tiny_bert>>(at, {"--query", ""}, {"", "we", ""});
             }),
             mentions(refused_result));
  // Where they are asked for, what has no place among numbers comes last.
  CHECK(said<weft::program::similar<tiny_bert>>(at, {"--query", "", "--allow-nonfinite"}, {"we", "", "weave"}) ==
        "0.000  \nnan  we\nnan  weave\n");

  using model = weft::program::c_model<weft::program::embed<tiny_bert>>;
  const auto directory = at.string();
  for (const bool allow : {false, true}) {
    const char* const options[] = {"--threads=1", "--pooling=first", "--allow-nonfinite"};
    model* opened = nullptr;
    REQUIRE(model::open(directory.c_str(), allow ? 3 : 2, options, "", {}, &opened) == weft::program::c_ok);
    std::array<float, 32> values;
    CHECK(model::values(opened, "we", 2, values.data(), 32) == (allow ? weft::program::c_ok : weft::program::c_input));
    if (!allow) CHECK_THAT(weft::program::c_failure(), mentions(refused_result));
    delete opened;
  }
}

}  // namespace edges_test
