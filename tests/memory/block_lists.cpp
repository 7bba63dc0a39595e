#include <weft/memory/batch.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace {
using weft::index_t, weft::block_lists, weft::block_list_buffer;
using numbers = std::vector<index_t>;

numbers listed(const block_lists& b, index_t s, index_t layer, index_t head, index_t row) {
  const auto list = b.at(s, layer, head, row);
  return {list.begin(), list.end()};
}
}  // namespace

TEST_CASE("a buffer gives every sequence, layer, head and query block its list, in ascending order") {
  block_list_buffer buffer(2, 3);
  buffer.add(2, [](index_t layer, index_t head, index_t row) { return numbers{9, 100 * layer + 10 * head + row}; });
  buffer.add_none();
  buffer.add(1, [](index_t layer, index_t, index_t) { return numbers(static_cast<std::size_t>(layer), 4); });
  buffer.add_same();
  const auto b = buffer.view();
  weft::check(b, 4);
  CHECK(b.sequences() == 4);
  CHECK(b.rows(0) == 2);
  CHECK(b.rows(1) == 0);
  CHECK(listed(b, 0, 0, 0, 0) == numbers{0, 9});
  CHECK(listed(b, 0, 1, 2, 1) == numbers{9, 121});
  CHECK(listed(b, 2, 0, 2, 0) == numbers{});
  CHECK(listed(b, 2, 1, 0, 0) == numbers{4});
  CHECK(listed(b, 3, 1, 2, 0) == numbers{4});
  CHECK(b.at(3, 1, 2, 0).data() == b.at(2, 1, 2, 0).data());
  buffer.clear();
  CHECK(buffer.view().sequences() == 0);
  weft::check(buffer.view(), 0);
}

TEST_CASE("one layer or one head serves all") {
  block_list_buffer layers(2, 1), heads(1, 2), both;
  const auto where = [](index_t layer, index_t head, index_t row) { return numbers{100 * layer + 10 * head + row}; };
  layers.add(3, where), heads.add(3, where), both.add(3, where);
  CHECK(listed(layers.view(), 0, 1, 7, 2) == numbers{102});
  CHECK(listed(heads.view(), 0, 7, 1, 2) == numbers{12});
  CHECK(listed(both.view(), 0, 7, 7, 1) == numbers{1});
}

TEST_CASE("lists that cannot be read are refused") {
  const numbers blocks{0, 1, 2, 3};
  const numbers starts{0, 2, 4};
  const std::vector<block_lists::table> tables{{0, 2}};
  const block_lists good{blocks, starts, tables};
  const auto refusal = [](const block_lists& b, index_t sequences = 1) {
    return refusal_of([&] { weft::check(b, sequences); });
  };
  CHECK(refusal(good) == "");
  CHECK(refusal({}, 0) == "");
  CHECK(refusal(good, 2) ==
        "batch: blocks: tables: found 1, wanted 2, one for each sequence; block_list_buffer builds lists that fit");
  const auto with = [&](auto change) {
    auto b = good;
    change(b);
    return refusal(b);
  };
  for (const numbers& bad : {numbers{0, 3, 2}, numbers{0, 2, 5}, numbers{-1, 2, 4}, numbers{0, 1000000, 4}})
    CHECK(with([&](auto& b) { b.starts = bad; }).find("batch: blocks: start of list ") == 0);
  const numbers descending{1, 0, 2, 3};
  CHECK_THAT(with([&](auto& b) { b.blocks = descending; }), mentions("list 0: found a block behind a higher one"));
  using table = block_lists::table;
  constexpr index_t huge = std::numeric_limits<index_t>::max();
  for (const table bad : {table{1, 2}, table{0, 3}, table{-1, 1}, table{0, -1}, table{3, 1}, table{huge, 1},
                          table{0, huge}, table{huge, huge}}) {
    const std::vector<table> one{bad};
    CHECK_THAT(with([&](auto& b) { b.tables = one; }), mentions("lists of sequence 0: found 1 layers, 1 heads and "));
  }
  CHECK_THAT(with([](auto& b) { b.layers = 2; }), mentions("2 layers, 1 heads and 2 query blocks from list 0"));
  CHECK(with([](auto& b) { b.layers = huge; }) != "");
  CHECK(with([](auto& b) { b.layers = 2, b.heads = huge; }) != "");
  CHECK_THAT(with([](auto& b) { b.layers = 0; }), mentions("found 0 and 1, wanted at least 1 of each"));
  CHECK_THAT(with([](auto& b) { b.starts = {}; }), mentions("no more than there are, 0"));
}

TEST_CASE("a batch's documents stand in order") {
  const std::vector<std::int32_t> ids(5);
  const numbers offsets{0, 2, 5};
  const weft::sizes limits{.layers = 1, .vocabulary = 1, .positions = 5};
  const auto refusal = [&](const numbers& documents) {
    weft::batch b{ids, {}, offsets};
    b.documents = documents;
    return refusal_of([&] { weft::check(b, limits); });
  };
  CHECK(refusal({}) == "");
  CHECK(refusal({5, 7, -3, -3, 0}) == "");  // each sequence counts for itself
  CHECK(refusal({0, 1, 0}) ==
        "batch: documents: found 3 values, wanted 5, one for each id; or none, which means one text a sequence");
  CHECK(
      refusal({0, 0, 1, 0, 1}) ==
      "batch: document of id 1 of sequence 1: found 0, wanted at least 1, that of the id before; texts stand one after "
      "another");
}

TEST_CASE("a batch's block lists belong to its sequences") {
  const std::vector<std::int32_t> ids(5);
  const numbers offsets{0, 2, 5};
  block_list_buffer buffer;
  buffer.add(1, [](index_t, index_t, index_t) { return numbers{0}; });
  const auto lists = buffer.view();
  weft::batch b{ids, {}, offsets};
  b.blocks = &lists;
  CHECK_THAT(refusal_of([&] { weft::check(b, {.layers = 1, .vocabulary = 1, .positions = 5}); }),
             mentions("blocks: tables: found 1"));
}
