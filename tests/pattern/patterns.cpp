#include <weft/pattern/bigbird_blocks.hpp>
#include <weft/pattern/block_table.hpp>
#include <weft/pattern/causal.hpp>
#include <weft/pattern/dilated_window.hpp>
#include <weft/pattern/documents.hpp>
#include <weft/pattern/full.hpp>
#include <weft/pattern/landmarks.hpp>
#include <weft/pattern/per_layer.hpp>
#include <weft/pattern/union_of.hpp>
#include <weft/pattern/window.hpp>
#include <weft/testing/pattern_laws.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"

namespace weft::patterns_test {
namespace {
using testing::broken_pattern_law, testing::find_pattern_mistake;

// ---- which types are patterns -----------------------------------------------------------------------------------

static_assert(attention_pattern<window<0>> && attention_pattern<dilated_window<2, 3>> && attention_pattern<causal>);
static_assert(attention_pattern<documents> && attention_pattern<block_table<4>> && attention_pattern<landmarks<3>>);
static_assert(attention_pattern<union_of<causal>> && attention_pattern<union_of<window<3>, landmarks<2>, documents>>);
static_assert(attention_pattern<per_layer<3, full, window<4>>> && attention_pattern<bigbird_blocks<4, 3>>);
static_assert(attention_pattern<bigbird_blocks<4, 0>> && attention_pattern<bigbird_blocks<64, 3, original_plan>>);
static_assert(attention_pattern<bigbird_blocks<4, 3, given_plan, 100>>);

// Patterns without tables take no place.
static_assert(std::is_empty_v<window<3>> && std::is_empty_v<bigbird_blocks<64, 3>> && std::is_empty_v<landmarks<2>>);
static_assert(std::is_empty_v<per_layer<2, full, causal>> && std::is_empty_v<union_of<full, causal>>);

// Whether keys count once is known from the type, so that unions need not ask about keys that a full span holds.
static_assert(counts_once<window<3>> && counts_once<landmarks<3>> && counts_once<union_of<causal, documents>>);
static_assert(counts_once<per_layer<2, full, window<2>>> && !counts_once<per_layer<2, full, bigbird_blocks<4, 1>>>);
static_assert(!counts_once<landmarks<3, bigbird_blocks<4, 1>>> && !counts_once<union_of<block_table<4>, full>>);

// Tiles of combined patterns are cut where each of theirs is.
static_assert(union_of<window<40>, bigbird_blocks<48, 3>>::query_tile == 16);
static_assert(per_layer<2, causal, block_table<6>>::query_tile == 2);

// The ladder of near misses of the optional members.
struct silent : full {
  bool silences_invisible(const query_block&) const { return true; }
};
struct silent_changing : full {
  bool silences_invisible(const query_block&) { return true; }
};
struct silent_number : full {
  bool silences_invisible(index_t) const { return true; }
};
TEST_CASE("a pattern silences rows only if it says so") {
  const query_block b{10, 0, 10};
  CHECK(silences(silent{}, b));
  CHECK_FALSE(silences(full{}, b));
  CHECK_FALSE(silences(silent_changing{}, b));
  CHECK_FALSE(silences(silent_number{}, b));
  CHECK(silences(union_of<window<2>, silent>{}, b));
  CHECK(silences(landmarks<2, silent>{}, b));
  CHECK(silences(per_layer<2, full, silent>{}, {10, 0, 10, 0, 1}));
  CHECK_FALSE(silences(per_layer<2, full, silent>{}, {10, 0, 10, 0, 2}));
  CHECK(silences(bigbird_blocks<4, 3>{}, {45, 0, 4}));
  CHECK_FALSE(silences(bigbird_blocks<4, 3>{}, {44, 0, 4}));
}

// ---- laws, at compile time ----------------------------------------------------------------------------------------

static_assert(!find_pattern_mistake(window<0>{}, 33).law && !find_pattern_mistake(window<20>{}, 70).law);
static_assert(!find_pattern_mistake(dilated_window<3, 4>{}, 70).law && !find_pattern_mistake(causal{}, 70).law);
static_assert(!find_pattern_mistake(documents{}, 66).law && !find_pattern_mistake(landmarks<5, window<3>>{}, 40).law);
static_assert(!find_pattern_mistake(union_of<landmarks<2, window<1>>, dilated_window<2, 3>>{}, 40).law);
static_assert(!find_pattern_mistake(per_layer<2, full, causal>{}, 66, 0, 1).law);
static_assert(!find_pattern_mistake(by_layer<listed_layers<0b110>, window<3>, full>{}, 40, 0, 1).law);
static_assert(!find_pattern_mistake(bigbird_blocks<2, 1>{}, 14).law);  // sees everything
static_assert(!find_pattern_mistake(bigbird_blocks<2, 1>{}, 33).law);  // sparse, the last block is short

// ---- laws, at many lengths ----------------------------------------------------------------------------------------

TEST_CASE("window patterns are lawful") {
  CHECK(broken_pattern_law<window<0>>() == "");
  CHECK(broken_pattern_law<window<1>>() == "");
  CHECK(broken_pattern_law<window<31>>() == "");
  CHECK(broken_pattern_law<window<64>>() == "");
  CHECK(broken_pattern_law<window<200>>() == "");
  CHECK(broken_pattern_law<dilated_window<0, 1>>() == "");
  CHECK(broken_pattern_law<dilated_window<4, 1>>() == "");
  CHECK(broken_pattern_law<dilated_window<7, 5>>() == "");
}

TEST_CASE("causal and landmark patterns are lawful") {
  CHECK(broken_pattern_law<causal>() == "");
  CHECK(broken_pattern_law<landmarks<0>>() == "");
  CHECK(broken_pattern_law<landmarks<1, window<9>>>() == "");
  CHECK(broken_pattern_law<landmarks<70>>() == "");  // more than a tile
  CHECK(broken_pattern_law<landmarks<16, causal>>() == "");
  CHECK(broken_pattern_law<landmarks<3, bigbird_blocks<4, 2>>>() == "");
}

TEST_CASE("layers have a policy by their number, or by a list") {
  for (weft::index_t layer = 0; layer < 100; ++layer) {
    CHECK(weft::every_layer<3>::has(layer) == (layer % 3 == 0));
    CHECK(weft::every_layer<1>::has(layer));
    CHECK(weft::listed_layers<0b100101>::has(layer) == (layer == 0 || layer == 2 || layer == 5));
    CHECK(weft::listed_layers<weft::index_t{1} << 62>::has(layer) == (layer == 62));
  }
  const auto sees = [](weft::index_t layer) {
    return by_layer<listed_layers<0b0100>, window<2>, full>{}.sees({10, 0, 10, 0, layer}, 0, 9);
  };
  CHECK((sees(0) && sees(1) && !sees(2) && sees(3) && sees(70)));
}

TEST_CASE("combined patterns are lawful") {
  CHECK(broken_pattern_law<union_of<full>>() == "");
  CHECK(broken_pattern_law<union_of<window<5>, dilated_window<4, 9>, landmarks<2, window<1>>>>() == "");
  CHECK(broken_pattern_law<union_of<causal, bigbird_blocks<8, 2>>>({}, {2, 300, 2}) == "");
  CHECK(broken_pattern_law<union_of<bigbird_blocks<4, 3>, bigbird_blocks<6, 1, hugging_face_plan>>>({}, {2, 150, 2}) ==
        "");
  CHECK(broken_pattern_law<per_layer<2, full, window<6>>>({}, {3, 300, 1}) == "");
  CHECK(broken_pattern_law<per_layer<3, causal, bigbird_blocks<6, 2, original_plan>>>({}, {4, 200, 2}) == "");
  CHECK(broken_pattern_law<by_layer<listed_layers<0b0110>, window<6>, full>>({}, {4, 100, 1}) == "");
}

TEST_CASE("bigbird's patterns are lawful") {
  CHECK(broken_pattern_law<bigbird_blocks<4, 3>>() == "");
  CHECK(broken_pattern_law<bigbird_blocks<1, 0>>({}, {1, 100, 1}) == "");
  CHECK(broken_pattern_law<bigbird_blocks<7, 1, hugging_face_plan>>() == "");
  CHECK(broken_pattern_law<bigbird_blocks<16, 2, original_plan, 250>>() == "");
  CHECK(broken_pattern_law<bigbird_blocks<64, 3, hugging_face_plan>>({}, {1, 1024, 1}) == "");
}

// ---- patterns that read tables of the batch -------------------------------------------------------------------------

// One sequence between two others, with texts of random lengths.
void with_documents(index_t length, const auto& judge) {
  testing::random_source random(static_cast<std::uint64_t>(length));
  for (const index_t texts : {1, 2, 5, 40}) {
    const std::vector<std::int32_t> ids(static_cast<std::size_t>(length + 7));
    std::vector<index_t> documents(ids.size()), offsets{0, 4, 4 + length, 7 + length};
    for (index_t t = 4; t < 4 + length; ++t)
      documents[static_cast<std::size_t>(t)] =
          t == 4 ? 3 : documents[static_cast<std::size_t>(t - 1)] + (random.below(length) < texts ? 2 : 0);
    batch in{ids, {}, offsets};
    in.documents = documents;
    check(in, {.vocabulary = 1, .positions = length + 10});
    judge(&in, 1);
  }
}

// Two sequences of that length with lists of 1 to 7 blocks, some of them repeated.
template <index_t Block>
void with_lists(index_t length, const auto& judge) {
  testing::random_source random(static_cast<std::uint64_t>(length));
  const auto n = ceil_div(length, Block);
  block_list_buffer lists(2, 2);
  for (int s = 0; s < 2; ++s)
    lists.add(n, [&](index_t, index_t, index_t) {
      std::vector<index_t> list(static_cast<std::size_t>(1 + random.below(7)));
      for (auto& block : list) block = random.below(n);
      return list;
    });
  const std::vector<std::int32_t> ids(static_cast<std::size_t>(2 * length));
  const std::vector<index_t> offsets{0, length, 2 * length};
  batch in{ids, {}, offsets};
  const auto view = lists.view();
  in.blocks = &view;
  check(in, {.vocabulary = 1, .positions = length});
  judge(&in, 0), judge(&in, 1);
}

constexpr auto texts = [](index_t length, const auto& judge) { with_documents(length, judge); };
template <index_t Block>
constexpr auto lists = [](index_t length, const auto& judge) { with_lists<Block>(length, judge); };

TEST_CASE("documents are lawful") {
  CHECK(broken_pattern_law<documents>() == "");  // no batch: one text
  CHECK(broken_pattern_law<documents>({}, {1, 400, 1}, texts) == "");
  CHECK(broken_pattern_law<union_of<documents, window<3>>>({}, {1, 200, 1}, texts) == "");
  CHECK(broken_pattern_law<landmarks<5, documents>>({}, {1, 200, 1}, texts) == "");
}

TEST_CASE("tokens see their own text and nothing else") {
  const std::vector<std::int32_t> ids(12);
  const std::vector<index_t> offsets{0, 2, 12}, numbers{9, 9, 0, 0, 0, 1, 1, 5, 5, 5, 5, 6};
  batch in{ids, {}, offsets};
  in.documents = numbers;
  const query_block b{10, 0, 10, 0, 0, &in, 1};
  for (index_t q = 0; q < 10; ++q)
    for (index_t k = 0; k < 10; ++k)
      CHECK(documents{}.sees(b, q, k) ==
            (numbers[static_cast<std::size_t>(q + 2)] == numbers[static_cast<std::size_t>(k + 2)]));
}

TEST_CASE("block tables are lawful") {
  CHECK(broken_pattern_law<block_table<4>>({}, {2, 90, 2}, lists<4>) == "");
  CHECK(broken_pattern_law<block_table<1>>({}, {2, 30, 2}, lists<1>) == "");
  CHECK(broken_pattern_law<block_table<64>>({}, {2, 600, 2}, lists<64>) == "");
  CHECK(broken_pattern_law<union_of<block_table<6>, window<2>>>({}, {2, 100, 2}, lists<6>) == "");
  CHECK(broken_pattern_law<per_layer<2, block_table<6>, causal>>({}, {2, 100, 2}, lists<6>) == "");
}

// ---- spans ----------------------------------------------------------------------------------------------------------

struct written_spans {
  std::string text;
  void full(key_span s, index_t times = 1) { write("full", s, times); }
  void masked(key_span s) { write("masked", s, 1); }
  void write(const char* kind, key_span s, index_t times) {
    text += kind + std::string(" ") + std::to_string(s.first) + "-" + std::to_string(s.last);
    text += times == 1 ? "; " : " x" + std::to_string(times) + "; ";
  }
};
template <class Pattern>
std::string spans(index_t length, index_t first, index_t last, Pattern pattern = {}) {
  written_spans spans;
  pattern.visit(query_block{length, first, last}, spans);
  return spans.text;
}

TEST_CASE("whole spans are full and neighbours are joined") {
  CHECK(spans<window<40>>(500, 192, 256) == "masked 152-215; full 215-233; masked 233-296; ");
  CHECK(spans<window<40>>(500, 0, 64) == "masked 0-23; full 23-41; masked 41-104; ");
  CHECK(spans<window<100>>(120, 0, 64) == "full 0-101; masked 101-120; ");
  CHECK(spans<window<3>>(500, 16, 32) == "masked 13-35; ");
  CHECK(spans<causal>(500, 64, 128) == "full 0-64; masked 64-128; ");
  CHECK(spans<landmarks<4, window<200>>>(500, 64, 128) == "full 0-265; masked 265-328; ");
  CHECK(spans<landmarks<4, window<3>>>(500, 64, 80) == "full 0-4; masked 61-83; ");
  CHECK(spans<landmarks<4>>(500, 0, 64) == "full 0-4; masked 4-500; ");
  CHECK(spans<landmarks<64>>(500, 0, 64) == "full 0-500; ");
  CHECK(spans<union_of<window<3>, full>>(500, 64, 80) == "full 0-500; ");
  CHECK(spans<union_of<window<3>, causal>>(500, 64, 80) == "full 0-64; masked 64-83; ");
  // Block 0 counts 1 + 3 times and is read once; the window's three blocks are one span.
  CHECK(spans<bigbird_blocks<4, 3>>(52, 20, 24) == "full 0-4 x4; full 16-28; full 48-52; ");
  CHECK(spans<bigbird_blocks<4, 3>>(50, 4, 8) == "full 0-4 x4; full 4-12; full 48-50; ");
  CHECK(spans<bigbird_blocks<4, 3>>(50, 44, 48) == "full 0-4 x4; full 40-50; ");
  CHECK(spans<bigbird_blocks<4, 3>>(50, 48, 50) == "full 0-50; ");
  CHECK(spans<bigbird_blocks<4, 3>>(44, 20, 24) == "full 0-44; ");
}
}  // namespace
}  // namespace weft::patterns_test
