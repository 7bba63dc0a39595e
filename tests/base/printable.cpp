#include <weft/base/error.hpp>
#include <weft/base/printable.hpp>

#include "catch.hpp"

namespace {
using weft::detail::printable;
using weft::detail::printable_whole;
}  // namespace

TEST_CASE("what a terminal obeys is shown by its bytes") {
  CHECK(printable("a\x1b[2J\nb\r\t\x7f") == "a\\x1b[2J\\x0ab\\x0d\\x09\\x7f");
  CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\xc2\\x9b31m");  // CSI in one character
  CHECK(printable("a\xe2\x80\xa8"
                  "b\xe2\x80\xa9") == "a\\xe2\\x80\\xa8b\\xe2\\x80\\xa9");  // ends of lines and paragraphs
  for (const char* turn : {"\xe2\x80\xae", "\xe2\x80\xaa", "\xe2\x81\xa6", "\xe2\x81\xa9", "\xe2\x80\x8f", "\xd8\x9c"})
    CHECK(printable(turn).starts_with("\\x"));  // right to left
  CHECK(printable("\xc2\xa0 \xe2\x80\x93 \xe2\x81\xb0 \xd8\x9b \xe2\x80\xaf") ==
        "\xc2\xa0 \xe2\x80\x93 \xe2\x81\xb0 \xd8\x9b \xe2\x80\xaf");
}

TEST_CASE("what is not UTF-8 is shown by its bytes, and text stays") {
  CHECK(printable("\x9b"
                  "2J \xc3 \xed\xa0\x80 \xf4\x90\x80\x80") == "\\x9b2J \\xc3 \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80");
  CHECK(printable("\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x90\xb1") == "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x90\xb1");
  CHECK(printable(printable("a\x1b\\")) == printable("a\x1b\\"));
  CHECK(printable("") == "");
}

TEST_CASE("a long text is cut between characters") {
  CHECK(printable("abcd", 4) == "abcd");
  CHECK(printable("abcde", 4) == "abcd...");
  CHECK(printable("ab\xc3\xa9", 3) == "ab...");
  CHECK(printable_whole(std::string(200, 'x')) == std::string(200, 'x'));
}

TEST_CASE("no part of a sentence reaches a terminal as it is; details keep their lines") {
  const weft::error e({.file = "a\nb", .subject = "\x1b", .found = "c\nd", .wanted = "\x07", .remedy = "e\xc2\x9b"});
  CHECK(e.what() == std::string("a\\x0ab: \\x1b: found c\\x0ad, wanted \\x07; e\\xc2\\x9b"));
  CHECK(e.file == "a\nb");
  CHECK(weft::error({.file = "f", .details = "one:\n  two\x1b\n  three", .remedy = "r"}).what() ==
        std::string("f: one:\n  two\\x1b\n  three; r"));
  CHECK(weft::error("x\x1by\n").what() == std::string("x\\x1by\\x0a"));
}
