#include <weft/io/post_processor.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace post_processor_test {

using namespace weft;

using json = nlohmann::json;

const char* const template_text = R"({"type": "TemplateProcessing",
  "single": [{"SpecialToken": {"id": "<c>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
  "pair": [{"SpecialToken": {"id": "<c>", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 2}},
           {"SpecialToken": {"id": "<s>", "type_id": 1}}, {"Sequence": {"id": "A", "type_id": 0}}],
  "special_tokens": {"<c>": {"id": "<c>", "ids": [7], "tokens": ["<c>"]},
                     "<s>": {"id": "<s>", "ids": [8, 9], "tokens": ["<s>", "<t>"]}}})";

json with(const char* pointer, const json& value) {
  json part = json::parse(template_text);
  part[json::json_pointer(pointer)] = value;
  return part;
}

detail::post_processor read(const json& part) {
  return detail::read_post_processor({{"post_processor", part}}, "t.json");
}

std::string failure(const json& part) {
  return refusal_of([&] { (void)read(part); });
}

// ids of the special tokens, A and B for the texts.
std::string shown(const std::vector<sequence_template::part>& parts) {
  std::string out;
  for (const auto& p : parts)
    out += (p.what == sequence_template::content::special      ? std::to_string(p.id)
            : p.what == sequence_template::content::first_text ? "A"
                                                               : "B") +
           ":" + std::to_string(p.segment) + " ";
  return out;
}

TEST_CASE("templates of any shape") {
  const auto p = read(json::parse(template_text));
  CHECK(shown(p.layout.single) == "7:0 A:0 ");
  CHECK(shown(p.layout.pair) == "7:0 B:2 8:1 9:1 A:0 ");
  REQUIRE(p.placed.size() == 4);
  CHECK(p.placed[3].name == "<t>");
  CHECK(p.placed[3].id == 9);
  CHECK(!p.trim_offsets);
}

TEST_CASE("BERT's, RoBERTa's, trimming alone, and a sequence") {
  const json bert = {{"type", "BertProcessing"}, {"sep", {"s", 2u}}, {"cls", {"c", 1u}}};
  CHECK(shown(read(bert).layout.pair) == "1:0 A:0 2:0 B:1 2:1 ");
  const auto roberta = read({{"type", "RobertaProcessing"},
                             {"sep", {"s", 2u}},
                             {"cls", {"c", 1u}},
                             {"trim_offsets", true},
                             {"add_prefix_space", false}});
  CHECK(shown(roberta.layout.pair) == "1:0 A:0 2:0 2:0 B:0 2:0 ");
  CHECK(roberta.trim_offsets);
  CHECK(!roberta.trim_keeps_prefix);
  const auto bytes = read({{"type", "ByteLevel"}});
  CHECK(shown(bytes.layout.single) == "A:0 ");
  CHECK(bytes.trim_offsets);
  CHECK(bytes.trim_keeps_prefix);
  const auto both = read({{"type", "Sequence"}, {"processors", {{{"type", "ByteLevel"}}, bert}}});
  CHECK(shown(both.layout.single) == "1:0 A:0 2:0 ");
  CHECK(both.trim_offsets);
  CHECK(shown(read(nullptr).layout.pair) == "A:0 B:1 ");
  CHECK(failure({{"type", "Sequence"}, {"processors", {bert, bert}}}) ==
        "t.json: post_processor: found \"BertProcessing\" after another that places special tokens, wanted one");
}

TEST_CASE("what is no template is refused") {
  CHECK(failure(with("/single/1/Sequence/id", "C")) ==
        "t.json: post_processor.single, part 1: found \"C\", wanted A or B");
  CHECK(failure(with("/single/1/Sequence/id", "B")) ==
        "t.json: post_processor.single: found A 0 times, B 1 times, wanted A once and no B");
  CHECK(failure(with("/pair/1/Sequence/id", "A")) ==
        "t.json: post_processor.pair: found A 2 times, B 0 times, wanted each once");
  CHECK(failure(with("/single/1", {{"Sequences", 1}})) ==
        "t.json: post_processor.single, part 1: found \"{\"Sequences\":1}\", wanted a SpecialToken or a Sequence");
  CHECK_THAT(failure(with("/single", json::object())), mentions("wanted an array of at most 64 parts"));
  CHECK(
      failure(with("/special_tokens/<s>/ids", json::array())) ==
      "t.json: post_processor.special_tokens, \"<s>\": found an array of 0 values, wanted an array of one id, or of a "
      "few");
  CHECK(failure(with("/special_tokens/<s>/ids/0", -1)) ==
        "t.json: post_processor.special_tokens, \"<s>\": found -1, wanted an id");
  CHECK_THAT(failure(with("/special_tokens/<s>/tokens", {"<s>"})), mentions("wanted as many tokens as ids"));
  CHECK(failure(with("/single/0/SpecialToken/type_id", -1)) ==
        "t.json: type_id: found -1, wanted an integer from 0 to 255");
  CHECK(failure({{"type", "BertProcessing"}, {"sep", {"s", 2u}}, {"cls", {1, "c"}}}) ==
        "t.json: post_processor.cls: found an array of 2 values, wanted a token and its id");
}

}  // namespace post_processor_test
