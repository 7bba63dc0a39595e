#include <weft/text/byte_level.hpp>

#include <set>

#include "catch.hpp"

namespace byte_level_test {

using namespace weft;

std::string words(const std::string& text) {
  std::string s;
  for_each_byte_level_word(text, {0, static_cast<weft::index_t>(text.size())}, [&](weft::index_t b, weft::index_t e) {
    s += text.substr(static_cast<std::size_t>(b), static_cast<std::size_t>(e - b)) + "|";
  });
  return s;
}

TEST_CASE("each byte has a printable character of its own") {
  std::set<char32_t> seen;
  for (unsigned b = 0; b < 256; ++b) seen.insert(byte_character(static_cast<unsigned char>(b)));
  CHECK(seen.size() == 256);
  CHECK(byte_character('!') == U'!');
  CHECK(byte_character(' ') == U'\u0120');
  CHECK(byte_character('\n') == U'\u010a');
  CHECK(byte_character(0xad) == U'\u0143');
  CHECK(bytes_of_piece("\xc4\xa0the") == " the");
  CHECK(bytes_of_piece("\xc3\x83\xc2\xa9") == "\xc3\xa9");
  CHECK(bytes_of_piece("\xe4\xb8\xad"
                       "a") ==
        "\xe4\xb8\xad"
        "a");  // no byte's character in it: stands for itself
}

TEST_CASE("words are GPT-2's") {
  CHECK(words("") == "");
  CHECK(words("Hello, my dog's 12 toys") == "Hello|,| my| dog|'s| 12| toys|");
  CHECK(words("we'll I'm they've you're can't he'd") == "we|'ll| I|'m| they|'ve| you|'re| can|'t| he|'d|");
  CHECK(words("WE'LL 'x ''s") == "WE|'|LL| '|x| ''|s|");
  CHECK(words("a  b") == "a| | b|");
  CHECK(words("a   b") == "a|  | b|");
  CHECK(words("a\n b") == "a|\n| b|");
  CHECK(words("a \nb") == "a| |\n|b|");
  CHECK(words("a\tb") == "a|\t|b|");
  CHECK(words("a \t") == "a| \t|");
  CHECK(words("  ") == "  |");
  CHECK(words(" ") == " |");
  CHECK(words("a\xc2\xa0"
              "b") == "a|\xc2\xa0|b|");
  CHECK(words("\xc3\xa9"
              "1\xc2\xbd!?") == "\xc3\xa9|1\xc2\xbd|!?|");
}

}  // namespace byte_level_test
