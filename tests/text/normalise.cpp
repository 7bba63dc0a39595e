#include <weft/text/normalise.hpp>

#include "catch.hpp"

namespace normalise_test {

using namespace weft;

normalised_text normalise(const std::string& text, const normalisation& steps = {}) {
  normalised_text out;
  normaliser(steps).append(text, {0, static_cast<weft::index_t>(text.size())}, out);
  return out;
}

TEST_CASE("the four steps can be had one by one", "[normalise]") {
  const std::string text = "\xc3\x89\t\xe4\xb8\xad\x07";  // E with acute accent, tab, a Chinese character, bell
  CHECK(normalise(text).text == "e  \xe4\xb8\xad ");
  CHECK(normalise(text, {.chinese_characters = false}).text == "e \xe4\xb8\xad");
  CHECK(normalise(text, {.strip_accents = false}).text == "\xc3\xa9  \xe4\xb8\xad ");
  CHECK(normalise(text, {.lowercase = false}).text == "E  \xe4\xb8\xad ");
  CHECK(normalise(text, {.clean = false}).text == "e\t \xe4\xb8\xad \x07");
}

TEST_CASE("every byte knows its origin", "[normalise]") {
  const auto n = normalise("A\xff\xea\xb0\x80\xc4\xb0");  // A, a stray byte, a Hangul syllable, I with dot
  CHECK(n.text == "a\xe1\x84\x80\xe1\x85\xa1i");
  REQUIRE(n.sources.size() == n.text.size());
  CHECK(n.original(0, 1) == text_range{0, 1});
  CHECK(n.original(1, 4) == text_range{2, 5});
  CHECK(n.original(4, 7) == text_range{2, 5});
  CHECK(n.original(7, 8) == text_range{5, 7});
  CHECK(n.original(0, 8) == text_range{0, 7});
}

TEST_CASE("a part of a text is normalised as if it stood alone", "[normalise]") {
  normalised_text out;
  normaliser({}).append("ab\xc3\xa9z", {1, 3}, out);  // ends inside a character
  CHECK(out.text == "b");
}

}  // namespace normalise_test
