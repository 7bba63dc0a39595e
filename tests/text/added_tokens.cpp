#include <weft/text/added_tokens.hpp>

#include "catch.hpp"

namespace added_tokens_test {

using namespace weft;

// Stretches between tokens as they are, tokens in braces.
std::string split(std::vector<added_token> tokens, const std::string& text) {
  std::vector<std::string> contents;
  for (const auto& token : tokens) contents.push_back(token.content);
  const auto part = [&](text_range r) {
    return text.substr(static_cast<std::size_t>(r.begin), static_cast<std::size_t>(r.end - r.begin));
  };
  std::string out;
  added_token_finder(std::move(tokens), contents)
      .split(
          text, [&](text_range r) { out += part(r) + "|"; },
          [&](added_token_match m) { out += "{" + std::to_string(m.token) + part(m.bytes) + "}|"; });
  return out;
}

TEST_CASE("the longest token wins and none overlap", "[added_tokens]") {
  CHECK(split({}, "abc") == "abc|");
  CHECK(split({{.content = "ab"}, {.content = "abc"}}, "xabcab") == "x|{1abc}|{0ab}|");
  CHECK(split({{.content = "aa"}}, "aaaaa") == "{0aa}|{0aa}|a|");
  CHECK(split({{.content = "ab"}, {.content = "cd"}}, "") == "");
}

TEST_CASE("tokens take white space along", "[added_tokens]") {
  CHECK(split({{.content = "x", .strip_left = true}}, "a \t\xc2\xa0x b") == "a|{0 \t\xc2\xa0x}| b|");
  CHECK(split({{.content = "x", .strip_right = true}}, "a x  b") == "a |{0x  }|b|");
  CHECK(split({{.content = "x", .strip_left = true, .strip_right = true}}, " x x ") == "{0 x }|{0x }|");
}

TEST_CASE("single words do not stand inside others", "[added_tokens]") {
  const std::vector<added_token> tokens{{.content = "x", .single_word = true}};
  CHECK(split(tokens, "x ax xa \xc3\xa9x x_ (x)") == "{0x}| ax xa \xc3\xa9x x_ (|{0x}|)|");
  CHECK(split(tokens, "\xffx\xff") == "\xff|{0x}|\xff|");
}

TEST_CASE("of tokens that begin alike the longest wins, of equal ones the later", "[added_tokens]") {
  std::vector<added_token> tokens;
  for (int i = 0; i < 300; ++i) tokens.push_back({.content = "cat" + std::to_string(i)});
  tokens.push_back({.content = "a"}), tokens.push_back({.content = "a"});
  CHECK(split(tokens, "cat2 cat29 cat299 cat3000") == "{2cat2}| |{29cat29}| |{299cat299}| |{30cat30}|00|");
  CHECK(split(tokens, "ca") == "c|{301a}|");
}

TEST_CASE("white space that one token took is not the next one's", "[added_tokens]") {
  const std::vector<added_token> tokens{{.content = " ", .strip_left = true}, {.content = "x", .strip_left = true}};
  CHECK(split(tokens, "a   x") == "a|{0 }|{0 }|{0 }|{1x}|");
}

}  // namespace added_tokens_test
