#include <weft/pipeline/tagger.hpp>

#include <sstream>
#include <weft/io/json.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/text/byte_level_bpe.hpp>

#include "catch.hpp"
#include "pipeline/files.hpp"

namespace tagger_test {

using namespace weft_test;
using weft::index_t;
using weft::joining;

struct relu_bert : tiny_bert {
  using feed_forward = weft::dense<weft::relu>;
};

const std::vector<std::string> labels{"O", "B-PER", "I-PER", "B-LOC", "I-LOC"};

// The recorded checkpoint with these labels, as scripts/make_tag_cases.py makes it.
fs::path labelled(const std::string& name) {
  const auto at = tiny_directory("bert_tokens", name);
  std::ifstream in(at / "config.json");
  std::string config{std::istreambuf_iterator<char>(in), {}};
  in.close();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string number = std::to_string(i), said = "\"" + number + "\": \"LABEL_" + number + "\"";
    config.replace(config.find(said), said.size(), "\"" + number + "\": \"" + labels[i] + "\"");
    const std::string back = "\"LABEL_" + number + "\": " + number;
    config.replace(config.find(back), back.size(), "\"" + labels[i] + "\": " + number);
  }
  write_file(at / "config.json", config);
  return at;
}

std::vector<weft::tagged_span> recorded_spans(const nlohmann::json& of) {
  std::vector<weft::tagged_span> spans;
  for (const auto& s : of)
    spans.push_back(
        {s["label"].get<std::string>(), s["score"].get<float>(), s["begin"].get<index_t>(), s["end"].get<index_t>()});
  return spans;
}

TEST_CASE("the spans of a hundred lines are the reference's, in every way of joining") {
  const auto at = labelled("tags");
  const auto file = weft::mapped_file::open(data() / "pipelines" / "tags.jsonl");
  std::istringstream in{std::string(file->text())};
  std::vector<nlohmann::json> lines;
  std::vector<std::string> texts;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(weft::parse_json(line, "tags.jsonl"));
    texts.push_back(lines.back()["text"].get<std::string>());
  }
  REQUIRE(texts.size() == 100);
  weft::thread_pool pool(2);
  const std::pair<const char*, joining> ways[] = {{"none", joining::none},
                                                  {"simple", joining::simple},
                                                  {"first", joining::first},
                                                  {"average", joining::average},
                                                  {"max", joining::maximum}};
  for (const auto& [name, how] : ways) {
    weft::tagger<relu_bert> tag(at, {.join = how});
    weft::tagger<relu_bert> threaded(at, {.run = pool, .join = how, .batch_tokens = 100});
    const auto together = tag.all(texts), in_batches = threaded.all(texts);
    index_t spans = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      INFO(name << ": " << texts[i]);
      const auto wanted = recorded_spans(lines[i][name]);
      REQUIRE(together[i].size() == wanted.size());
      REQUIRE(in_batches[i].size() == wanted.size());
      for (std::size_t k = 0; k < wanted.size(); ++k, ++spans) {
        CHECK(together[i][k].label == wanted[k].label);
        CHECK(together[i][k].begin == wanted[k].begin);
        CHECK(together[i][k].end == wanted[k].end);
        CHECK(together[i][k].score == Approx(wanted[k].score).margin(1e-5));
        CHECK(in_batches[i][k].score == together[i][k].score);  // to the bit
      }
    }
    CHECK(spans > 100);
  }
}

// One row of probabilities for each token.
std::vector<weft::tagged_span> joined(std::string_view text, const weft::encoding& e, const weft::tokenizer& words,
                                      const std::vector<std::vector<float>>& rows, joining how) {
  std::vector<float> all;
  for (const auto& row : rows) all.insert(all.end(), row.begin(), row.end());
  const std::vector<std::string> ignored{"O"};
  return weft::join_tags(text, e, weft::detail::word_parts(words), all, labels, how, ignored);
}

TEST_CASE("words have one label, and B- begins a new span") {
  const weft::tokenizer words(weft::wordpiece(tiny_vocabulary(120)));
  const std::string text = "cating cat the";  // cat ##ing cat the
  const auto e = words.encode(text);
  REQUIRE(e.size() == 6);
  const std::vector<float> nothing(5), outside{.9f, .1f, 0, 0, 0}, person{0, .6f, .2f, .2f, 0},
      inside{0, 0, .1f, .2f, .7f}, goes_on{0, .1f, .8f, .1f, 0};
  const std::vector<std::vector<float>> rows{nothing, person, inside, goes_on, outside, nothing};
  const auto one = joined(text, e, words, rows, joining::none);
  REQUIRE(one.size() == 3);
  CHECK(one[1].label == "I-LOC");
  CHECK(one[1].begin == 3);
  const auto simple = joined(text, e, words, rows, joining::simple);
  REQUIRE(simple.size() == 3);
  CHECK(simple[1].label == "LOC");
  const auto first = joined(text, e, words, rows, joining::first);
  REQUIRE(first.size() == 1);  // B-PER, I-PER: one name of two words
  CHECK(first[0].label == "PER");
  CHECK(first[0].begin == 0);
  CHECK(first[0].end == 10);
  CHECK(first[0].score == Approx(.7));
  CHECK(joined(text, e, words, rows, joining::maximum)[0].label == "LOC");
  const auto average = joined(text, e, words, rows, joining::average);  // .3, .15, .2, .35
  CHECK(average[0].label == "LOC");
  CHECK(average[0].score == Approx(.35));
  const auto two = joined(text, e, words, {nothing, person, goes_on, person, outside, nothing}, joining::simple);
  REQUIRE(two.size() == 2);
  CHECK(two[0].end == 6);
  CHECK(two[1].begin == 7);
}

TEST_CASE("texts of no tokens have no spans, and what is no text is refused") {
  weft::tagger<relu_bert> tag(labelled("no_tags"));
  CHECK(tag("").empty());
  CHECK(tag.all(std::vector<std::string>()).empty());
  const std::vector<std::pair<std::string, std::string>> pairs{{"a", "b"}};
  CHECK_THAT(refusal_of([&] { tag.all(pairs); }), mentions("found a pair, wanted texts alone"));
  CHECK_THAT(refusal_of([&] { weft::tagger<tiny_bert>(tiny_directory("bert_qa", "no_tagger")); }),
             mentions("classifier"));
}

}  // namespace tagger_test
