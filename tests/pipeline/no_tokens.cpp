// Texts of no tokens, through every door. The sanitizers run this file, too: an empty sequence has no first row, and
// what stands in its place is the row of a neighbour, or none.
#include <array>
#include <weft/program/answer.hpp>
#include <weft/program/c_interface.hpp>
#include <weft/program/classify.hpp>
#include <weft/program/fill_mask.hpp>
#include <weft/program/similar.hpp>

#include "catch.hpp"
#include "pipeline/files.hpp"
#include "pipeline/program_files.hpp"

namespace no_tokens_test {

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

weft::sentence_modules modules_of(const fs::path& model, weft::pooling how, bool normalize) {
  weft::sentence_modules modules;
  modules.model = model;
  modules.pooling = how;
  modules.normalize = normalize;
  return modules;
}

TEST_CASE("a text of no tokens has the vector of zeros in every pooling, wherever it stands") {
  const auto at = bare_directory("bert_mlm", "no_tokens_embed");
  const std::vector<std::string> texts{"", "weave", "", "we", ""};
  for (const auto pooling : {weft::pooling::mean, weft::pooling::first_token})
    for (const bool normalize : {false, true}) {
      weft::embedder<tiny_bert> embed(modules_of(at, pooling, normalize));
      REQUIRE(embed.tokenizer().encode("").empty());
      CHECK(embed("") == std::vector<float>(32));
      CHECK(embed.all(std::vector<std::string>{"", ""}).count() == 2);
      const auto all = embed.all(texts);
      for (std::size_t i = 0; i < texts.size(); ++i) {
        const float* const row = all.row(static_cast<weft::index>(i));
        CHECK(std::vector<float>(row, row + 32) == embed(texts[i]));
        CHECK((embed(texts[i]) == std::vector<float>(32)) == texts[i].empty());
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
  weft::index number = 0;
  std::vector<weft::program::line> lines;
  for (const auto* text : texts) lines.push_back({++number, text, {}});
  for (std::size_t i = 0; i < lines.size(); i += static_cast<std::size_t>(Task::together))
    task.append(
        weft::list<const weft::program::line>(lines).part(
            static_cast<weft::index>(i), std::min<weft::index>(3, static_cast<weft::index>(i) + Task::together)),
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
  delete opened;
}

}  // namespace no_tokens_test
