#include <weft/io/tokenizer_json.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "text/golden.hpp"

namespace subwords_json_test {

using namespace weft;

using json = nlohmann::json;
using ids = std::vector<std::int32_t>;

const std::string data = WEFT_TEST_DATA "/tokenizers/";

// The texts of lines.jsonl whose ids or offsets come out otherwise than the reference's.
std::vector<std::string> wrong_rows(const std::string& directory, const std::string& file, const std::string& key,
                                    const std::string& offsets, const tokenizer_reading& how = {}) {
  const tokenizer t = read_tokenizer(data + directory, how);
  const auto texts = golden::lines("lines.jsonl"), rows = golden::lines(file);
  REQUIRE(texts.size() == 395);
  REQUIRE(rows.size() == texts.size());
  std::vector<std::string> wrong;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string text = texts[i];
    const encoding e = t.encode(text);
    std::vector<weft::index_t> bytes, characters;
    for (const auto& [begin, end] : e.offsets)
      for (const weft::index_t at : {begin, end}) {
        bytes.push_back(at);
        characters.push_back(std::count_if(text.begin(), text.begin() + at,
                                           [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
      }
    const json& row = rows[i];
    if (row[key].get<ids>() != e.ids || row[offsets].get<std::vector<weft::index_t>>() != characters ||
        (row.contains("bytes") && row["bytes"].get<std::vector<weft::index_t>>() != bytes))
      wrong.push_back(texts[i].dump());
  }
  return wrong;
}

const std::vector<std::string> none;

json unigram_file() {
  return json::parse(R"({"version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [{"id": 1, "content": "[C]", "special": true}, {"id": 6, "content": "<new>", "special": false}],
    "normalizer": {"type": "Lowercase"},
    "pre_tokenizer": {"type": "Metaspace", "replacement": "_", "prepend_scheme": "always", "split": true},
    "post_processor": {"type": "BertProcessing", "sep": ["[C]", 1], "cls": ["[C]", 1]},
    "decoder": {"type": "Metaspace", "replacement": "_", "prepend_scheme": "always", "split": true},
    "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false,
      "vocab": [["?", 0], ["[C]", 0], ["_we", -1], ["av", -2], ["e", -3.5], ["_", -4]]}})");
}

json bpe_file() {
  json document = json::parse(
      R"({"version": "1.0", "added_tokens": [{"id": 256, "content": "<mask>", "lstrip": true, "special": true},
      {"id": 257, "content": "<s>", "special": true}, {"id": 258, "content": "</s>", "special": true}],
    "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
    "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 258], "cls": ["<s>", 257], "trim_offsets": true,
      "add_prefix_space": false},
    "decoder": {"type": "ByteLevel"},
    "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
      "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "vocab": {}, "merges": []}})");
  auto& model = document["model"];
  const auto add = [&](const std::string& piece) { model["vocab"].emplace(piece, model["vocab"].size()); };
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::string character;
    append_utf8(byte_character(static_cast<unsigned char>(byte)), character);
    add(character);
  }
  for (const char* piece : {"<mask>", "<s>", "</s>", "we", "\xc4\xa0we", "wea"}) add(piece);
  model["merges"] = {json::array({"w", "e"}), "\xc4\xa0 we", "we a"};
  return document;
}

json with(json document, const char* pointer, const json& value) {
  document[json::json_pointer(pointer)] = value;
  return document;
}

std::string failure(const json& document, const tokenizer_reading& how = {}) {
  return refusal_of([&] { (void)parse_tokenizer(document.dump(), "t.json", how); });
}

TEST_CASE("unigram files give the reference's ids and offsets") {
  const std::string sp = "sentencepiece/";
  CHECK(wrong_rows(sp + "unigram/albert_saved", sp + "unigram/golden.jsonl", "albert", "albert_chars") == none);
  CHECK(wrong_rows(sp + "unigram/albert_lower_saved", sp + "unigram/golden.jsonl", "albert_lower",
                   "albert_lower_chars") == none);
  CHECK(wrong_rows(sp + "deberta/deberta_saved", sp + "deberta/golden.jsonl", "deberta", "deberta_chars") == none);
  CHECK(wrong_rows(sp + "deberta/deberta_lower_punct_saved", sp + "deberta/golden.jsonl", "deberta_lower_punct",
                   "deberta_lower_punct_chars") == none);
  CHECK(wrong_rows(sp + "bigbird/bigbird_saved", sp + "bigbird/golden.jsonl", "bigbird", "bigbird_chars") == none);
}

