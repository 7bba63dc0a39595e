#include <weft/bench/stopwatch.hpp>

#include "catch.hpp"

namespace stopwatch_test {

TEST_CASE("a stage's time counts once, and a thread returns to the stage before") {
  using namespace weft::bench;
  take_stage_sums();
  const auto begin = ticks();
  {
    const in_stage outer(stage{part::mixer, 0});
    {
      const in_stage inner(piece_of("a piece"));
      for (const double from = seconds(); seconds() < from + 2e-3;) {
      }
      inner.count(5);
    }
  }
  const double all = double(ticks() - begin);
  const auto sums = take_stage_sums();
  const auto piece = stage{part::mixer, piece_of("a piece")}.number(), whole = stage{part::mixer, 0}.number();
  CHECK(sums.operations[piece] == 5);
  CHECK(sums.ticks[piece] + sums.ticks[whole] <= all);
  CHECK(sums.ticks[piece] > sums.ticks[whole]);
  CHECK(take_stage_sums().operations[piece] == 0);
}

TEST_CASE("pieces have one number a name, and 0 where numbers run out") {
  using namespace weft::bench;
  CHECK(piece_of("one") == piece_of("one"));
  CHECK(piece_of("one") != piece_of("two"));
  CHECK(piece_names()[piece_of("two")] == "two");
}

}  // namespace stopwatch_test
