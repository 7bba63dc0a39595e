#include <weft/text/aligned_text.hpp>

#include "catch.hpp"
#include "text/aligned.hpp"

namespace aligned_text_test {

using namespace weft;

using weft_test::aligned;
using weft_test::origins;

TEST_CASE("a text knows its bytes, and what is not UTF-8 is replaced") {
  CHECK(origins(aligned("a\xc3\xa9")) ==
        "a0-1 \xc3\xa9"
        "1-3 ");
  CHECK(origins(aligned("\xffz")) ==
        "\xef\xbf\xbd"
        "0-1 z1-2 ");
  normalised_text part;
  append_unchanged("abc", {1, 2}, part);
  CHECK(origins(part) == "b1-2 ");
}

TEST_CASE("changes replace, take along and insert") {
  const auto changed = [](std::vector<character_change> changes, weft::index_t skipped = 0) {
    auto text = aligned("abcd");
    apply_changes(changes, skipped, text);
    return origins(text);
  };
  CHECK(changed({{U'x', 0}, {U'y', 0}}) == "x0-1 y1-2 ");
  CHECK(changed({{U'x', -1}, {U'y', 0}}) == "x0-1 y2-3 ");
  CHECK(changed({{U'x', 0}, {U'y', 1}, {U'z', 0}}) == "x0-1 y0-1 z1-2 ");
  CHECK(changed({{U'x', 1}, {U'y', 0}}) == "x0-0 y0-1 ");  // nothing before it to share an origin with
  CHECK(changed({{U'x', 0}}, 2) == "x2-3 ");
  CHECK(changed({{U'x', -9}, {U'y', 0}}) == "x0-1 y0-0 ");  // more than there is
  CHECK(changed({}).empty());
}

TEST_CASE("characters are kept with their origins") {
  auto text = aligned(
      "a\xc3\xa9"
      "b");
  keep_characters(text, [](char32_t c) { return c != U'a'; });
  CHECK(origins(text) ==
        "\xc3\xa9"
        "1-3 b3-4 ");
}

TEST_CASE("what is put in front shares the first character's origin") {
  auto text = aligned("\xc3\xa9");
  prepend("__", text);
  CHECK(origins(text) ==
        "_0-2 _0-2 \xc3\xa9"
        "0-2 ");
  normalised_text empty;
  prepend("_", empty);
  CHECK(empty.text.empty());
}

}  // namespace aligned_text_test
