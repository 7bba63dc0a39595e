#include <weft/memory/context.hpp>

#include <algorithm>

#include "catch.hpp"

using weft::index_t, weft::chain_plan, weft::row_blocks;

TEST_CASE("a chain's pieces of scratch hold its blocks, and no more rows than these take") {
  for (const index_t workers : {1, 2, 3, 16}) {
    index_t before = 0;  // a workspace for many rows serves fewer
    for (index_t rows = 1; rows < 3000; ++rows) {
      const auto plan = chain_plan::of(rows, workers);
      INFO(rows << " rows, " << workers << " workers: " << plan.regions << " pieces of " << plan.rows);
      REQUIRE(plan.regions * plan.rows >= before);
      before = plan.regions * plan.rows;
      if (plan.workers > 1) {
        REQUIRE((plan.regions == 1 && plan.rows == rows));
        continue;
      }
      index_t largest = 0;
      const auto blocks = row_blocks::of(rows, workers, chain_plan::block);
      for (index_t i = 0; i < blocks.count; ++i) largest = std::max(largest, blocks.first(i + 1) - blocks.first(i));
      REQUIRE(largest <= plan.rows);
      REQUIRE(plan.regions * plan.rows < rows + workers);
    }
  }
}
