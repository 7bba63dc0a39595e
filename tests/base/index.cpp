#include <strings.h>

#include <weft/weft.hpp>

#include "catch.hpp"

using namespace weft;  // beside the C library's function `index`, which <strings.h> declares

TEST_CASE("a program that uses the namespace can name the integer of sizes beside the C library") {
  const index_t three = ceil_div(17, 8);
  CHECK(three == 3);
  CHECK(round_up(17, 8) == 24);
  CHECK(*::index("weft", 'f') == 'f');
}
