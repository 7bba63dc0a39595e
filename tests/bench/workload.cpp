#include <weft/bench/workload.hpp>

#include <algorithm>
#include <numeric>

#include "catch.hpp"
#include "refusal.hpp"

using weft::bench::workload_of;
using weft::bench::workloads_of;

TEST_CASE("a workload's name says how many texts of how many tokens") {
  CHECK(workload_of("b1s128").lengths == std::vector<weft::index_t>{128});
  CHECK(workload_of("b3s8").lengths == std::vector<weft::index_t>{8, 8, 8});
  const auto ragged = workload_of("R").lengths;
  CHECK(ragged.size() == 32);
  CHECK(std::accumulate(ragged.begin(), ragged.end(), weft::index_t{0}) == 1122);
  const auto [shortest, longest] = std::minmax_element(ragged.begin(), ragged.end());
  CHECK(*shortest == 4);
  CHECK(*longest == 128);
  const auto several = workloads_of("b1s8,R,b2s4");
  REQUIRE(several.size() == 3);
  CHECK(several[2].name == "b2s4");
  CHECK(workload_of("128+96+7").lengths == std::vector<weft::index_t>{128, 96, 7});
  CHECK(workload_of("5").lengths == std::vector<weft::index_t>{5});
}

TEST_CASE("other names are refused in a sentence") {
  for (const auto* name : {"",
                           "b1",
                           "s8",
                           "b1s8x",
                           "b0s8",
                           "b1s0",
                           "b-1s8",
                           "b1s 8",
                           "r",
                           "b99999999999999999999s1",
                           "b9999999s9999999",
                           "b1s8,",
                           ",R",
                           "1s8",
                           "8+",
                           "+8",
                           "8++8",
                           "8+0",
                           "4194304+1",
                           "8+R"})
    CHECK_THAT(refusal_of([&] { workloads_of(name); }), mentions("wanted bNsM"));
  CHECK(refusal_of([] { workload_of("rows"); }) ==
        "work: found \"rows\", wanted bNsM, which means N texts of M tokens each (at most 4194304 tokens), lengths "
        "like 128+96, or R, 32 texts of different lengths");
}

TEST_CASE("the texts of a workload are a batch that a model of this vocabulary takes") {
  const auto texts = weft::bench::texts_of(workload_of("R"), 100);
  CHECK(texts.sequences() == 32);
  CHECK(texts.tokens() == 1122);
  weft::check(texts, {.layers = 1, .vocabulary = 100, .positions = 128});
}
