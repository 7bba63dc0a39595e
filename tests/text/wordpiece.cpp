#include <weft/text/wordpiece.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "text/golden.hpp"

namespace wordpiece_test {

using namespace weft;

using json = nlohmann::json;

wordpiece tokenizer(const std::string& vocabulary, const wordpiece_options& options = {}) {
  return wordpiece(vocabulary_lines(golden::content("wordpiece/" + vocabulary)), options);
}

// The offsets of an encoding as the golden files have them, in bytes.
std::vector<weft::index_t> flat(const encoding& e) {
  std::vector<weft::index_t> out;
  for (const auto& [begin, end] : e.offsets) out.insert(out.end(), {begin, end});
  return out;
}

// The same in code points; a special token is 0, 0 in either text.
std::vector<weft::index_t> flat_characters(const encoding& e, const std::string& first,
                                           const std::string& second = "") {
  std::vector<weft::index_t> out;
  for (weft::index_t t = 0; t < e.size(); ++t) {
    const auto& text = e.segments[static_cast<std::size_t>(t)] == 0 ? first : second;
    for (const weft::index_t at :
         {e.offsets[static_cast<std::size_t>(t)].begin, e.offsets[static_cast<std::size_t>(t)].end})
      out.push_back(std::count_if(text.begin(), text.begin() + at,
                                  [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  }
  return out;
}

truncation truncation_of(const json& row) {
  const std::string way = row["truncation"];
  return {row["max_length"],
          way == "only_first"    ? truncation_strategy::only_first
          : way == "only_second" ? truncation_strategy::only_second
                                 : truncation_strategy::longest_first,
          row.value("stride", 0)};
}

// Rows of a golden file that come out otherwise.
std::vector<std::string> wrong_rows(const std::string& file, const wordpiece& w) {
  const auto texts = golden::lines("lines.jsonl"), rows = golden::lines("wordpiece/" + file);
  REQUIRE(texts.size() == rows.size());
  REQUIRE(rows.size() == 395);
  std::vector<std::string> wrong;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string text = texts[i];
    const json& row = rows[i];
    const encoding e = w.encode(text);
    bool same = row["ids"].get<std::vector<std::int32_t>>() == e.ids;
    if (row.contains("bytes")) same = same && row["bytes"].get<std::vector<weft::index_t>>() == flat(e);
    if (row.contains("chars"))
      same = same && row["chars"].get<std::vector<weft::index_t>>() == flat_characters(e, text);
    if (row.contains("tokens")) {
      const auto tokens = w.tokens(e);
      same = same &&
             row["tokens"].get<std::vector<std::string>>() == std::vector<std::string>(tokens.begin(), tokens.end());
    }
    if (!same) wrong.push_back(texts[i].dump());
  }
  return wrong;
}

const std::vector<std::string> none;

wordpiece small(wordpiece_options options = {}) {
  return wordpiece({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "weav", "##ing", "with", "type", "##s", "!", "a"},
                   options);
}

TEST_CASE("ids, tokens and offsets are the reference's", "[wordpiece]") {
  CHECK(wrong_rows("uncased.jsonl", tokenizer("vocab_uncased.txt")) == none);
  CHECK(wrong_rows("uncased_keep_accents.jsonl", tokenizer("vocab_uncased.txt", {.strip_accents = false})) == none);
  CHECK(wrong_rows("uncased_no_cjk.jsonl", tokenizer("vocab_uncased.txt", {.chinese_characters = false})) == none);
  CHECK(wrong_rows("cased.jsonl", tokenizer("vocab_cased.txt", {.lowercase = false})) == none);
  CHECK(wrong_rows("cased_strip_accents.jsonl",
                   tokenizer("vocab_cased.txt", {.lowercase = false, .strip_accents = true})) == none);
  CHECK(wrong_rows("cased_keep_accents.jsonl",
                   tokenizer("vocab_cased.txt", {.lowercase = false, .strip_accents = false})) == none);
  CHECK(wrong_rows("cased_no_cjk.jsonl",
                   tokenizer("vocab_cased.txt", {.lowercase = false, .chinese_characters = false})) == none);
  CHECK(wrong_rows("cased_vocab_lowered.jsonl", tokenizer("vocab_cased.txt")) == none);
}

TEST_CASE("pairs are cut as the reference cuts them", "[wordpiece]") {
  const wordpiece w = tokenizer("vocab_uncased.txt");
  std::size_t errors = 0;
  std::vector<std::string> wrong;
  const auto rows = golden::lines("wordpiece/pairs.jsonl");
  for (const auto& row : rows) {
    const std::string a = row["a"], b = row.value("b", "");
    const bool pair = row.contains("b");
    const auto encode = [&] {
      return pair ? w.encode_pair(a, b, truncation_of(row)) : w.encode(a, truncation_of(row));
    };
    if (row.contains("error")) {
      ++errors;
      if (refusal_of([&] { (void)encode(); }).find("tokens in the text that may be cut") == std::string::npos)
        wrong.push_back(row.dump());
      continue;
    }
    const encoding e = encode();
    if (row["ids"].get<std::vector<std::int32_t>>() != e.ids ||
        row["types"].get<std::vector<std::int32_t>>() != e.segments ||
        row["chars"].get<std::vector<weft::index_t>>() != flat_characters(e, a, b))
      wrong.push_back(row.dump());
  }
  CHECK(wrong == none);
  CHECK(errors == 53);
}

TEST_CASE("windows are the reference's", "[wordpiece]") {
  const wordpiece w = tokenizer("vocab_uncased.txt");
  std::vector<std::string> wrong;
  for (const auto& row : golden::lines("wordpiece/windows.jsonl")) {
    const std::string a = row["a"], b = row["b"];
    if (row.contains("error")) {
      if (refusal_of([&] { (void)w.windows_pair(a, b, truncation_of(row)); }) == "") wrong.push_back(row.dump());
      continue;
    }
    std::vector<std::vector<std::int32_t>> ids;
    for (const auto& e : w.windows_pair(a, b, truncation_of(row))) ids.push_back(e.ids);
    if (ids != row["windows"].get<std::vector<std::vector<std::int32_t>>>()) wrong.push_back(row.dump());
  }
  CHECK(wrong == none);
}

TEST_CASE("bytes that are not UTF-8 are dropped and offsets step over them", "[wordpiece]") {
  const wordpiece w = small();
  const encoding e = w.encode("wea\xffving \xc3 with\xe2\x82");
  CHECK(e.ids == std::vector<std::int32_t>{2, 5, 6, 7, 3});
  CHECK(flat(e) == std::vector<weft::index_t>{0, 0, 0, 5, 5, 8, 11, 15, 0, 0});
  CHECK(w.encode("\x80\xff").ids == std::vector<std::int32_t>{2, 3});
  const wordpiece raw = small({.clean_text = false});
  CHECK(raw.encode("a \xff").ids == std::vector<std::int32_t>{2, 11, 1, 3});
}

TEST_CASE("the default truncation is that of the options", "[wordpiece]") {
  const wordpiece w = small({.truncation = truncation{.max_length = 4}});
  CHECK(w.encode("weaving with types").ids == std::vector<std::int32_t>{2, 5, 6, 3});
  CHECK(w.encode("weaving with types", std::nullopt).size() == 7);
  CHECK(w.encode_pair("a a", "a a").ids == std::vector<std::int32_t>{2, 3, 11, 3});
}

TEST_CASE("windows of one text step by what stride leaves", "[wordpiece]") {
  const wordpiece w = small();
  const auto windows = w.windows("a a a a a", {.max_length = 5, .stride = 1});
  REQUIRE(windows.size() == 2);
  CHECK(flat(windows[0]) == std::vector<weft::index_t>{0, 0, 0, 1, 2, 3, 4, 5, 0, 0});
  CHECK(flat(windows[1]) == std::vector<weft::index_t>{0, 0, 4, 5, 6, 7, 8, 9, 0, 0});
}

TEST_CASE("decode joins pieces", "[wordpiece]") {
  const wordpiece w = small();
  const auto ids = w.encode("Weaving with types!").ids;
  CHECK(w.decode(ids) == "weaving with types!");
  CHECK(w.decode(ids, {.skip_special = false, .clean_up = false}) == "[CLS] weaving with types ! [SEP]");
  CHECK(w.decode({}) == "");
  const std::vector<std::int32_t> beyond{12}, negative{-1};
  CHECK(refusal_of([&] { (void)w.decode(beyond); }) == "token id: found 12, wanted 0 to 11");
  CHECK(refusal_of([&] { (void)w.decode(negative); }) == "token id: found -1, wanted 0 to 11");
}

TEST_CASE("special tokens are known by name and id", "[wordpiece]") {
  const wordpiece w = small();
  CHECK(w.unknown_id() == 1);
  CHECK(w.classifier_id() == 2);
  CHECK(w.separator_id() == 3);
  CHECK(w.padding_id() == 0);
  CHECK(w.mask_id() == 4);
  CHECK(w.is_special(4));
  CHECK(!w.is_special(5));
  CHECK(w.find("##ing") == 6);
  CHECK(w.find("ing") == -1);
  const encoding e = w.encode("a [MASK]a");
  CHECK(e.ids == std::vector<std::int32_t>{2, 11, 4, 11, 3});
  CHECK(e.inserted(0));
  CHECK(!e.inserted(2));
  CHECK(small({.padding = "", .mask = "<mask>"}).mask_id() == -1);
}

TEST_CASE("added tokens", "[wordpiece]") {
  const auto ids = [](added_token token, const std::string& text) {
    return small({.added = {std::move(token)}}).pieces(text).ids;
  };
  using list = std::vector<std::int32_t>;
  CHECK(ids({.content = "<x>"}, "a<x>a") == list{11, 12, 11});
  CHECK(ids({.content = "wi", .single_word = true}, "with") == list{7});
  CHECK(ids({.content = "wi", .single_word = true}, "a wi!") == list{11, 12, 10});
  CHECK(ids({.content = "WI", .normalised = true}, "with wi") == list{12, 1, 12});
  CHECK(ids({.content = "WI", .normalised = false}, "with WI") == list{7, 12});
  const wordpiece w = small({.added = {{.content = "[MASK]", .id = 4, .strip_left = true, .strip_right = true}}});
  CHECK(flat(w.pieces("a  [MASK] \ta")) == std::vector<weft::index_t>{0, 1, 1, 11, 11, 12});
}

TEST_CASE("a vocabulary that cannot work is refused", "[wordpiece]") {
  CHECK(refusal_of([] {
          wordpiece({"[CLS]", "[SEP]"});
        }) ==
        "unknown token: found a vocabulary without [UNK], wanted a piece [UNK]; name the vocabulary's own in "
        "wordpiece_options");
  CHECK(refusal_of([] {
          wordpiece({"[UNK]", "[CLS]", "[SEP]", "a", "a"});
        }) == "vocabulary, id 4: found \"a\", the piece of id 3, wanted a piece of its own");
  CHECK(refusal_of([] {
          wordpiece({"[UNK]", "[CLS]", "[SEP]", "\xff"});
        }) == "vocabulary, id 3: found a piece that is not UTF-8, wanted UTF-8 text");
  CHECK(refusal_of([] { small({.added = {{.content = "a", .id = 3}}}); }) ==
        "added token \"a\": found id 3, wanted 11, its id in the vocabulary");
  CHECK(small({.added = {{.content = "b", .id = 2000000000}}}).find("b") == 12);  // as the reference
  CHECK(refusal_of([] { small({.added = {{.content = ""}}}); }) ==
        "added token 0: found an empty one, wanted each text once");
}

TEST_CASE("the pieces of long words are the longest ones, too", "[wordpiece]") {
  const std::string run(300, 'a');
  const std::vector<std::string> pieces{"[UNK]", "[CLS]", "[SEP]",          "a", "##a", "##aaa",
                                        "b",     "##b",   "##" + run + "b", "ab"};
  const wordpiece t(pieces, {.max_characters = 100000});
  const auto ids = [&](const std::string& text) { return t.pieces(text).ids; };
  std::vector<std::int32_t> wanted{3};
  for (int i = 0; i < 333; ++i) wanted.push_back(5);
  CHECK(ids(std::string(1000, 'a')) == wanted);
  wanted.resize(1 + 100);
  wanted.push_back(8);
  for (int i = 0; i < 200; ++i) wanted.push_back(7);
  const auto e = t.pieces("a" + run + run + "b" + std::string(200, 'b'));
  CHECK(e.ids == wanted);
  CHECK(e.offsets.back() == text_range{801, 802});
  CHECK(e.offsets[101] == text_range{301, 602});
  CHECK(ids("ab" + std::string(600, 'a')).front() == 9);
  CHECK(ids(std::string(600, 'b') + "?" + std::string(600, 'b') + "c").back() == 0);
  CHECK(ids(std::string(600, 'b') + "c") == std::vector<std::int32_t>{0});
  // Pieces longer than the hashes that are kept, in words that are not long.
  const wordpiece short_words({"[UNK]", "[CLS]", "[SEP]", "a", "##a", run, "##" + run}, {.max_characters = 1000});
  CHECK(short_words.pieces(std::string(299, 'a')).ids.size() == 299);
  CHECK(short_words.pieces(std::string(301, 'a')).ids == std::vector<std::int32_t>{5, 4});
  CHECK(short_words.pieces(std::string(900, 'a')).ids == std::vector<std::int32_t>{5, 6, 6});
}

}  // namespace wordpiece_test
