#include <weft/text/text_splits.hpp>

#include "catch.hpp"
#include "text/aligned.hpp"

namespace text_splits_test {

using namespace weft;

std::string parts(std::vector<text_split> splits, const std::string& text) {
  parted_text out{weft_test::aligned(text), {}};
  cut_text(splits, out);
  std::string s;
  for (const auto [begin, end] : out.parts)
    s += out.whole.text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)) + "|";
  return s;
}

std::string at_dashes(separator_use use, const std::string& text, bool invert = false) {
  return parts({pattern_split{text_pattern::literal("-"), use, invert}}, text);
}

TEST_CASE("what becomes of separators") {
  CHECK(at_dashes(separator_use::removed, "a--b-") == "a|b|");
  CHECK(at_dashes(separator_use::isolated, "a--b-") == "a|-|-|b|-|");
  CHECK(at_dashes(separator_use::merged_with_previous, "a--b-") == "a-|-|b-|");
  CHECK(at_dashes(separator_use::merged_with_next, "a--b-") == "a|-|-b|-|");
  CHECK(at_dashes(separator_use::contiguous, "a--b-") == "a|--|b|-|");
  CHECK(at_dashes(separator_use::removed, "a--b-", true) == "-|-|-|");
  CHECK(at_dashes(separator_use::removed, "") == "");
}

TEST_CASE("white space and punctuation") {
  CHECK(parts({white_space_split{}}, " a\xc2\xa0 b ") == "a|b|");
  CHECK(parts({punctuation_split{}},
              "a.\xe3\x80\x82"
              "b$") == "a|.|\xe3\x80\x82|b|$|");
  CHECK(parts({white_space_split{}, punctuation_split{}}, "a, b") == "a|,|b|");
}

TEST_CASE("spaces become a character that begins words") {
  metaspace_split m{.replacement = "_"};
  CHECK(parts({m}, "a b  c") == "_a|_b|_|_c|");
  CHECK(parts({m}, " a") == "_a|");
  CHECK(parts({m}, "_a") == "_a|");
  CHECK(parts({white_space_split{}, m}, " a  b") == "_a|_b|");
  m.split = false;
  CHECK(parts({m}, "a b") == "_a_b|");
  m.scheme = metaspace_split::prepending::never;
  CHECK(parts({m}, "a b") == "a_b|");
  m.scheme = metaspace_split::prepending::first;
  CHECK(parts({white_space_split{}, m}, "a b") == "_a|b|");
}

TEST_CASE("byte-level words, with and without a space in front") {
  CHECK(parts({byte_level_split{}}, "a b") == "a| b|");
  CHECK(parts({byte_level_split{.prefix_space = true}}, "a b") == " a| b|");
  CHECK(parts({byte_level_split{.prefix_space = true, .words = false}}, "a b") == " a b|");
  CHECK(parts({byte_level_split{.prefix_space = true}}, " a") == " a|");
}

}  // namespace text_splits_test
