#include <weft/base/utf8.hpp>

#include <string>

#include "catch.hpp"

using weft::decode_utf8;

// By the definition of UTF-8, whether or not that is a form which is allowed.
static std::string spread(char32_t value, int bytes) {
  if (bytes == 1) return std::string(1, static_cast<char>(value));
  std::string text;
  for (int i = bytes - 1; i > 0; --i, value >>= 6) text.insert(0, 1, static_cast<char>(0x80 | (value & 0x3f)));
  return static_cast<char>((0xf00 >> bytes & 0xff) | value) + text;
}

TEST_CASE("every code point has one form, and the others are not UTF-8") {
  bool read = true, refused = true;
  for (char32_t c = 0; c < 0x200000; ++c) {
    const int shortest = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (int bytes = shortest; bytes <= 4; ++bytes) {
      const auto found = decode_utf8("x" + spread(c, bytes) + "x", 1);
      if (bytes == shortest && c < 0x110000 && (c < 0xd800 || c >= 0xe000))
        read = read && found.value == c && found.bytes == bytes;
      else
        refused = refused && found.value == weft::replacement_character && found.bytes == 1;
    }
  }
  CHECK(read);
  CHECK(refused);
}

TEST_CASE("a sequence that is cut off, or goes on after its end, is no character") {
  for (const std::string text : {"\x80", "\xc3", "\xc3(", "\xe2\x82", "\xf0\x9f\x98", "\xff", "\xf8\x88\x80\x80\x80"}) {
    const auto found = decode_utf8(text, 0);
    CHECK(found.value == weft::replacement_character);
    CHECK(found.bytes == 1);
  }
}
