#include <weft/text/text_pattern.hpp>

#include "catch.hpp"
#include "text/aligned.hpp"

namespace text_pattern_test {

using namespace weft;

// The matches of an expression in braces.
std::string matches(const text_pattern& pattern, const std::string& text) {
  std::string out;
  const auto size = static_cast<weft::index_t>(text.size());
  const auto part = [&](weft::index_t b, weft::index_t e) {
    return text.substr(static_cast<std::size_t>(b), static_cast<std::size_t>(e - b));
  };
  for (weft::index_t at = 0; at < size;) {
    const auto [begin, end] = pattern.find(text, at);
    out += part(at, begin);
    if (begin < end) out += "{" + part(begin, end) + "}";
    at = end;
  }
  return out;
}

std::string parsed(std::string_view expression, const std::string& text) {
  const auto pattern = text_pattern::parse(expression);
  return pattern ? matches(*pattern, text) : "no pattern";
}

TEST_CASE("literals") {
  CHECK(matches(text_pattern::literal("ab"), "ab xabab") == "{ab} x{ab}{ab}");
  CHECK(matches(text_pattern::literal(""), "ab") == "ab");
}

TEST_CASE("runs of characters") {
  CHECK(parsed("a", "aab") == "{a}{a}b");
  CHECK(parsed("a+", "aab") == "{aa}b");
  CHECK(parsed(" {2,}", "a b  c   d") == "a b{  }c{   }d");
  CHECK(parsed("a{2}", "aaaaa") == "{aa}{aa}a");
  CHECK(parsed("a{2,3}", "aaaaa") == "{aaa}{aa}");
  CHECK(parsed(R"(\s{2,}|[\n\r\t])", "a b \n c\td") == "a b{ \n }c{\t}d");
  CHECK(parsed(R"([.,\]]+|\$)", "a.,]b$") == "a{.,]}b{$}");
  CHECK(parsed("\xc3\xa9+", "e\xc3\xa9\xc3\xa9") == "e{\xc3\xa9\xc3\xa9}");
  CHECK(parsed("a|a+", "aa") == "{a}{a}");  // the first that fits, not the longest
}

TEST_CASE("other expressions are none") {
  for (const char* other : {"",       "|",
                            "a|",     "a*",
                            "a?",     ".",
                            "^a",     "a$",
                            "(a)",    "ab",
                            "[a-z]",  "[^a]",
                            "[]",     "[a",
                            "\\d",    "\\p{L}",
                            "a{0,}",  "a{3,2}",
                            "a{,2}",  "a{1001}",
                            "a{2",    "a{99999999999999999999}",
                            "a{2,}+", "\\",
                            "[a&&b]"})
    CHECK(parsed(other, "a") == "no pattern");
  CHECK(!text_pattern::parse(std::string(101, 'a')));
}

TEST_CASE("a replacement has the origin of the match's last character") {
  auto text = weft_test::aligned("x``y``");
  replace(text_pattern::literal("``"), "\"'", text);
  CHECK(weft_test::origins(text) == "x0-1 \"2-3 '2-3 y3-4 \"5-6 '5-6 ");
  replace(text_pattern::literal("y"), "", text);
  CHECK(text.text == "x\"'\"'");
}

TEST_CASE("a long literal is found where it is") {
  const std::string run(40, 'a');
  const auto pattern = text_pattern::literal(run + "b" + run);
  const auto places = [&](const std::string& text) {
    std::string found;
    text_pattern::cursor matches(pattern, text, {0, static_cast<weft::index_t>(text.size())});
    for (auto m = matches.next(); m.begin < m.end; m = matches.next())
      found += std::to_string(m.begin) + "-" + std::to_string(m.end) + " ";
    return found;
  };
  CHECK(places(run + run) == "");
  CHECK(places("aa" + run + "b" + run + run + "b" + run) == "2-83 83-164 ");
  CHECK(places(run + "b" + run + "b" + run) == "0-81 ");  // they do not overlap
  CHECK(pattern.find("x" + run + "b" + run, 1).begin == 1);
  CHECK(pattern.find(run + "b" + run, 1).begin == 81);
}

TEST_CASE("runs that do not fit are looked for again behind them") {
  const auto pattern = text_pattern::parse("a{3}|b{2,}|a");
  REQUIRE(pattern);
  std::string found;
  const std::string text = "aabaaaabbba";
  text_pattern::cursor matches(*pattern, text, {0, static_cast<weft::index_t>(text.size())});
  for (auto m = matches.next(); m.begin < m.end; m = matches.next())
    found += text.substr(static_cast<std::size_t>(m.begin), static_cast<std::size_t>(m.end - m.begin)) + "|";
  CHECK(found == "a|a|aaa|a|bbb|a|");
}

}  // namespace text_pattern_test
