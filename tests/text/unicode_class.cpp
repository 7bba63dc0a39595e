#include <weft/text/unicode_class.hpp>

#include "catch.hpp"
#include "text/golden.hpp"

namespace unicode_class_test {

TEST_CASE("every code point is what the reference takes it for") {
  const auto data = nlohmann::json::parse(golden::content("unicode_classes.json"));
  const char* const names[] = {"letter", "number", "mark", "combining", "decomposes", "extends", "word", "digit"};
  std::vector<std::uint8_t> want(0x110000);
  for (int bit = 0; bit < 8; ++bit)
    for (const auto& range : data[names[bit]])
      for (std::size_t c = range[0]; c <= range[1]; ++c) want[c] |= static_cast<std::uint8_t>(1 << bit);
  std::size_t wrong = 0;
  for (char32_t c = 0; c < 0x110000; ++c) wrong += weft::classify_unicode(c).flags != want[c];
  CHECK(wrong == 0);
  CHECK(weft::classify_unicode(U'a').letter());
  CHECK(weft::classify_unicode(U'\u00bd').number());
  CHECK(weft::classify_unicode(U'\u0301').mark());
}

}  // namespace unicode_class_test
