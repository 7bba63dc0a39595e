#include <weft/base/on_stack.hpp>

#include "catch.hpp"

TEST_CASE("an array on the stack takes at most 64 KiB, which the compiler sees") {
  static_assert(weft::on_stack<float, 16384> == 16384);
  static_assert(weft::on_stack<char, 65536> == 65536);
  static_assert(weft::rows_on_stack<float, 64>(8) == 8);
  static_assert(weft::rows_on_stack<float, 1024>(8) == 8);
  static_assert(weft::rows_on_stack<float, 1025>(8) == 7);
  static_assert(weft::rows_on_stack<float, 100'000>(8) == 1);
  static_assert(weft::rows_on_stack<float, 4096, weft::most_on_stack>(8) == 4);
  SUCCEED("checked by the compiler");
}
