#include <weft/io/tokenizer_json.hpp>
#include <weft/text/sentencepiece.hpp>

#include <set>

#include "catch.hpp"
#include "refusal.hpp"
#include "text/golden.hpp"

using namespace weft;
using ids = std::vector<std::int32_t>;

namespace {

const std::string data = WEFT_TEST_DATA "/tokenizers/sentencepiece/";
const tokenizer_reading with_library{.sentencepiece = read_sentencepiece};

static_assert(token_model<weft::sentencepiece>);

// Lines of lines.jsonl, counted from 0, on which the library's versions differ: special pieces in the raw text, which
// 0.2.3 (the goldens') matches and 0.1.97 (Debian 12's) does not.
const std::set<std::size_t> differs_in_bigbird{257, 258, 259, 262, 263, 264, 265, 266,
                                               267, 273, 275, 276, 280, 283, 291, 293};
const std::set<std::size_t> differs_in_deberta{301};

// Lines that the goldens have otherwise; every line must be what the linked library itself says.
std::set<std::size_t> other_lines(const std::string& name) {
  const std::string model = golden::content("sentencepiece/" + name + "/spiece.model");
  const weft::sentencepiece ours(model);
  ::sentencepiece::SentencePieceProcessor library;
  REQUIRE(library.LoadFromSerializedProto(model).ok());
  const auto texts = golden::lines("lines.jsonl"), rows = golden::lines("sentencepiece/" + name + "/golden.jsonl");
  REQUIRE(rows.size() == 395);
  std::set<std::size_t> other;
  std::vector<std::size_t> wrong;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string text = texts[i];
    const encoding e = ours.pieces(text);
    const auto own = library.EncodeAsIds(text);
    bool sound = e.ids == ids(own.begin(), own.end());
    weft::index_t end = 0;
    for (const auto& [begin, last] : e.offsets) {
      sound = sound && begin >= end && begin <= last;
      end = last;
    }
    if (!sound || end > static_cast<weft::index_t>(text.size())) wrong.push_back(i);
    if (rows[i]["sp"].get<ids>() != e.ids ||
        rows[i]["pieces"].get<std::vector<std::string>>() != library.EncodeAsPieces(text))
      other.insert(i);
  }
  CHECK(wrong.empty());
  return other;
}

void check_differences(const std::string& name, const std::set<std::size_t>& known) {
  const auto other = other_lines(name);
  INFO(name << ": " << other.size() << " lines are otherwise with the linked sentencepiece");
  for (const auto line : other) {
    INFO("line " << line);
    CHECK(known.contains(line));
  }
}

}  // namespace

TEST_CASE("pieces are the library's, and the goldens' but for special pieces in raw text") {
  check_differences("unigram", {});
  check_differences("bpe", {});
  check_differences("bigbird", differs_in_bigbird);
  check_differences("deberta", differs_in_deberta);
}

TEST_CASE("a directory with nothing but spiece.model is read with the library") {
  const tokenizer t = read_tokenizer(data + "bigbird", with_library);
  CHECK(t.size() == 1098);
  const encoding e = t.encode("in the beginning");
  CHECK(t.token(e.ids.front()) == "[CLS]");
  CHECK(t.token(e.ids.back()) == "[SEP]");
  CHECK_THAT(t.decode(e.ids, {.skip_special = true}), mentions("in the beginning"));
  CHECK(t.mask_id() == 67);
  CHECK(t.options().padding == "<pad>");
  const encoding pair = t.encode_pair("in", "the");
  CHECK(pair.segments.back() == 1);
  CHECK(read_tokenizer(data + "bigbird/spiece.model", with_library).encode("in the beginning").ids == e.ids);
  CHECK(t.as<weft::sentencepiece>());
  CHECK_THROWS_AS(t.token(1098), error);
  CHECK_THROWS_AS(t.decode(ids{-1}), error);
  CHECK(t.find("no such piece") == -1);
}

TEST_CASE("what is no model is refused") {
  const auto failure = [](const sentencepiece_source& source) {
    return refusal_of([&] { (void)read_sentencepiece(source); });
  };
  CHECK(failure({.bytes = "nothing", .options = {.file = "f"}})
            .starts_with("f: SentencePiece model: found bytes that are no protocol buffer, wanted a spiece.model"));
  // Its table of replacements leads out of its array, where the library would read.
  const std::string evil = golden::content("sentencepiece/evil/spiece.model");
  CHECK(failure({.bytes = evil, .options = {.file = "f"}}) ==
        "f: precompiled_charsmap: found a step to unit 536870911 of 256, wanted one inside");
  const std::string model = golden::content("sentencepiece/bigbird/spiece.model");
  CHECK(failure({.bytes = model, .options = {.file = "f"}, .classifier = "<none>"}) ==
        "f: special token: found a model without the piece <none>, wanted one that has it");
}
