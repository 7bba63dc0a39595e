#include <weft/text/precompiled_map.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "text/aligned.hpp"

namespace precompiled_map_test {

using namespace weft;

std::string number(std::uint32_t n) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(n >> (8 * i) & 255);
  return bytes;
}

// A double array with the one-byte keys, each with its text. darts-clone's units: label | leaf flag 0x100 | offset
// << 10.
std::string table(const std::vector<std::pair<char, std::string>>& keys) {
  std::vector<std::uint32_t> units(1024);
  units[0] = 256u << 10;  // children of the root stand at 256 ^ byte
  std::string texts;
  std::uint32_t leaf = 600;
  for (const auto& [key, text] : keys) {
    const std::uint32_t at = 256u ^ static_cast<unsigned char>(key);
    units[at] = (at ^ leaf) << 10 | 0x100 | static_cast<unsigned char>(key);
    units[leaf++] = 0x80000000u | static_cast<std::uint32_t>(texts.size());
    texts += text + '\0';
  }
  std::string bytes = number(static_cast<std::uint32_t>(4 * units.size()));
  for (const auto unit : units) bytes += number(unit);
  return bytes + texts;
}

std::string applied(const precompiled_map& map, const std::string& text) {
  auto out = weft_test::aligned(text);
  map.apply(out);
  return weft_test::origins(out);
}

std::string failure(const std::string& bytes) {
  return refusal_of([&] { (void)precompiled_map(bytes, "f"); });
}

TEST_CASE("keys are replaced, longer and shorter") {
  const precompiled_map map(table({{'a', "xyz"}, {'b', ""}, {'c', "d"}}));
  CHECK(map.find("abc") == "xyz");
  CHECK(map.find("b") == "");
  CHECK(!map.find("q"));
  CHECK(!map.find(""));
  CHECK(applied(map, "qcq") == "q0-1 d1-2 q2-3 ");
  CHECK(applied(map, "aq") == "x0-1 y0-1 z0-1 q1-2 ");
  CHECK(applied(map, "qbq") == "q0-1 q2-3 ");
  CHECK(applied(map, "bq") == "q0-1 ");  // what is lost at the beginning is not counted: so in the reference
  CHECK(applied(map, "abq") == "x0-1 y0-1 z1-2 q2-3 ");  // and here it turns an inserted character into a replacing one
}

TEST_CASE("a short cluster is replaced as a whole by what its beginning says") {
  const precompiled_map map(table({{'a', "A"}}));
  CHECK(applied(map, "a\xcc\x81z") == "A0-1 z3-4 ");
  CHECK(applied(map, "a\xcc\x81\xcc\x81\xcc\x81z").substr(0, 5) == "A0-1 ");  // seven bytes: by code points
  CHECK(applied(map, "a\xcc\x81\xcc\x81\xcc\x81z").size() > 20);
}

TEST_CASE("bytes that are no table are refused, and a table that leads astray ends the search") {
  CHECK(failure("") == "f: precompiled_charsmap: found 0 bytes, wanted at least 8");
  CHECK(failure(number(5) + "abcde") ==
        "f: precompiled_charsmap: found an array of 5 bytes in 9 bytes, wanted a multiple of 4 that the bytes have "
        "room for");
  CHECK_THAT(failure(number(0xffffffff) + "abcd"), mentions("wanted a multiple of 4"));
  for (const std::uint32_t unit : {0xffffffffu, 0x7ffffd61u, 0x00000361u, 0u}) {
    std::string bytes = number(4 * 128);
    for (int i = 0; i < 128; ++i) bytes += number(unit);
    const precompiled_map map(bytes);
    auto text = weft_test::aligned("abc\xc3\xa9");
    map.apply(text);
    CHECK(text.text.size() == text.sources.size());
  }
  std::string beyond = table({{'a', "x"}});
  const std::size_t leaf = 4 + 4 * 600;
  beyond.replace(leaf, 4, number(0x80001000));  // a text behind the end
  CHECK(!precompiled_map(beyond).find("a"));
}

TEST_CASE("a table that lengthens without bound is an error") {
  const precompiled_map map(table({{'a', std::string(100000, 'x')}}));
  auto text = weft_test::aligned("aa");
  CHECK_THROWS_AS(map.apply(text), error);
}

}  // namespace precompiled_map_test
