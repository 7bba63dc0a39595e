#include <weft/text/decode.hpp>

#include "catch.hpp"

namespace decode_test {

TEST_CASE("pieces join", "[decode]") {
  const auto join = [](std::initializer_list<const char*> pieces, bool clean_up) {
    std::string text;
    for (const char* const& piece : pieces)
      weft::detail::append_piece(piece, &piece == pieces.begin(), "##", clean_up, text);
    return text;
  };
  CHECK(join({"##a", "##b", "c", "##d"}, true) == "##ab cd");
  CHECK(join({"hello", ",", "you", "!"}, true) == "hello, you!");
  CHECK(join({"hello", ",", "you", "!"}, false) == "hello , you !");
  CHECK(join({"don", "'", "t"}, true) == "don ' t");  // as the reference, which looks at one piece at a time
}

TEST_CASE("every match is replaced once", "[decode]") {
  const auto replaced = [](std::string text, std::string_view from, std::string_view to) {
    weft::detail::replace_all(text, from, to);
    return text;
  };
  CHECK(replaced("abab", "ab", "a") == "aa");
  CHECK(replaced("aaab", "aab", "ab") == "aab");  // what is put there is not looked at
  CHECK(replaced("xaxa", "a", "aa") == "xaaxaa");
  CHECK(replaced("abc", "d", "e") == "abc");
  CHECK(replaced("ab", "ab", "") == "");
}

}  // namespace decode_test
