#include <weft/text/unicode_forms.hpp>

#include "catch.hpp"
#include "text/aligned.hpp"

namespace unicode_forms_test {

using namespace weft;

std::string form(unicode_form f, const std::string& text) {
  auto out = weft_test::aligned(text);
  normalise(f, out);
  return weft_test::origins(out);
}

TEST_CASE("composition takes the first character's origin") {
  CHECK(form(unicode_form::nfc, "e\xcc\x81x") ==
        "\xc3\xa9"
        "0-1 x3-4 ");
  CHECK(form(unicode_form::nfd, "\xc3\xa9x") ==
        "e0-2 \xcc\x81"
        "0-2 x2-3 ");
  CHECK(form(unicode_form::nfc, "\xc3\xa9x") ==
        "\xc3\xa9"
        "0-2 x2-3 ");
  CHECK(form(unicode_form::nfkd, "\xef\xac\x81") == "f0-3 i0-3 ");
  CHECK(form(unicode_form::nfkc, "\xef\xbc\xa1") == "A0-3 ");
  CHECK(form(unicode_form::nfc, "plain") == "p0-1 l1-2 a2-3 i3-4 n4-5 ");
}

TEST_CASE("marks are put in order, and blocked ones stay") {
  // a, dot above (230), dot below (220): below comes first, and composes
  CHECK(form(unicode_form::nfd, "a\xcc\x87\xcc\xa3") ==
        "a0-1 \xcc\xa3"
        "1-3 \xcc\x87"
        "3-5 ");
  CHECK(form(unicode_form::nfc, "a\xcc\x87\xcc\xa3") ==
        "\xe1\xba\xa1"
        "0-1 \xcc\x87"
        "3-5 ");
  // two marks of one class: the second is blocked
  CHECK(form(unicode_form::nfc, "x\xcc\x81\xcc\x81") ==
        "x0-1 \xcc\x81"
        "1-3 \xcc\x81"
        "3-5 ");
  // a mark without a base
  CHECK(form(unicode_form::nfc,
             "\xcc\x81"
             "e\xcc\x81") ==
        "\xcc\x81"
        "0-2 \xc3\xa9"
        "2-3 ");
}

TEST_CASE("Hangul by algorithm, exclusions by table") {
  CHECK(form(unicode_form::nfd, "\xea\xb0\x81") ==
        "\xe1\x84\x80"
        "0-3 \xe1\x85\xa1"
        "0-3 \xe1\x86\xa8"
        "0-3 ");
  CHECK(form(unicode_form::nfc, "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8") ==
        "\xea\xb0\x81"
        "0-3 ");
  CHECK(form(unicode_form::nfc, "\xe0\xa5\x98") ==
        "\xe0\xa4\x95"
        "0-3 \xe0\xa4\xbc"
        "0-3 ");  // never composed again
}

}  // namespace unicode_forms_test
