#include <fstream>
#include <weft/io/tokenizer_json.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace tokenizer_json_test {

using namespace weft;

using json = nlohmann::json;

const std::string data = WEFT_TEST_DATA "/tokenizers/wordpiece/";

using files = std::vector<std::pair<std::string, std::string>>;

// A directory of its own for each test, with the given files.
struct directory {
  std::filesystem::path path;
  explicit directory(const files& contents)
      : path(weft_test::temporary_folder() / ("tokenizer_" + std::to_string(++count()))) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
    for (const auto& [name, text] : contents) std::ofstream(path / name, std::ios::binary) << text;
  }
  ~directory() { std::filesystem::remove_all(path); }
  static int& count() {
    static int n = 0;
    return n;
  }
};

const std::string vocab_text = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nweav\n##ing\nNow\nnow\n";

json small() {
  return json::parse(R"({
    "version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [
      {"id": 4, "content": "[MASK]", "single_word": false, "lstrip": true, "rstrip": false,
       "normalized": false, "special": true},
      {"id": 9, "content": "<x>", "single_word": false, "lstrip": false, "rstrip": false,
       "normalized": true, "special": false}],
    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
      "strip_accents": null, "lowercase": true},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
      "max_input_chars_per_word": 100,
      "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4,
                "weav": 5, "##ing": 6, "Now": 7, "now": 8}}})");
}

json with(const char* pointer, const json& value) {
  json document = small();
  document[json::json_pointer(pointer)] = value;
  return document;
}

std::string failure(const json& document, const tokenizer_reading& how = {}) {
  return refusal_of([&] { (void)parse_tokenizer(document.dump(), "t.json", how); });
}

std::string failure(const std::filesystem::path& path) {
  const std::string what = refusal_of([&] { (void)read_tokenizer(path); }), prefix = path.string();
  return what.starts_with(prefix) ? what.substr(prefix.size()) : what;
}

using ids = std::vector<std::int32_t>;

TEST_CASE("a saved tokenizer.json is the tokenizer that was saved", "[tokenizer_json]") {
  const tokenizer w = read_tokenizer(data + "cased_saved");
  CHECK(w.size() == 2000);
  REQUIRE(w.as<wordpiece>());
  CHECK(!w.as<wordpiece>()->options().lowercase);
  CHECK(!w.options().model_max_length);
  std::ifstream texts(WEFT_TEST_DATA "/tokenizers/lines.jsonl"), rows(data + "cased.jsonl");
  std::vector<std::string> wrong;
  std::size_t count = 0;
  for (std::string text, row; std::getline(texts, text) && std::getline(rows, row); ++count)
    if (w.encode(json::parse(text).get<std::string>()).ids != json::parse(row)["ids"].get<ids>()) wrong.push_back(text);
  CHECK(count == 395);
  CHECK(wrong.empty());
  const tokenizer same = read_tokenizer(data + "cased_saved/tokenizer.json");
  CHECK(same.encode("In the beginning").ids == w.encode("In the beginning").ids);
}

TEST_CASE("a vocab.txt alone is uncased", "[tokenizer_json]") {
  const directory d({{"vocab.txt", vocab_text}});
  CHECK(read_tokenizer(d.path).encode("Now").ids == ids{2, 8, 3});
  CHECK(read_tokenizer(d.path / "vocab.txt").encode("Now").ids == ids{2, 8, 3});
  CHECK(read_tokenizer(d.path, {.lowercase = false}).encode("Now").ids == ids{2, 7, 3});
  const tokenizer w = read_tokenizer(data + "vocab_uncased.txt");
  CHECK(w.encode("Hello, my dog is cute").ids == ids{101, 7592, 1010, 2026, 3899, 2003, 10140, 102});
}

