#include <weft/pattern/full.hpp>
#include <weft/testing/pattern_laws.hpp>

#include "catch.hpp"
#include "window.hpp"

namespace pattern_laws_test {
namespace {
using weft::index_t, weft::key_span, weft::query_block;
using weft::testing::broken_pattern_law;

static_assert(!weft::testing::find_pattern_mistake(weft::full{}, 130).law);
static_assert(!weft::testing::find_pattern_mistake(window<3>{}, 40).law);

// A window whose cover is wrong in one way.
template <int Mistake>
struct broken {
  static constexpr index_t query_tile = 16;
  constexpr index_t sees(const query_block& b, index_t q, index_t k) const {
    if (Mistake == 1) return -1;
    if (Mistake == 2) return q + 1 == b.length ? 0 : 1;
    if (Mistake == 3) return k == 0 ? 2 : 1;
    if (Mistake == 4) return k == 0 ? 0 : 1;
    return 1;
  }
  constexpr void visit(const query_block& b, auto&& spans) const {
    if (Mistake == 1 || Mistake == 2) return spans.masked({0, b.length});
    if (Mistake == 5) return spans.full({0, b.length + 1});
    if (Mistake == 6) return spans.full({-1, b.length});
    if (Mistake == 7) return spans.full({b.length, 0});
    if (Mistake == 8) return spans.full({0, b.length}, 0);
    if (Mistake == 9) return spans.full({0, b.last}), spans.masked({b.last - 1, b.length});
    if (Mistake == 10) return spans.full({0, b.length - b.length / 100});  // forgets the last key of long sequences
    if (Mistake == 11) return spans.full({0, b.length}, b.first >= 32 ? 2 : 1);
    spans.full({0, b.length});
  }
};
template <int Mistake>
void expect(const char* words) {
  CHECK(broken_pattern_law<broken<Mistake>>() == words);
}

// A pattern with a table: every head reaches its own distance.
struct reaches {
  static constexpr index_t query_tile = 8;
  weft::list<index_t> reach;
  void prepare(const weft::setup& s, weft::arena& store) {
    reach = store.take<index_t>(s.heads);
    for (index_t h = 0; h < s.heads; ++h) reach[h] = h + 1;
  }
  bool sees(const query_block& b, index_t q, index_t k) const {
    return q - k <= reach[b.head] && k - q <= reach[b.head];
  }
  void visit(const query_block& b, auto&& spans) const {
    spans.masked({std::max<index_t>(0, b.first - 2), std::min(b.length, b.last + 2)});  // enough for two heads only
  }
};
}  // namespace

TEST_CASE("lawful patterns") {
  CHECK(broken_pattern_law<weft::full>() == "");
  CHECK(broken_pattern_law<window<0>>() == "");
  CHECK(broken_pattern_law<window<9>>() == "");
  CHECK(broken_pattern_law<counting_blocks>() == "");
  CHECK(broken_pattern_law<reaches>() == "");
}

TEST_CASE("tables are judged for every head") {
  CHECK(broken_pattern_law<reaches>({}, {.layers = 1, .positions = 100, .heads = 3}) ==
        "sees() allows a key that visit() misses: query 4, key 1, sees() says 1, visit() counts 0 (length 7, queries 4 "
        "to 7, head 2, layer 0)");
}

namespace {
// Lawful as long as blocks begin with their tile.
struct aligned {
  static constexpr index_t query_tile = 16;
  bool sees(const query_block&, index_t q, index_t k) const { return q / 16 == k / 16; }
  void visit(const query_block& b, auto&& spans) const {
    spans.full({b.first, std::min(b.length, b.first + query_tile)});
  }
};
}  // namespace

TEST_CASE("a pattern that relies on the tile's start is found out") {
  CHECK(broken_pattern_law<aligned>() ==
        "sees() allows a key that visit() misses: query 2, key 0, sees() says 1, visit() counts 0 (length 5, queries 2 "
        "to 5, head 0, layer 0)");
}

namespace {
// The batch's numbers say which keys a token sees, and the pattern forgets that a batch has several sequences.
struct same_number {
  static constexpr index_t query_tile = 8;
  index_t row(const query_block& b, index_t i) const { return b.in ? b.in->documents[b.in->first(b.sequence) + i] : 0; }
  bool sees(const query_block& b, index_t q, index_t k) const { return row(b, q) == row(b, k); }
  void visit(const query_block& b, auto&& spans) const {
    if (b.in && b.in->documents[b.first] != b.in->documents[b.last - 1])
      spans.masked({0, b.length});
    else
      spans.full({0, b.length});
  }
};
}  // namespace

TEST_CASE("patterns that read a batch are judged on one") {
  CHECK(broken_pattern_law<same_number>() == "");
  const auto words = broken_pattern_law<same_number>(
      {}, {.layers = 1, .positions = 20, .heads = 1}, [](weft::index_t length, const auto& judge) {
        const std::vector<std::int32_t> ids(static_cast<std::size_t>(2 * length));
        const std::vector<weft::index_t> offsets{0, length, 2 * length};
        std::vector<weft::index_t> numbers(ids.size(), 0);
        numbers.back() = 1;
        weft::batch in{ids, {}, offsets};
        in.documents = numbers;
        judge(&in, 0), judge(&in, 1);
      });
  CHECK(
      words ==
      "a full span holds a key that sees() refuses: query 0, key 1, sees() says 0, visit() counts 1 (length 2, queries "
      "0 to 2, head 0, layer 0)");
}

TEST_CASE("every broken law of patterns is named") {
  CHECK(broken_pattern_law<broken<0>>() == "");
  expect<1>(
      "sees() counts a key less than never: query 0, key 0, sees() says -1, visit() counts -1 (length 1, queries 0 to "
      "1, head 0, layer 0)");
  expect<2>("a query sees no key at all: query 0 (length 1, queries 0 to 1, head 0, layer 0)");
  expect<3>(
      "visit() counts a key less often than sees() says: query 0, key 0, sees() says 2, visit() counts 1 (length 1, "
      "queries 0 to 1, head 0, layer 0)");
  expect<4>(
      "a full span holds a key that sees() refuses: query 0, key 0, sees() says 0, visit() counts 1 (length 1, "
      "queries 0 to 1, head 0, layer 0)");
  expect<5>("a span lies outside [0, length): key 1 (length 1, queries 0 to 1, head 0, layer 0)");
  expect<6>("a span lies outside [0, length): key -1 (length 1, queries 0 to 1, head 0, layer 0)");
  expect<7>("a span ends before it begins: key 1 (length 1, queries 0 to 1, head 0, layer 0)");
  expect<8>("a full span counts its keys less than once: key 0 (length 1, queries 0 to 1, head 0, layer 0)");
  expect<9>("a key belongs to two spans of one visit: key 0 (length 1, queries 0 to 1, head 0, layer 0)");
  expect<10>(
      "sees() allows a key that visit() misses: query 0, key 110, sees() says 1, visit() counts 0 (length 111, "
      "queries 0 to 16, head 0, layer 0)");
  expect<11>(
      "visit() counts a key more often than sees() says: query 32, key 0, sees() says 1, visit() counts 2 (length "
      "33, queries 32 to 33, head 0, layer 0)");
}

}  // namespace pattern_laws_test
