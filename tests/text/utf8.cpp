#include <weft/text/utf8.hpp>

#include "catch.hpp"

namespace utf8_test {

using namespace weft;

TEST_CASE("every code point survives writing and reading", "[utf8]") {
  bool same = true;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    std::string text;
    const weft::index_t bytes = append_utf8(c, text);
    const auto read = decode_utf8(text + "x", 0);
    same = same && read.value == c && read.bytes == bytes && bytes == static_cast<weft::index_t>(text.size());
  }
  CHECK(same);
}

TEST_CASE("what is not UTF-8 is one replacement character a byte", "[utf8]") {
  for (const std::string text : {"\x80", "\xc3", "\xc3(", "\xc0\xaf", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                 "\xf0\x9f\x98", "\xff", "\xf8\x88\x80\x80\x80"}) {
    const auto read = decode_utf8(text, 0);
    CHECK(read.value == replacement_character);
    CHECK(read.bytes == 1);
    CHECK(find_invalid_utf8("ab" + text) == 2);
  }
  CHECK(find_invalid_utf8("caf\xc3\xa9 \xef\xbf\xbd") == -1);
  CHECK(decode_utf8("\xef\xbf\xbd", 0).bytes == 3);
  CHECK(find_invalid_utf8("") == -1);
}

}  // namespace utf8_test