TEST_CASE("tokenizer_config.json tells how to use vocab.txt", "[tokenizer_json]") {
  const directory d(
      {{"vocab.txt", vocab_text},
       {"tokenizer_config.json",
        R"({"do_lower_case": false, "strip_accents": true, "tokenize_chinese_chars": false, "model_max_length": 512,
                          "tokenizer_class": "BertTokenizerFast", "mask_token": {"content": "[MASK]", "lstrip": false},
                          "added_tokens_decoder": {"9": {"content": "<x>", "lstrip": true, "special": true}}})"}});
  const tokenizer w = read_tokenizer(d.path);
  CHECK(w.encode("Now  <x>").ids == ids{2, 7, 9, 3});
  CHECK(w.encode("N\xc3\xb3w").ids == ids{2, 7, 3});
  CHECK(w.options().model_max_length == 512);
  CHECK(!w.as<wordpiece>()->options().chinese_characters);
  CHECK(w.encode("Now  <x>").offsets[2] == text_range{3, 8});
}

TEST_CASE("tokenizer.json wins over vocab.txt", "[tokenizer_json]") {
  const directory d({{"vocab.txt", "nothing\n"},
                     {"tokenizer.json", small().dump()},
                     {"tokenizer_config.json", R"({"do_lower_case": false, "model_max_length": 64})"}});
  const tokenizer w = read_tokenizer(d.path);
  CHECK(w.encode("Now").ids == ids{2, 8, 3});
  CHECK(w.options().model_max_length == 64);
  CHECK(read_tokenizer(d.path, {.lowercase = false}).encode("Now").ids == ids{2, 7, 3});
}

TEST_CASE("added tokens keep their flags", "[tokenizer_json]") {
  const tokenizer w = parse_tokenizer(small().dump());
  const encoding e = w.encode("weaving <X> [MASK]");
  CHECK(e.ids == ids{2, 5, 6, 9, 4, 3});
  CHECK(e.offsets[4] == text_range{11, 18});
  CHECK(w.decode(e.ids) == "weaving <x>");
}

TEST_CASE("stored truncation waits to be asked for, stored padding is ignored", "[tokenizer_json]") {
  json document =
      with("/truncation", {{"direction", "Right"}, {"max_length", 3}, {"strategy", "OnlyFirst"}, {"stride", 0}});
  document["padding"] = {{"strategy", {{"Fixed", 128}}}, {"direction", "Right"}, {"pad_id", 0}};
  CHECK(parse_tokenizer(document.dump()).encode("now now").ids == ids{2, 8, 8, 3});
  CHECK(parse_tokenizer(document.dump(), "t.json", {.stored_truncation = true}).encode("now now").ids == ids{2, 8, 3});
  document["truncation"]["direction"] = "Left";
  CHECK(parse_tokenizer(document.dump()).options().truncation_side == truncation_side::left);
  CHECK(parse_tokenizer(document.dump(), "t.json", {.stored_truncation = true}).encode("weaving now").ids ==
        ids{2, 8, 3});
  document["truncation"]["direction"] = "Up";
  CHECK(failure(document) == "t.json: truncation.direction: found \"Up\", wanted Right or Left");
}

TEST_CASE("old files without the type of the model are read", "[tokenizer_json]") {
  json document = small();
  document["model"].erase("type");
  CHECK(parse_tokenizer(document.dump()).encode("now").ids == ids{2, 8, 3});
  document["model"].erase("max_input_chars_per_word");
  CHECK(failure(document).starts_with("t.json: model: found no type, and neither merges nor max_input"));
}

TEST_CASE("what weft does not know is refused by name", "[tokenizer_json]") {
  CHECK(failure(with("/normalizer", {{"type", "ByteLevel"}}))
            .starts_with("t.json: normalizer: found \"ByteLevel\", wanted "));
  CHECK(failure(with("/pre_tokenizer", {{"type", "UnicodeScripts"}}))
            .starts_with("t.json: pre_tokenizer: found \"UnicodeScripts\", wanted "));
  CHECK(failure(with("/pre_tokenizer", {{"type", "ByteLevel"}}))
            .starts_with("t.json: pre_tokenizer: found ByteLevel with a WordPiece model, wanted "));
  CHECK(failure(with("/pre_tokenizer", {{"type", "CharDelimiterSplit"}, {"delimiter", "ab"}})) ==
        "t.json: pre_tokenizer.delimiter: found \"ab\", wanted one character");
  CHECK(failure(with("/model/type", "WordLevel")) ==
        "t.json: model: found \"WordLevel\", wanted WordPiece, Unigram or BPE");
  CHECK(failure(with("/post_processor", {{"type", "Unheard"}})) ==
        "t.json: post_processor: found \"Unheard\", wanted TemplateProcessing, BertProcessing, RobertaProcessing, "
        "ByteLevel or Sequence");
  CHECK(failure(with("/post_processor", nullptr)) ==
        "t.json: post_processor: found 0 special tokens, wanted those of BERT, [CLS] A [SEP]");
  CHECK(failure(with("/decoder", {{"type", "BPEDecoder"}})) ==
        "t.json: decoder: found \"BPEDecoder\", wanted WordPiece");
  CHECK(failure(with("/normalizer/unheard_of", 1)) ==
        "t.json: normalizer: found the key \"unheard_of\", wanted only type, clean_text, handle_chinese_chars, "
        "strip_accents, lowercase");
  CHECK(failure(with("/version", "2.0")) == "t.json: version: found \"2.0\", wanted 1.0");
}

TEST_CASE("every piece has one id, and holes are no more than pieces", "[tokenizer_json]") {
  CHECK(failure(with("/model/vocab/now", 99)) ==
        "t.json: model.vocab, \"now\": found 99, wanted an id from 0 to 17, as there are 9 pieces");
  CHECK(failure(with("/model/vocab/now", -1)) ==
        "t.json: model.vocab, \"now\": found -1, wanted an id from 0 to 17, as there are 9 pieces");
  CHECK_THAT(failure(with("/model/vocab/now", 4000000000000000000)), mentions("found 4000000000000000000"));
  CHECK_THAT(failure(with("/model/vocab/now", "8")), mentions("found \"8\""));
  CHECK(failure(with("/model/vocab/now", 5)) ==
        "t.json: model.vocab, \"weav\": found id 5, which \"now\" has too, wanted an id of its own");
  CHECK(failure(with("/model/vocab", json::array())) ==
        "t.json: model.vocab: found an array of 0 values, wanted an object of pieces and ids");
  CHECK(parse_tokenizer(with("/added_tokens/1/id", 2000000000).dump()).find("<x>") == 9);  // as the library
  CHECK(failure(with("/added_tokens/0/id", 5)) ==
        "t.json: added token \"[MASK]\": found id 5, wanted 4, its id in the vocabulary");
  CHECK(failure(with("/added_tokens/1/content", "")) ==
        "t.json: added token 1: found an empty one, wanted each text once");
}

TEST_CASE("special tokens must be those of the vocabulary", "[tokenizer_json]") {
  json without = small();
  without["model"]["vocab"].erase("[UNK]");
  without["model"]["vocab"]["now"] = 1;
  without["added_tokens"][1]["id"] = 8;
  CHECK(failure(without).starts_with("t.json: unknown token: found a vocabulary without [UNK], wanted a piece [UNK]"));
  CHECK(failure(with("/post_processor/sep/1", 5)) ==
        "t.json: post_processor, \"[SEP]\": found id 5, wanted 3, its id in the vocabulary");
  CHECK(failure(with("/post_processor/sep", json::array({"[SEP]"}))) ==
        "t.json: post_processor.sep: found an array of 1 values, wanted a token and its id");
}

TEST_CASE("templates put special tokens where they say", "[tokenizer_json]") {
  std::ifstream file(data + "cased_saved/tokenizer.json");
  json document = json::parse(file);
  document["post_processor"]["pair"][3]["Sequence"]["type_id"] = 0;
  document["post_processor"]["pair"][4]["SpecialToken"]["type_id"] = 0;
  const tokenizer w = parse_tokenizer(document.dump());
  const encoding e = w.encode_pair("a", "b");
  CHECK(e.segments == ids{0, 0, 0, 0, 0});
  CHECK(e.first == token_range{1, 2});
  CHECK(e.second == token_range{3, 4});
  CHECK(w.special_tokens(true) == 3);
}

TEST_CASE("truncated files and missing ones are errors", "[tokenizer_json]") {
  const std::string text = small().dump();
  std::size_t accepted = 0;
  for (std::size_t n = 0; n < text.size(); ++n) try {
      (void)parse_tokenizer(text.substr(0, n));
      ++accepted;
    } catch (const error&) {
    }
  CHECK(accepted == 0);
  const directory empty(files{});
  CHECK(failure(empty.path) ==
        ": found neither tokenizer.json nor vocab.txt, nor vocab.json with merges.txt, wanted one of them; copy the "
        "tokenizer's files beside the model's");
  CHECK(failure(empty.path / "none.txt").starts_with(": found no such file"));
  const directory twice(files{{"vocab.txt", "[UNK]\n[CLS]\n[SEP]\na\n\nb \r\na\n"}});
  const tokenizer last = read_tokenizer(twice.path);
  CHECK(last.encode("a b").ids == ids{1, 6, 5, 2});
  CHECK(last.size() == 7);
  CHECK(last.token(3) == "");
  CHECK(last.decode(ids{3, 6, 4, 5}) == "a b");
  const directory more(files{{"vocab.txt", "[UNK]\n[CLS]\n[SEP]\na\na\n"}, {"added_tokens.json", R"({"<x>": 5})"}});
  CHECK(failure(more.path) ==
        "/vocab.txt: added token \"<x>\": found a vocabulary that lacks it and has holes, wanted one without holes, in "
        "which the next id is free");
  const directory japanese(
      {{"vocab.txt", vocab_text}, {"tokenizer_config.json", R"({"tokenizer_class": "BertJapaneseTokenizer"})"}});
  CHECK(failure(japanese.path)
            .starts_with("/tokenizer_config.json: tokenizer_class: found \"BertJapaneseTokenizer\", wanted"));
}

}  // namespace tokenizer_json_test
