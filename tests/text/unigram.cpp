#include <weft/text/unigram.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace unigram_test {

using namespace weft;

std::string cut(const unigram& model, const std::string& text) {
  unigram::scratch s;
  std::string out;
  model.cut(text, s, [&](std::int32_t id, weft::index_t b, weft::index_t e) {
    out += std::to_string(id) + ":" + text.substr(static_cast<std::size_t>(b), static_cast<std::size_t>(e - b)) + " ";
  });
  return out;
}

unigram model(std::vector<std::string> pieces, std::vector<double> scores, unigram_options options = {.unknown = 0}) {
  return unigram(pieces, scores, std::move(options));
}

TEST_CASE("the cut with the highest sum") {
  const auto m = model({"?", "a", "b", "ab", "abc", "c"}, {0, -1, -1, -1.5, -9, -1});
  CHECK(cut(m, "abc") == "3:ab 5:c ");
  CHECK(cut(m, "ba") == "2:b 1:a ");
  CHECK(cut(m, "") == "");
}

TEST_CASE("of equal sums the piece that begins earliest wins") {
  // BigBird's way: every score is 0, so that from the end the longest piece is taken each time
  const auto m = model({"?", "a", "b", "c", "ab", "bc", "abc"}, {0, 0, 0, 0, 0, 0, 0});
  CHECK(cut(m, "abc") == "6:abc ");
  CHECK(cut(m, "bbc") == "2:b 5:bc ");
  CHECK(cut(m, "abbc") == "4:ab 5:bc ");
}

TEST_CASE("unknown characters in a row are one token") {
  const auto m = model({"?", "a", "xy"}, {0, -1, -30});
  CHECK(cut(m, "aqqa\xc3\xa9") == "1:a 0:qq 1:a 0:\xc3\xa9 ");
  CHECK(cut(m, "?q") == "0:?q ");  // the unknown piece written out is unknown, too
  CHECK(cut(m, "xy") == "2:xy ");
}

TEST_CASE("bytes stand in where the model has them all") {
  const auto with = [](bool fallback) {
    return model({"?", "<0xC3>", "<0xA9>", "<0x71>"}, {0, -1, -1, -1}, {.unknown = 0, .byte_fallback = fallback});
  };
  CHECK(cut(with(true), "\xc3\xa9") == "1:\xc3\xa9 2:\xc3\xa9 ");
  CHECK(cut(with(false), "\xc3\xa9") == "0:\xc3\xa9 ");
  CHECK(cut(with(true), "z\xc3\xa9") == "0:z\xc3\xa9 ");  // one byte is missing: all of them are unknown
}

TEST_CASE("models that contradict themselves are refused") {
  CHECK(refusal_of([] { model({"a"}, {}); }) == "unigram scores: found 0, wanted 1, one a piece");
  CHECK(refusal_of([] { model({"a"}, {0}, {.unknown = 1, .file = "f"}); }) == "f: unk_id: found 1, wanted 0 to 0");
  CHECK(refusal_of([] { model({std::string(4097, 'a')}, {0}); }) ==
        "vocabulary, id 0: found a piece of 4097 bytes, wanted at most 4096");
  CHECK(refusal_of([] { cut(model({"a"}, {0}, {}), "b"); }) ==
        "text: found a character that no piece holds, wanted an unk_id in the model to stand for it");
}

TEST_CASE("a long text without a word's end takes linear time") {
  const auto m = model({"?", "a", "aa", "aaaa"}, {0, -1, -1.9, -3});
  unigram::scratch s;
  weft::index_t bytes = 0;
  m.cut(std::string(400000, 'a'), s, [&](std::int32_t, weft::index_t b, weft::index_t e) { bytes += e - b; });
  CHECK(bytes == 400000);
}

}  // namespace unigram_test
