#include <weft/picture/attention_page.hpp>

#include <cstdint>
#include <limits>

#include "catch.hpp"
#include "refusal.hpp"
#include "well_formed.hpp"

namespace {
using weft::index_t;
using weft_test::count, weft_test::xml_mistake;

// The fractions of a page's map, decoded once more.
std::vector<int> unpacked(const std::string& letters) {
  std::vector<unsigned> bytes;
  unsigned bits = 0, have = 0;
  for (const char c : letters) {
    if (c == '=') break;
    const auto value = c >= 'a' ? c - 'a' + 26 : c >= 'A' ? c - 'A' : c >= '0' ? c - '0' + 52 : c == '+' ? 62 : 63;
    bits = bits << 6 | static_cast<unsigned>(value), have += 6;
    if (have >= 8) have -= 8, bytes.push_back(bits >> have & 255u);
  }
  std::vector<int> all;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) all.push_back(static_cast<int>(bytes[i] + 256 * bytes[i + 1]));
  return all;
}
TEST_CASE("probabilities survive the way into a page") {
  for (index_t n = 1; n <= 7; ++n) {
    std::vector<float> p;
    std::vector<int> wanted;
    for (index_t i = 0; i < n; ++i) {
      wanted.push_back(static_cast<int>((i * 23456 + 17) % 65536));
      p.push_back(static_cast<float>(wanted.back()) / 65535);
    }
    CHECK(unpacked(weft::drawing::packed_fractions(p.data(), n)) == wanted);
  }
  const float odd[] = {-1, 2, std::numeric_limits<float>::quiet_NaN(), 1};
  CHECK(unpacked(weft::drawing::packed_fractions(odd, 4)) == std::vector<int>{0, 65535, 0, 65535});
}

TEST_CASE("an attention page holds its tokens and maps and nothing from elsewhere") {
  for (const index_t n : {1, 2, 9, 128}) {
    const std::vector<std::string> tokens(static_cast<std::size_t>(n), "cat");
    const std::vector<float> p(static_cast<std::size_t>(n * n), 1.0f / static_cast<float>(n));
    const std::vector<weft::attention_map> maps{{0, 0, p.data()}, {0, 1, p.data()}, {3, 0, p.data()}};
    const auto page = weft::attention_page(tokens, maps, "the cat");
    CHECK(xml_mistake(page) == "");
    CHECK(count(page, "\"cat\"") == n);
    CHECK(count(page, "{layer:") == 3);
    CHECK_THAT(page, mentions("{layer:3,head:0,data:\""));
    CHECK(count(page, "http") == 2);  // the names of two vocabularies, which no browser fetches
    CHECK(count(page, "src=") + count(page, "href=") + count(page, "url(") == 0);
  }
}

TEST_CASE("tokens and titles cannot break out of a page") {
  const std::vector<std::string> tokens{"</script><b>", "\"quoted\\\"",     "]]>", "\n\t\x02", "\xe2\x80\xa8",
                                        "\xff\xe9\x9b", "\xf0\x9f\x90\xb1", "<!--"};
  const std::vector<float> p(64, 0.125f);
  const std::vector<weft::attention_map> maps{{0, 0, p.data()}};
  const auto page = weft::attention_page(tokens, maps, "<i>&");
  CHECK(xml_mistake(page) == "");
  CHECK(count(page, "</script>") == 1);
  CHECK(count(page, "&lt;i&gt;&amp;") == 2);
  CHECK_THAT(
      page,
      mentions("[\"\\u003c/"
               "script\\u003e\\u003cb\\u003e\",\"\\\"quoted\\\\\\\"\",\"]]\\u003e\",\"\\u000a\\u0009\xef\xbf\xbd\","
               "\"\\u2028\",\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"\xf0\x9f\x90\xb1\",\"\\u003c!--\"]"));
}

TEST_CASE("a page without tokens or maps, or with too many, is refused") {
  const std::vector<std::string> none, one{"a"}, many(129, "a");
  const std::vector<float> p(129 * 129);
  const std::vector<weft::attention_map> map{{0, 0, p.data()}}, twice{{1, 2, p.data()}, {1, 2, p.data()}};
  CHECK_THAT(refusal_of([&] { weft::attention_page(none, map); }), mentions("found 0, wanted 1 to 128"));
  CHECK_THAT(refusal_of([&] { weft::attention_page(many, map); }), mentions("found 129, wanted 1 to 128"));
  CHECK_THAT(refusal_of([&] { weft::attention_page(one, {}); }), mentions("found none, wanted at least one"));
  CHECK_THAT(refusal_of([&] { weft::attention_page(one, twice); }), mentions("found layer 1, head 2 twice"));
}

TEST_CASE("numbers are written with a point and without needless digits") {
  using weft::drawing::decimal;
  CHECK(decimal(0) == "0");
  CHECK(decimal(2.5) == "2.5");
  CHECK(decimal(100) == "100");
  CHECK(decimal(1.0 / 3) == "0.33");
  CHECK(decimal(1.0 / 3, 4) == "0.3333");
}

}  // namespace
