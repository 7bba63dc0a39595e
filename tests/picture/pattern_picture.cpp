#include <weft/picture/pattern_picture.hpp>

#include <cstdlib>
#include <weft/pattern/bigbird_blocks.hpp>
#include <weft/pattern/block_table.hpp>
#include <weft/pattern/documents.hpp>
#include <weft/pattern/full.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "well_formed.hpp"

namespace {
using weft::index_t;
using weft_test::count, weft_test::xml_mistake;

// How many cells the paths of a picture draw, by colour.
std::ptrdiff_t cells_drawn(const std::string& svg) { return count(svg, "h1v1h-1z"); }

struct neighbours {
  static constexpr index_t query_tile = 8;
  bool sees(const weft::query_block&, index_t q, index_t k) const { return std::abs(q - k) <= 2; }
  constexpr void visit(const weft::query_block& b, auto&& spans) const {
    spans.masked({std::max<index_t>(0, b.first - 2), std::min(b.length, b.last + 2)});
  }
};

// Blocks of 4: the first is seen by all and counted three times, the diagonal once; both say why.
struct blocks {
  static constexpr index_t query_tile = 4;
  constexpr index_t sees(const weft::query_block&, index_t q, index_t k) const { return k < 4 ? 3 : q / 4 == k / 4; }
  constexpr void visit(const weft::query_block& b, auto&& spans) const {
    spans.full({0, std::min<index_t>(4, b.length)}, 3);
    if (b.first > 0) spans.full({b.first, b.last});
  }
  constexpr std::string_view kind(const weft::query_block&, index_t, index_t k) const {
    return k < 4 ? "global" : "win<dow";
  }
};

// A pattern with a table, which only a picture of a prepared one shows.
struct tabled {
  static constexpr index_t query_tile = 16;
  index_t reach = -1;
  void prepare(const weft::setup& s, weft::arena&) { reach = s.layers * 100 + s.heads * 10 + (s.positions >= 9); }
  bool sees(const weft::query_block&, index_t q, index_t k) const { return reach == 341 && q == k; }
  void visit(const weft::query_block& b, auto&& spans) const { spans.masked({b.first, b.last}); }
};
TEST_CASE("the check for well-formed documents finds mistakes") {
  CHECK(xml_mistake("<a b=\"1\" c=\"&lt;\"><d/>text</a>\n") == "");
  for (const char* bad : {"<a>", "<a></b>", "<a b=1/>", "<a b=\"1\" b=\"2\"/>", "<a>&</a>", "<a b=\"<\"/>", "<a/><b/>",
                          "text", "<a/>text", "", "<a", "<a>&nbsp;</a>"})
    CHECK(xml_mistake(bad) != "");
}

TEST_CASE("a short pattern is drawn token by token") {
  const auto svg = weft::pattern_picture(neighbours{}, 20, {.title = "neighbours"});
  CHECK(xml_mistake(svg) == "");
  // Tiles of 8 queries visit 10, 12 and 6 keys.
  CHECK(cells_drawn(svg) == 8 * 10 + 8 * 12 + 4 * 6);
  CHECK(count(svg, "<path class=\"cells\"") == 2);
  CHECK_THAT(svg, mentions("20 tokens, a cell is one token; seen 23.5 % of all pairs, visited 50 %"));
  for (const char* words : {">neighbours<", ">seen<", ">visited, nothing seen<", ">not seen<", ">keys<", ">queries<"})
    CHECK_THAT(svg, mentions(words));
}

TEST_CASE("a long pattern is drawn in cells of many tokens") {
  const auto svg = weft::pattern_picture(weft::full{}, 1000);
  CHECK(xml_mistake(svg) == "");
  CHECK_THAT(svg, mentions("a cell is 16 tokens square; seen 100 % of all pairs, visited 100 %"));
  CHECK(cells_drawn(svg) == 63 * 63);
  CHECK(cells_drawn(weft::pattern_picture(weft::full{}, 1000, {.cell = 100})) == 100);
  CHECK(cells_drawn(weft::pattern_picture(weft::full{}, 1)) == 1);
  const auto near = weft::pattern_picture(neighbours{}, 640);
  CHECK_THAT(near, mentions(">seen, in part<"));
  CHECK_THAT(near, mentions("%"));
}

TEST_CASE("kinds and counts have colours of their own, and words in the legend") {
  const auto svg = weft::pattern_picture(blocks{}, 16, {.cell = 4});
  CHECK(xml_mistake(svg) == "");
  CHECK(cells_drawn(svg) == 4 + 3);
  CHECK(count(svg, "<path class=\"cells\"") == 2);
  CHECK_THAT(svg, mentions(">global, counted 3 times<"));
  CHECK_THAT(svg, mentions(">win&lt;dow<"));
}

TEST_CASE("titles are escaped") {
  const auto svg = weft::pattern_picture(weft::full{}, 3, {.title = "a < b & \"c\" \x01\xff \xc3\xa9"});
  CHECK(xml_mistake(svg) == "");
  CHECK(count(svg, "a &lt; b &amp; &quot;c&quot; \xef\xbf\xbd\xef\xbf\xbd \xc3\xa9") == 2);
}

TEST_CASE("tables are built before a pattern is drawn") {
  const auto sees = [](const weft::pattern_picture_options& o) {
    return weft::pattern_picture(tabled{}, 9, o).find("seen 11.1 %") != std::string::npos;
  };
  CHECK_FALSE(sees({}));
  CHECK(sees({.head = 3, .layer = 2}));
  CHECK(sees({.model = {.layers = 3, .positions = 2, .heads = 4}}));
}

TEST_CASE("BigBird's global, window and random blocks are told apart, and the first counts what the plan says") {
  const auto svg = weft::pattern_picture(weft::bigbird_blocks<2, 1, weft::hugging_face_plan>{}, 32);
  CHECK(xml_mistake(svg) == "");
  for (const char* words : {">global<", ">window<", ">random<"}) CHECK_THAT(svg, mentions(words));
  // Short sequences see all, so there is nothing to tell apart.
  CHECK_THAT(weft::pattern_picture(weft::bigbird_blocks<2, 1>{}, 8), !mentions(">global<"));
  CHECK_THAT(weft::pattern_picture(weft::bigbird_blocks<2, 3>{}, 64), mentions(">global, counted 4 times<"));
}

TEST_CASE("patterns that read tables of a batch are drawn for one of its sequences") {
  const std::vector<std::int32_t> ids(7);
  const std::vector<index_t> ends{0, 2, 7}, texts{0, 0, 0, 0, 1, 1, 1};
  weft::batch in{ids, {}, ends};
  in.documents = texts;
  CHECK(cells_drawn(weft::pattern_picture(weft::documents{}, 5)) == 25);
  const auto svg = weft::pattern_picture(weft::documents{}, 5, {.in = &in, .sequence = 1});
  CHECK_THAT(svg, mentions("seen 52 % of all pairs"));
  CHECK_THAT(refusal_of([&] { weft::pattern_picture(weft::documents{}, 5, {.in = &in}); }),
             mentions("found no sequence 0 of 5 tokens"));
  CHECK_THAT(refusal_of([&] { weft::pattern_picture(weft::block_table<2>{}, 5); }), mentions("lists of key blocks"));
}

TEST_CASE("a picture of nothing is refused") {
  CHECK_THAT(refusal_of([] { weft::pattern_picture(weft::full{}, 0); }),
             mentions("the length of a pattern's picture: found 0, wanted at least 1 token"));
  CHECK_THAT(refusal_of([] { weft::pattern_picture(weft::full{}, 4, {.cell = -1}); }), mentions("found -1"));
}

}  // namespace
