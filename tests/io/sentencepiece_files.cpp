#include <weft/io/tokenizer_json.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "text/golden.hpp"

namespace sentencepiece_files_test {

using namespace weft;

using json = nlohmann::json;
using ids = std::vector<std::int32_t>;

// A directory with a model of the goldens, and what is said of it.
std::filesystem::path model_with(const std::string& model, const std::string& name, const json& config,
                                 const json& tokenizer_config = json::object()) {
  const auto at = scratch_directory("sentencepiece_files");
  write_file(at / name, golden::content("sentencepiece/" + model + "/spiece.model"));
  write_file(at / "config.json", config.dump());
  write_file(at / "tokenizer_config.json", tokenizer_config.dump());
  return at;
}

std::size_t wrong_rows(const tokenizer& t, const std::string& model, const std::string& key) {
  const auto texts = golden::lines("lines.jsonl"), rows = golden::lines("sentencepiece/" + model + "/golden.jsonl");
  REQUIRE(rows.size() == 395);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    wrong += t.encode(texts[i].get<std::string>()).ids != rows[i][key].get<ids>();
  return wrong;
}

TEST_CASE("a SentencePiece model alone is cut as its class does it, without the library") {
  const auto lower = read_tokenizer(model_with("unigram", "spiece.model", {{"model_type", "albert"}}));
  CHECK(wrong_rows(lower, "unigram", "albert_lower") == 0);
  CHECK(lower.mask_id() >= 0);
  CHECK(lower.encode_pair("a", "b").segments == std::vector<std::int32_t>(lower.encode_pair("a", "b").ids.size(), 0));
  const auto kept = read_tokenizer(model_with("unigram", "spiece.model", {{"tokenizer_class", "AlbertTokenizer"}},
                                              {{"do_lower_case", false}, {"keep_accents", true}}));
  CHECK(wrong_rows(kept, "unigram", "albert") == 0);
  CHECK(read_tokenizer(model_with("unigram", "spiece.model", {{"model_type", "albert"}}), {.lowercase = false})
            .encode("A")
            .ids != lower.encode("A").ids);
  const auto bird = read_tokenizer(model_with("bigbird", "spiece.model", {{"model_type", "big_bird"}}));
  CHECK(wrong_rows(bird, "bigbird", "bigbird") == 0);
  CHECK_FALSE(needs_sentencepiece(model_with("bigbird", "spiece.model", {{"model_type", "big_bird"}})));
  CHECK(needs_sentencepiece(model_with("bigbird", "spiece.model", json::object())));
}

TEST_CASE("fairseq's ids begin with its own special tokens, and the mask is the last") {
  const auto t = read_tokenizer(
      model_with("unigram", "sentencepiece.bpe.model", {{"model_type", "xlm-roberta"}}, {{"model_max_length", 64}}));
  const auto bytes = golden::content("sentencepiece/unigram/spiece.model");  // which the pieces point into
  const auto proto = sentencepiece_proto::parse(bytes, "f");
  // This model has [CLS] among the three pieces that fairseq's take the place of; it comes after the mask.
  REQUIRE(t.size() == static_cast<weft::index_t>(proto.pieces.size()) + 3);
  CHECK(t.token(0) == "<s>");
  CHECK(t.token(1) == "<pad>");
  CHECK(t.token(2) == "</s>");
  CHECK(t.token(3) == "<unk>");
  for (std::size_t i = 3; i < proto.pieces.size(); ++i)
    CHECK(t.token(static_cast<std::int32_t>(i) + 1) == proto.pieces[i].text);
  CHECK(t.mask_id() == static_cast<std::int32_t>(t.size()) - 2);
  CHECK(t.find("[CLS]") == static_cast<std::int32_t>(t.size()) - 1);
  const auto pair = t.encode_pair("a", "b");
  const auto a = t.pieces("a").ids, b = t.pieces("b").ids;
  ids wanted{0};
  wanted.insert(wanted.end(), a.begin(), a.end());
  wanted.insert(wanted.end(), {2, 2});
  wanted.insert(wanted.end(), b.begin(), b.end());
  wanted.push_back(2);
  CHECK(pair.ids == wanted);
  CHECK(pair.segments == std::vector<std::int32_t>(wanted.size(), 0));
  CHECK(t.options().model_max_length == 64);
}

TEST_CASE("DeBERTa v2's model alone is cut as its class does it, with [MASK] among its pieces or behind them") {
  const auto among = read_tokenizer(model_with("deberta", "spm.model", {{"model_type", "deberta-v2"}}));
  CHECK(wrong_rows(among, "deberta", "deberta") == 0);
  const json lower_punct{{"do_lower_case", true}, {"split_by_punct", true}};
  CHECK(wrong_rows(read_tokenizer(model_with("deberta", "spm.model", {{"model_type", "deberta-v2"}}, lower_punct)),
                   "deberta", "deberta_lower_punct") == 0);
  const auto at = scratch_directory("sentencepiece_files");
  write_file(at / "spm.model", golden::content("sentencepiece/deberta_spm/spm.model"));
  write_file(at / "config.json", R"({"model_type": "deberta-v2"})");
  const auto rows = golden::lines("sentencepiece/deberta_spm/golden.jsonl");
  const std::pair<std::string, json> settings[]{
      {"plain", json::object()}, {"lower_punct", lower_punct}, {"no_prefix", {{"add_prefix_space", false}}}};
  for (const auto& [name, said] : settings) {
    auto config = said;
    config["tokenizer_class"] = "DebertaV2Tokenizer";
    write_file(at / "tokenizer_config.json", config.dump());
    const auto t = read_tokenizer(at);
    CHECK_FALSE(needs_sentencepiece(at));
    CHECK(t.size() == 1000);
    CHECK(t.mask_id() == 999);
    CHECK(t.token(999) == "[MASK]");
    CHECK(t.padding_id() == 0);
    for (const auto& row : rows) {
      INFO(name << ": " << row.dump());
      const auto text = row["text"].get<std::string>();
      if (row.contains("pair")) {
        const auto pair = t.encode_pair(text, row["pair"].get<std::string>());
        CHECK(pair.ids == row[name].get<ids>());
        if (name == "plain") CHECK(pair.segments == row["segments"].get<ids>());
      } else {
        CHECK(t.encode(text).ids == row[name].get<ids>());
      }
    }
  }
}

TEST_CASE("a SentencePiece model of a class that weft does not know is refused") {
  const auto refusal = [](const std::filesystem::path& at) {
    const auto what = refusal_of([&] { (void)read_tokenizer(at); });
    return what.starts_with(at.string()) ? what.substr(at.string().size() + 1) : what;
  };
  CHECK(refusal(model_with("unigram", "spiece.model", {{"model_type", "roberta"}}))
            .starts_with("spiece.model: tokenizer_class: found RobertaTokenizer, and nothing but this file, wanted "));
  CHECK(refusal(model_with("unigram", "sentencepiece.bpe.model", json::object()))
            .starts_with("sentencepiece.bpe.model: tokenizer_class: found no file that names it, wanted "));
  CHECK(refusal(model_with("unigram", "spiece.model", {{"tokenizer_class", "XLNetTokenizer"}}))
            .starts_with("config.json: tokenizer_class: found \"XLNetTokenizer\", wanted one of BertTokenizer, "));
  CHECK(refusal(model_with("bpe", "spiece.model", {{"model_type", "albert"}})) ==
        "spiece.model: SentencePiece model: found type 2, wanted 1, a unigram model, as AlbertTokenizer has it");
  CHECK(refusal(model_with("unigram", "spiece.model", {{"model_type", "albert"}}, {{"add_eos_token", true}})) ==
        "tokenizer_config.json: add_eos_token: found true, wanted no such key");
  CHECK(refusal(model_with("unigram", "spiece.model", {{"model_type", "albert"}}, {{"cls_token", "<none>"}})) ==
        "spiece.model: cls_token: found a model without the piece \"<none>\", wanted one that has it");
}

TEST_CASE("a damaged SentencePiece model is refused, wherever it is cut") {
  const auto bytes = golden::content("sentencepiece/unigram/spiece.model").substr(0, 2000);
  for (std::size_t n = 0; n < bytes.size(); ++n)
    (void)refusal_of([&] { (void)sentencepiece_proto::parse(std::string_view(bytes).substr(0, n), "f"); });
  CHECK(refusal_of([] { (void)sentencepiece_proto::parse("", "f"); }) ==
        "f: SentencePiece model: found no pieces, wanted a spiece.model");
  CHECK(refusal_of([] { (void)sentencepiece_proto::parse("nothing", "f"); }) ==
        "f: SentencePiece model: found bytes that are no protocol buffer, wanted a spiece.model; download it again");
  CHECK(refusal_of([] { (void)sentencepiece_proto::parse("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "f"); }) != "");
}

}  // namespace sentencepiece_files_test