TEST_CASE("byte-level files give the reference's ids and offsets") {
  CHECK(wrong_rows("bytelevel/roberta_saved", "bytelevel/roberta.jsonl", "ids", "chars") == none);
  CHECK(wrong_rows("bytelevel/roberta_prefix_space_saved", "bytelevel/roberta_prefix_space.jsonl", "ids", "chars") ==
        none);
  // Of these files alone the class makes a mask that leaves the white space before it where it is.
  CHECK(wrong_rows("bytelevel", "bytelevel/roberta.jsonl", "ids", "chars", {.family = "roberta"}) ==
        std::vector<std::string>{"\"the <mask> sat\""});
  CHECK(wrong_rows("bytelevel/modernbert_saved", "bytelevel/modernbert.jsonl", "ids", "chars") == none);
}

TEST_CASE("vocab.json with merges.txt is read as its class has it, or refused by name") {
  const auto at = std::filesystem::path(data) / "bytelevel";
  CHECK_THAT(refusal_of([&] { (void)read_tokenizer(at); }),
             mentions("vocab.json: tokenizer_class: found no file that names it, wanted a tokenizer.json, or Roberta"));
  const auto folder = scratch_directory("byte_level");
  const auto refused = [&](const std::string& vocabulary, const std::string& merges) {
    write_file(folder / "vocab.json", vocabulary), write_file(folder / "merges.txt", merges);
    return refusal_of([&] { (void)read_tokenizer(folder, {.family = "roberta"}); });
  };
  const std::string pieces = R"({"<s>": 0, "</s>": 1, "a": 2, "b": 3, "ab": 4)";
  CHECK(refused(pieces + "}", "#version: 0.2\r\na b\r\n") == "");
  CHECK_THAT(refused(pieces + "}", "a b\nab\n"), mentions("merges.txt: line 2: found \"ab\", wanted two pieces"));
  CHECK_THAT(refused(pieces + "}", "a b c"), mentions("merges.txt: line 1: found \"a b c\""));
  CHECK_THAT(refused(pieces + "}", "a \xff"), mentions("merges.txt: line 1: found "));
  CHECK_THAT(refused(pieces + "}", "a c"), mentions("vocab.json: merge 0: "));
  CHECK_THAT(refused(R"({"a": 0})", "#version: 0.2\n"),
             mentions("vocab.json: cls_token: found \"<s>\", which is no piece"));
  CHECK_THAT(refused("[]", ""), mentions("vocab.json: found an array of 0 values, wanted an object"));
  std::filesystem::remove(folder / "merges.txt");
  CHECK_THAT(refusal_of([&] { (void)read_tokenizer(folder); }), mentions("nor vocab.json with merges.txt"));
}

TEST_CASE("a unigram file is read in full") {
  const tokenizer t = parse_tokenizer(unigram_file().dump());
  REQUIRE(t.as<subwords<unigram>>());
  CHECK(!t.as<wordpiece>());
  const encoding e = t.encode("Weave<new>");
  CHECK(e.ids == ids{1, 2, 3, 4, 6, 1});
  CHECK(e.offsets[1] == text_range{0, 2});
  CHECK(t.decode(e.ids) == "weave<new>");
  CHECK(t.size() == 7);
  CHECK(t.mask_id() == -1);
  CHECK(t.encode_pair("we", "we").segments == ids{0, 0, 0, 1, 1});
  CHECK(t.encode("WE", std::nullopt).ids == ids{1, 2, 1});
  CHECK(parse_tokenizer(unigram_file().dump(), "t.json", {.lowercase = false}).pieces("we WE").ids == ids{2, 5, 0});
  json plain = with(unigram_file(), "/normalizer", nullptr);
  CHECK(parse_tokenizer(plain.dump(), "t.json", {.lowercase = true}).pieces("WE").ids == ids{2});
  CHECK(failure(unigram_file(), {.strip_accents = true}) ==
        "t.json: tokenizer_reading::strip_accents: found a value for it, wanted none, as only BERT's normaliser "
        "has such a switch");
}

