#include <weft/memory/row_blocks.hpp>

#include <algorithm>

#include "catch.hpp"

using weft::index_t, weft::row_blocks;

TEST_CASE("blocks cover all rows once and are no larger than asked for") {
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
        if (workers == 1 || most < row_blocks::enough || rows < workers * row_blocks::enough)
          REQUIRE(largest - smallest <= 1);
        if (rows >= workers * std::min(most, row_blocks::enough))
          REQUIRE((blocks.count % workers == 0 || blocks.count == rows));
      }
}

TEST_CASE("workers have equal shares, whose blocks become smaller") {
  for (const index_t workers : {2, 3, 16, 64})
    for (index_t rows = workers * row_blocks::enough; rows < workers * 700; rows += 1 + rows / 9) {
      const auto blocks = row_blocks::of(rows, workers, 64);
      const index_t each = blocks.count / workers, share = rows / workers;
      INFO(rows << " rows, " << workers << " workers, " << each << " blocks each");
      REQUIRE(each >= 2);
      for (index_t w = 0; w < workers; ++w) {
        const index_t own = blocks.first((w + 1) * each) - blocks.first(w * each);
        REQUIRE((own == share || own == share + 1));
        index_t before = 64;
        for (index_t i = w * each; i < (w + 1) * each; ++i) {
          const index_t length = blocks.first(i + 1) - blocks.first(i);
          REQUIRE(length <= before + 1);
          before = length;
        }
        REQUIRE(before <= row_blocks::least);
        REQUIRE(before >= row_blocks::least / 3);
      }
    }
}

// When the last of two workers ends, of which one is slower, as a part of when both would if rows were a fluid. They
// take blocks as thread_pool does: first their own, then the other's.
double end_of_two(const row_blocks& blocks, double slower) {
  const index_t each = blocks.count / 2;
  index_t next[2] = {0, each};
  const index_t end[2] = {each, blocks.count};
  double time[2] = {0, 0};
  const double speed[2] = {slower, 1};
  for (;;) {
    const int w = time[0] <= time[1] ? 0 : 1;
    const int from = next[w] < end[w] ? w : 1 - w;
    if (next[from] >= end[from]) break;
    const index_t i = next[from]++;
    time[w] += static_cast<double>(blocks.first(i + 1) - blocks.first(i)) / speed[w];
  }
  return std::max(time[0], time[1]) * (1 + slower) / static_cast<double>(blocks.rows);
}

TEST_CASE("a worker that is slowed does not make the other wait") {
  for (const double speed : {1.0, 0.75, 0.5})
    for (const index_t rows : {128, 256, 333, 512, 1024, 1122}) {
      INFO(rows << " rows, one worker at " << speed << " of its speed");
      CHECK(end_of_two(row_blocks::of(rows, 2, 64), speed) <= 1.08);
    }
}

TEST_CASE("no rows are no blocks, and few rows are as few as fit") {
  CHECK(row_blocks::of(0, 2, 64).count == 0);
  CHECK(row_blocks::of(31, 2, 64).count == 1);
  CHECK(row_blocks::of(32, 2, 64).count == 4);
  CHECK(row_blocks::of(31, 2, 8).count == 4);
  CHECK(row_blocks::of(100, 2, 64).first(1) == 17);
  CHECK(row_blocks::of(130, 1, 64).count == 3);
}
