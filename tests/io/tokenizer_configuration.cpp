#include <weft/io/tokenizer_json.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "text/golden.hpp"

namespace tokenizer_configuration_test {

using namespace weft;

using json = nlohmann::json;
using ids = std::vector<std::int32_t>;

// A case's directory: the files of its base, with its changes.
std::filesystem::path files_of(const json& all, const json& c) {
  const auto at = scratch_directory("tokenizer_case");
  json files = all["bases"][c["base"].get<std::string>()];
  for (const auto& [name, change] : c["changes"].items())
    if (change.is_object() && files.contains(name))
      files[name].update(change);
    else
      files[name] = change;
  for (const auto& [name, content] : files.items())
    write_file(at / name, content.is_string() ? content.get<std::string>() : content.dump());
  return at;
}

// What a tokenizer makes of the texts, as cases.json has it.
json answer_of(const tokenizer& t, const json& texts) {
  json out;
  for (const auto& text : texts) out["ids"].push_back(t.encode(text.get<std::string>()).ids);
  const auto text = texts[0].get<std::string>();
  const auto first = t.encode(text), pair = t.encode_pair("hello", "the world");
  for (const auto& [begin, end] : first.offsets) out["offsets"].push_back(begin), out["offsets"].push_back(end);
  out["cut"] = t.encode(text, truncation{.max_length = 6, .side = t.options().truncation_side}).ids;
  out["pair"] = pair.ids;
  out["types"] = pair.segments;
  out["decoded"] = t.decode(first.ids);
  out["longest"] = t.options().model_max_length.value_or(0);
  return out;
}

// The cases, and every key that the classes of transformers read: made by scripts/make_tokenizer_cases.py.
TEST_CASE("every key of a tokenizer's files is obeyed as transformers does it, or refused by name") {
  const auto all = json::parse(golden::content("cases.json"));
  std::map<std::string, json> alone;
  std::size_t refused = 0;
  for (const auto& c : all["cases"]) {
    INFO(c.dump(-1, ' ', true));
    const auto at = files_of(all, c);
    if (c.contains("refused")) {
      const auto key = c["refused"].get<std::string>();
      const auto what = refusal_of([&] { (void)read_tokenizer(at); });
      CAPTURE(what);
      CHECK(what.starts_with(at.string()));
      CHECK_THAT(what, mentions(": " + key + ": found "));
      ++refused;
      continue;
    }
    json got;
    const auto what = refusal_of([&] { got = answer_of(read_tokenizer(at), all["texts"]); });
    CHECK(what == "");
    auto& base = alone[c["base"].get<std::string>()];
    if (c["changes"].empty()) base = c;
    for (const auto& [key, value] : got.items()) {
      CAPTURE(key);
      CHECK(value == (c.contains(key) ? c[key] : base[key]));
    }
  }
  CHECK(alone.size() == 9);
  CHECK(all["cases"].size() > 430);
  CHECK(refused > 30);
}

TEST_CASE("a class of another type of model leaves tokenizer.json as it stands") {
  const auto all = json::parse(golden::content("cases.json"));
  const auto beside = [&](const std::string& base, const std::string& family) {
    return read_tokenizer(files_of(all, {{"base", base}, {"changes", {{"config.json", {{"model_type", family}}}}}}));
  };
  CHECK(beside("bert", "roberta").options().mask == "[MASK]");
  CHECK(beside("bert", "roberta").mask_id() == 4);
  CHECK(beside("xlm_roberta", "bert").options().mask == "<mask>");
  CHECK(beside("roberta", "bert").encode("hello").ids == beside("roberta", "roberta").encode("hello").ids);
}

TEST_CASE("what the files beside a vocabulary cannot mean is refused by file and key") {
  const auto refusal = [](const std::string& name, const std::string& text) {
    const auto at = scratch_directory("tokenizer_refusal");
    write_file(at / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n");
    write_file(at / name, text);
    auto what = refusal_of([&] { (void)read_tokenizer(at); });
    return what.starts_with(at.string()) ? what.substr(at.string().size() + 1) : what;
  };
  CHECK(refusal("tokenizer_config.json", "[]") ==
        "tokenizer_config.json: found an array of 0 values, wanted an object");
  CHECK(refusal("config.json", "3").starts_with("config.json: found 3, wanted an object"));
  CHECK(refusal("tokenizer_config.json", R"({"truncation_side": "up"})") ==
        "tokenizer_config.json: truncation_side: found \"up\", wanted right or left");
  CHECK(refusal("tokenizer_config.json", R"({"padding_side": "up"})") ==
        "tokenizer_config.json: padding_side: found \"up\", wanted right or left");
  CHECK(refusal("tokenizer_config.json", R"({"model_input_names": "input_ids"})")
            .starts_with("tokenizer_config.json: model_input_names: found "));
  CHECK(refusal("special_tokens_map.json", R"({"mask_token": 4})") ==
        "special_tokens_map.json: mask_token: found 4, wanted a token's text, or an object");
  CHECK(refusal("special_tokens_map.json", R"({"additional_special_tokens": "<x>"})") ==
        "special_tokens_map.json: additional_special_tokens: found \"<x>\", wanted an array of tokens");
  CHECK(refusal("added_tokens.json", R"({"<x>": "7"})").starts_with("added_tokens.json: <x>: found \"7\", wanted "));
  CHECK(refusal("added_tokens.json", R"({"<x>": 9})") == "");  // it gets the next id
  CHECK(refusal("config.json", R"({"auto_map": {"AutoTokenizer": ["t.T", null]}})")
            .starts_with("config.json: auto_map: found a tokenizer that is code"));
  CHECK(refusal("config.json", R"({"auto_map": {"AutoModel": "m.M"}})") == "");
  CHECK(refusal("config.json", R"({"model_type": "roberta"})")
            .starts_with("vocab.txt: tokenizer_class: found a vocab.txt, and nothing else"));
}

}  // namespace tokenizer_configuration_test
