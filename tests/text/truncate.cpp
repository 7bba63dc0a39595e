#include <weft/text/truncate.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace truncate_test {

using namespace weft;

using parts = std::vector<token_range>;

TEST_CASE("longest_first shares the room", "[truncate]") {
  const auto kept = [](weft::index_t first, weft::index_t second, weft::index_t room) {
    const auto t = truncate(first, second, 0, truncation{.max_length = room});
    return std::pair(t.first[0].size(), t.second[0].size());
  };
  CHECK(kept(3, 9, 12) == std::pair<weft::index_t, weft::index_t>(3, 9));
  CHECK(kept(3, 9, 10) == std::pair<weft::index_t, weft::index_t>(3, 7));
  CHECK(kept(9, 3, 10) == std::pair<weft::index_t, weft::index_t>(7, 3));
  CHECK(kept(9, 8, 7) == std::pair<weft::index_t, weft::index_t>(4, 3));
  CHECK(kept(8, 9, 7) == std::pair<weft::index_t, weft::index_t>(3, 4));
  CHECK(kept(100, 90, 5) == std::pair<weft::index_t, weft::index_t>(3, 2));
  CHECK(kept(5, 5, 0) == std::pair<weft::index_t, weft::index_t>(0, 0));
}

TEST_CASE("windows cover every token", "[truncate]") {
  CHECK(truncate(10, {}, 2, truncation{.max_length = 6}).first == parts{{0, 4}, {4, 8}, {8, 10}});
  CHECK(truncate(10, {}, 2, truncation{.max_length = 6, .stride = 2}).first == parts{{0, 4}, {2, 6}, {4, 8}, {6, 10}});
  CHECK(truncate(10, {}, 2, truncation{.max_length = 2}).first == parts{{0, 0}, {0, 10}});
  CHECK(truncate(10, {}, 2, truncation{.max_length = 12}).first == parts{{0, 10}});
  CHECK(truncate(10, {}, 2, std::nullopt).first == parts{{0, 10}});
}

TEST_CASE("cut at the left, the end is kept and windows go on towards the beginning", "[truncate]") {
  using enum truncation_side;
  CHECK(truncate(10, {}, 2, truncation{.max_length = 6, .side = left}).first == parts{{6, 10}, {2, 6}, {0, 2}});
  // as transformers 5.23 has it for "hello the cat sat on the mat"
  CHECK(truncate(7, {}, 2, truncation{.max_length = 6, .stride = 1, .side = left}).first == parts{{3, 7}, {0, 4}});
  const auto pair = truncate(1, 7, 3, truncation{.max_length = 8, .stride = 0, .side = left});
  CHECK(pair.first == parts{{0, 1}});
  CHECK(pair.second == parts{{3, 7}, {0, 3}});
  CHECK(truncate(3, {}, 2, truncation{.max_length = 2, .side = left}).first == parts{{0, 0}, {0, 3}});
}

TEST_CASE("a maximum below the special tokens cuts nothing", "[truncate]") {
  CHECK(truncate(10, 5, 3, truncation{.max_length = 2}).first == parts{{0, 10}});
}

TEST_CASE("impossible truncations say why", "[truncate]") {
  const auto failure = [](weft::index_t first, std::optional<weft::index_t> second, const truncation& how) {
    return refusal_of([&] { (void)truncate(first, second, 3, how); });
  };
  CHECK(failure(2, 20, {10, truncation_strategy::only_first}) ==
        "truncation: found 2 tokens in the text that may be cut, wanted more than 15, which are too many in all; raise "
        "max_length, or truncate longest_first");
  CHECK(failure(20, {}, {10, truncation_strategy::only_second}) ==
        "truncation: found only_second for a single text, wanted only_first or longest_first");
  CHECK(failure(20, {}, {8, truncation_strategy::longest_first, 5}) ==
        "truncation: stride: found 5, wanted less than the 5 tokens that are left for this text; or the windows would "
        "not "
        "advance");
  CHECK(failure(20, {}, {8, truncation_strategy::longest_first, -1}) ==
        "truncation: stride: found -1, wanted 0 or more");
  CHECK(failure(20, {}, {-8}) == "truncation: max_length: found -8, wanted 0 or more");
}

}  // namespace truncate_test
