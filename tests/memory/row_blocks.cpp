#include <weft/memory/row_blocks.hpp>

#include <algorithm>

#include "catch.hpp"

using weft::index_t, weft::row_blocks;

TEST_CASE("blocks cover all rows once, are no larger than asked for and differ by a row at most") {
  for (const index_t most : {1, 7, 8, 64})
    for (const index_t workers : {1, 2, 3, 16})
      for (index_t rows = 1; rows < 3000; rows += rows < 300 ? 1 : 97) {
        const auto blocks = row_blocks::of(rows, workers, most);
        index_t smallest = rows, largest = 0;
        for (index_t i = 0; i < blocks.count; ++i) {
          const auto length = blocks.first(i + 1) - blocks.first(i);
          smallest = std::min(smallest, length), largest = std::max(largest, length);
        }
        INFO(rows << " rows, " << workers << " workers, at most " << most);
        REQUIRE(blocks.first(0) == 0);
        REQUIRE(blocks.first(blocks.count) == rows);
        REQUIRE(smallest >= 1);
        REQUIRE(largest <= most);
        REQUIRE(largest - smallest <= 1);
        if (rows >= workers * std::min(most, row_blocks::enough))
          REQUIRE((blocks.count % workers == 0 || blocks.count == rows));
      }
}

TEST_CASE("no rows are no blocks, and few rows are as few as fit") {
  CHECK(row_blocks::of(0, 2, 64).count == 0);
  CHECK(row_blocks::of(31, 2, 64).count == 1);
  CHECK(row_blocks::of(32, 2, 64).count == 2);
  CHECK(row_blocks::of(31, 2, 8).count == 4);
  CHECK(row_blocks::of(100, 2, 64).count == 2);
  CHECK(row_blocks::of(130, 2, 64).count == 4);
  CHECK(row_blocks::of(130, 1, 64).count == 3);
}
