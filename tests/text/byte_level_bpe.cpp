#include <weft/text/byte_level_bpe.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace byte_level_bpe_test {

using namespace weft;

using merges = std::vector<byte_level_bpe::merge>;

std::string cut(const byte_level_bpe& model, const std::string& word) {
  byte_level_bpe::scratch s;
  std::string out;
  model.cut(word, s, [&](std::int32_t id, weft::index_t b, weft::index_t e) {
    out += std::to_string(id) + ":" + word.substr(static_cast<std::size_t>(b), static_cast<std::size_t>(e - b)) + " ";
  });
  return out;
}

const std::vector<std::string> pieces{"a",
                                      "b",
                                      "c",
                                      "ab",
                                      "bc",
                                      "abc",
                                      "\xc4\xa0",
                                      "\xc4\xa0"
                                      "a",
                                      "?",
                                      "aa",
                                      "aaaa"};

TEST_CASE("pairs are joined in the order of their ranks") {
  const byte_level_bpe ab(pieces, merges{{"a", "b"}, {"b", "c"}, {"ab", "c"}});
  CHECK(cut(ab, "abc") == "5:abc ");
  CHECK(cut(ab, "bcab") == "4:bc 3:ab ");
  const byte_level_bpe bc(pieces, merges{{"b", "c"}, {"a", "b"}, {"ab", "c"}});
  CHECK(cut(bc, "abc") == "0:a 4:bc ");
  CHECK(cut(bc, "") == "");
}

TEST_CASE("of equal pairs the leftmost is joined first") {
  const byte_level_bpe m(pieces, merges{{"a", "a"}, {"aa", "aa"}});
  CHECK(cut(m, "aaa") == "9:aa 0:a ");
  CHECK(cut(m, "aaaaaaa") == "10:aaaa 9:aa 0:a ");
}

TEST_CASE("a space is a byte like others") {
  const byte_level_bpe m(pieces, merges{{"\xc4\xa0", "a"}});
  CHECK(cut(m, " ab") == "7: a 1:b ");
}

TEST_CASE("bytes that no piece holds") {
  CHECK(cut(byte_level_bpe(pieces, merges{}), "axxb") == "0:a 1:b ");
  CHECK(cut(byte_level_bpe(pieces, merges{}, {.unknown = "?"}), "axxb") == "0:a 8:x 8:x 1:b ");
  CHECK(cut(byte_level_bpe(pieces, merges{}, {.unknown = "?", .fuse_unknown = true}), "axxb") == "0:a 8:xx 1:b ");
  CHECK(cut(byte_level_bpe(pieces, merges{}), "xx") == "");
}

TEST_CASE("words that are pieces stay whole where the model says so") {
  CHECK(cut(byte_level_bpe(pieces, merges{{"a", "b"}}, {.ignore_merges = true}), "abc") == "5:abc ");
  CHECK(cut(byte_level_bpe(pieces, merges{{"a", "b"}}), "abc") == "3:ab 2:c ");
}

TEST_CASE("merges of what is no piece are refused") {
  CHECK(refusal_of([] {
          byte_level_bpe(pieces, merges{{"a", "b"}, {"a", "c"}}, {.file = "f"});
        }) == "f: merge 1: found \"ac\", which is no piece, wanted pieces of the vocabulary");
  CHECK(refusal_of([] { byte_level_bpe(pieces, merges{}, {.unknown = "!"}); }).starts_with("unk_token: found \"!\""));
}

TEST_CASE("a long word takes n log n steps") {
  const byte_level_bpe m(pieces, merges{{"a", "a"}, {"aa", "aa"}});
  byte_level_bpe::scratch s;
  weft::index_t tokens = 0;
  m.cut(std::string(400000, 'a'), s, [&](std::int32_t, weft::index_t, weft::index_t) { ++tokens; });
  CHECK(tokens == 100000);
}

}  // namespace byte_level_bpe_test
