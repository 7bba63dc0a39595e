#include <weft/text/text_steps.hpp>

#include "catch.hpp"
#include "text/aligned.hpp"

namespace text_steps_test {

using namespace weft;

std::string after(std::vector<text_step> steps, const std::string& text) {
  auto out = weft_test::aligned(text);
  take_steps(steps, out);
  return weft_test::origins(out);
}

TEST_CASE("lower case, one code point at a time") {
  CHECK(after({lower_case_step{}}, "A\xc4\xb0") ==
        "a0-1 i1-3 \xcc\x87"
        "1-3 ");
  CHECK(after({lower_case_step{}}, "\xce\xa3") ==
        "\xcf\x83"
        "0-2 ");
}

TEST_CASE("accents go after decomposition") {
  CHECK(after({unicode_form_step{unicode_form::nfkd}, strip_marks_step{}}, "\xc3\xa9x") == "e0-2 x2-3 ");
  CHECK(after({strip_marks_step{}}, "\xc3\xa9") ==
        "\xc3\xa9"
        "0-2 ");
}

TEST_CASE("white space at the ends") {
  CHECK(after({strip_ends_step{}}, " a b\xc2\xa0") == "a1-2  2-3 b3-4 ");
  CHECK(after({strip_ends_step{.left = false}}, " a ") == " 0-1 a1-2 ");
  CHECK(after({strip_ends_step{.right = false}}, " a ") == "a1-2  2-3 ");
  CHECK(after({strip_ends_step{.left = false, .right = false}}, " ") == " 0-1 ");
  for (const bool left : {true, false}) CHECK(after({strip_ends_step{left, !left}}, " \t").empty());
  CHECK(after({strip_ends_step{}}, "").empty());
}

TEST_CASE("steps follow one another") {
  CHECK(after({prepend_step{"_"}, replace_step{text_pattern::literal("a"), "bb"}}, "a") == "_0-1 b0-1 b0-1 ");
  const text_step grow = replace_step{text_pattern::literal("a"), std::string(60, 'a')};
  CHECK_THROWS_WITH(after({grow, grow, grow, grow}, "a"), mentions("normaliser lengthens texts"));
}

}  // namespace text_steps_test
