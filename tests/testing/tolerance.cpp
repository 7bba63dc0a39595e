#include <weft/testing/tolerance.hpp>

#include <limits>

#include "catch.hpp"

using weft::testing::difference;
using weft::testing::table;

TEST_CASE("what lies within the tolerance differs in no word") {
  const table wanted{{1, -2}, {0, 100}};
  weft::row_buffer<2> found(2);
  const float values[] = {1 + 0x1p-23f, -2, 0x1p-24f, 100};
  std::copy_n(values, 4, found.data());
  CHECK(difference(found, wanted, {.roundings = 2}) == "");
  CHECK(weft::testing::largest_error(weft::as_xtensor(found), wanted) == 2);
  CHECK(difference(found, wanted, {.roundings = 1}) ==
        "row 0, column 0: found 1.00000012, wanted 1, 2 roundings away where 1 are allowed; 1 of 4 values are too far");
  CHECK(difference(found, wanted, {.roundings = 1, .scale = 2}) == "");  // sums of numbers around 2 may be off by more
}

TEST_CASE("NaN and other shapes are differences") {
  const table wanted{{1, 2}};
  float values[] = {1, std::numeric_limits<float>::quiet_NaN()};
  const weft::matrix<float> found(values, 1, 2);
  CHECK(difference(found, wanted, {.roundings = 1e9}).rfind("row 0, column 1: found ", 0) == 0);
  CHECK(weft::testing::largest_error(weft::as_xtensor(found), wanted) == HUGE_VAL);
  std::swap(values[0], values[1]);  // and they stay so, whatever follows
  CHECK(weft::testing::largest_error(weft::as_xtensor(found), wanted) == HUGE_VAL);
  const double infinity = std::numeric_limits<double>::infinity();
  values[0] = 1;
  CHECK(difference(found, table{{infinity, 1}}, {.roundings = 1e9}).rfind("row 0, column 0: found ", 0) == 0);
  CHECK(weft::testing::largest_error(weft::as_xtensor(found), table{{infinity, 1}}) == HUGE_VAL);
  const weft::matrix<float> narrow(values, 2, 1);
  CHECK(difference(narrow, wanted, {.roundings = 1}) == "found shape [2, 1], wanted [1, 2]");
}