TEST_CASE("a byte-level file is read in full") {
  const tokenizer t = parse_tokenizer(bpe_file().dump());
  REQUIRE(t.as<subwords<byte_level_bpe>>());
  const encoding e = t.encode("wea we <mask>");
  CHECK(e.ids == ids{257, 261, 260, 256, 258});
  CHECK(e.offsets[2] == text_range{4, 6});
  CHECK(e.offsets[3] == text_range{7, 13});
  CHECK(t.mask_id() == 256);
  CHECK(t.options().mask == "<mask>");
  CHECK(t.encode_pair("we", "we").ids == ids{257, 259, 258, 258, 259, 258});
  CHECK(t.decode(e.ids) == "wea we");
  json truncated = bpe_file();
  truncated["truncation"] = {{"direction", "Right"}, {"max_length", 3}, {"strategy", "LongestFirst"}, {"stride", 0}};
  CHECK(parse_tokenizer(truncated.dump(), "t.json", {.stored_truncation = true}).encode("a b c").size() == 3);
}

TEST_CASE("what weft does not know of unigram files is refused") {
  const json good = unigram_file();
  CHECK(failure(with(good, "/model/vocab/3/1", "x")) ==
        "t.json: model.vocab, id 3: found an array of 2 values, wanted a piece and its score");
  CHECK(failure(with(good, "/model/vocab", json::object())) ==
        "t.json: model.vocab: found an object of 0 keys, wanted an array of pieces with their scores");
  CHECK(failure(with(good, "/model/vocab/3/0", "e")) ==
        "t.json: vocabulary, id 4: found \"e\", the piece of id 3, wanted a piece of its own");
  CHECK(failure(with(good, "/model/unk_id", 6)) == "t.json: unk_id: found 6, wanted an integer from 0 to 5");
  CHECK(failure(with(good, "/model/nbest_size", 2)) ==
        "t.json: model: found the key \"nbest_size\", wanted only type, unk_id, vocab, byte_fallback");
  CHECK(failure(with(good, "/pre_tokenizer", {{"type", "ByteLevel"}})) ==
        "t.json: pre_tokenizer: found ByteLevel with a Unigram model, wanted another of the pre-tokenizers that weft "
        "knows, such as Metaspace");
  CHECK(failure(with(good, "/decoder", {{"type", "Fuse"}})) ==
        "t.json: decoder: found \"Fuse\", wanted Metaspace or ByteLevel");
  CHECK(failure(with(good, "/post_processor/sep/1", 2)) ==
        "t.json: post_processor, \"[C]\": found id 2, wanted 1, its id in the vocabulary");
  CHECK(failure(with(good, "/post_processor/sep/0", "[S]")) ==
        "t.json: post_processor, \"[S]\": found id 1, wanted a token of the vocabulary");
  CHECK(parse_tokenizer(with(good, "/added_tokens/1/id", 9).dump()).find("<new>") == 6);  // as the library
  const tokenizer t = parse_tokenizer(with(good, "/model/unk_id", nullptr).dump(), "t.json");
  CHECK(refusal_of([&] { (void)t.encode("we!"); }) ==
        "t.json: text: found a character that no piece holds, wanted an unk_id in the model to stand for it");
}

