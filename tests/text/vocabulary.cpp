#include <weft/text/vocabulary.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace vocabulary_test {

using namespace weft;

TEST_CASE("the longest piece wins", "[vocabulary]") {
  const std::vector<std::string> pieces{"un",     "unaff", "##a", "##aff",
                                        "##able", "",      "x",   std::string("##") + std::string(300, 'y')};
  const vocabulary v(pieces);
  CHECK(v.size() == 8);
  CHECK(v[1] == "unaff");
  CHECK(v.find("##aff") == 3);
  CHECK(v.find("aff") == -1);
  CHECK(v.longest("unaffable", false).id == 1);
  CHECK(v.longest("unaffable", false).bytes == 5);
  CHECK(v.longest("affable", true).id == 3);
  CHECK(v.longest("affable", false).id == -1);
  CHECK(v.longest(std::string(300, 'y'), true).bytes == 300);
  CHECK(v.longest(std::string(299, 'y'), true).id == -1);
  CHECK(v.longest("", false).id == -1);
}

TEST_CASE("a vocab.txt is one piece a line", "[vocabulary]") {
  using list = std::vector<std::string>;
  CHECK(vocabulary_lines("a\nb\r\n\nc") == list{"a", "b", "", "c"});
  CHECK(vocabulary_lines("a\nb\n") == list{"a", "b"});
  CHECK(vocabulary_lines("") == list{});
}

TEST_CASE("of lines that are the same the last one wins, and white space at their ends is nothing", "[vocabulary]") {
  using list = std::vector<std::string>;
  const auto pieces = vocabulary_lines("a\n\nb \t\na\xe3\x80\x80\r\n\nc\rd\n b");
  CHECK(pieces == list{"", "", "b", "a", "", "c\rd", " b"});
  const vocabulary v(pieces);
  CHECK(v.size() == 7);
  CHECK(v.find("a") == 3);
  CHECK(v.find("") == -1);
  CHECK(v.at(0) == "");
}

TEST_CASE("an unsound vocabulary is refused with its file", "[vocabulary]") {
  const std::vector<std::string> twice{"a", "b", "a"};
  CHECK(refusal_of([&] { vocabulary(twice, "##", "vocab.txt"); }) ==
        "vocab.txt: vocabulary, id 2: found \"a\", the piece of id 0, wanted a piece of its own");
}

}  // namespace vocabulary_test