TEST_CASE("what weft does not know of byte-level files is refused") {
  const json good = bpe_file();
  CHECK(failure(good) == "");
  CHECK(failure(with(good, "/pre_tokenizer", nullptr)) ==
        "t.json: pre_tokenizer: found nothing, wanted ByteLevel once, and nothing but Punctuation behind it; weft "
        "reads BPE models of "
        "bytes only");
  CHECK_THAT(failure(with(
                 good, "/pre_tokenizer",
                 {{"type", "Sequence"}, {"pretokenizers", {{{"type", "ByteLevel"}}, {{"type", "WhitespaceSplit"}}}}})),
             mentions("found another order"));
  CHECK(failure(with(good, "/model/dropout", 0.5)) == "t.json: model.dropout: found 0.5, wanted null or 0");
  CHECK(failure(with(good, "/model/end_of_word_suffix", "</w>")) ==
        "t.json: model.end_of_word_suffix: found \"</w>\", wanted null or \"\"");
  CHECK(failure(with(good, "/model/byte_fallback", true)) == "t.json: model.byte_fallback: found true, wanted false");
  CHECK(failure(with(good, "/model/unk_token", "<unk>")) ==
        "t.json: unk_token: found \"<unk>\", which is no piece, wanted pieces of the vocabulary");
  CHECK(failure(with(good, "/model/merges/1", "a b c")) ==
        "t.json: model.merges, 1: found \"a b c\", wanted two pieces, as an array or with a space between them");
  CHECK(failure(with(good, "/model/merges/1", "a b")) ==
        "t.json: merge 1: found \"ab\", which is no piece, wanted pieces of the vocabulary");
  CHECK(failure(with(good, "/model/merges", 3)) == "t.json: model.merges: found 3, wanted an array of merges");
}

TEST_CASE("a normaliser that lengthens without bound is an error, not a hang") {
  json document = unigram_file();
  const json twice = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aaaaaaaa"}};
  document["normalizer"] = {{"type", "Sequence"}, {"normalizers", json::array()}};
  for (int i = 0; i < 60; ++i) document["normalizer"]["normalizers"].push_back(twice);
  const tokenizer t = parse_tokenizer(document.dump());
  CHECK(t.encode("we").size() == 3);
  CHECK_THROWS_WITH(t.encode("a"), mentions("lengthens texts without bound"));
}

TEST_CASE("parts of a text between added tokens do not lengthen without bound either") {
  json document = unigram_file();
  document["normalizer"] = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(1000, 'a')}};
  document["added_tokens"].push_back({{"id", 7}, {"content", "#"}, {"special", true}});
  const tokenizer t = parse_tokenizer(document.dump());
  CHECK(t.encode("a#").size() > 0);
  std::string text;
  for (int i = 0; i < 100; ++i) text += "a#";
  CHECK_THROWS_WITH(t.encode(text), mentions("lengthens texts without bound"));
}

TEST_CASE("a file has a bounded number of steps and splits") {
  json document = unigram_file();
  document["normalizer"] = {{"type", "Sequence"}, {"normalizers", json::array()}};
  for (int i = 0; i < 65; ++i) document["normalizer"]["normalizers"].push_back({{"type", "Lowercase"}});
  CHECK(failure(document) == "t.json: normalizer: found more than 64 in a row, wanted at most 64");
  document["normalizer"] = nullptr;
  document["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", json::array()}};
  for (int i = 0; i < 65; ++i) document["pre_tokenizer"]["pretokenizers"].push_back({{"type", "WhitespaceSplit"}});
  CHECK(failure(document) == "t.json: pre_tokenizer: found more than 64 in a row, wanted at most 64");
}

TEST_CASE("a directory with nothing but spiece.model is refused with a remedy") {
  const std::string where = data + "sentencepiece/bpe";
  CHECK(refusal_of([&] { (void)read_tokenizer(where); }) ==
        where +
            "/spiece.model: found a SentencePiece model and nothing to read it with, wanted a tokenizer.json or a "
            "vocab.txt; link weft::sentencepiece and pass {.sentencepiece = weft::read_sentencepiece}, or save a "
            "tokenizer.json with transformers");
}

TEST_CASE("tokenizer_config.json names the mask and the padding") {
  const tokenizer t = read_tokenizer(data + "bytelevel/modernbert_saved");
  CHECK(t.options().mask == "[MASK]");
  CHECK(t.mask_id() == 1004);
  CHECK(t.padding_id() == 1002);
  CHECK(read_tokenizer(data + "bytelevel/roberta_saved").padding_id() == 1);
  CHECK(read_tokenizer(data + "sentencepiece/bigbird/bigbird_saved").mask_id() == 67);
}

}  // namespace subwords_json_test
