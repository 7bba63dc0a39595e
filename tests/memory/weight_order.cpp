#include <weft/memory/weight_order.hpp>

#include <vector>

#include "catch.hpp"

using weft::weight_block;
using weft::weight_order;

TEST_CASE("parts of blocks that are multiplied together begin at whole panels, by cost") {
  const std::vector<std::byte> memory(1 << 16);
  const auto* const at = memory.data();
  // Four panels of 128 bytes, then two of 512 that cost four times as much.
  weight_block narrow{at, 4, 128, 8}, wide{at + 4096, 2, 512, 32};
  weight_order order;
  order.append(narrow);
  order.append(wide);
  CHECK(order.first() == &narrow);
  CHECK(narrow.next == &wide);
  CHECK(narrow.cost() == 32);
  CHECK(narrow.begin_of(1, 2) == at + 2 * 128);
  CHECK(narrow.begin_of(2, 2) == at + 4 * 128);

  narrow.together = 2;
  CHECK(narrow.cost() == 96);
  CHECK(narrow.all_panels() == 6);
  CHECK(narrow.begin_of(0, 2) == at);
  CHECK(narrow.begin_of(1, 3) == at + 4096);        // 32 of 96: the narrow ones
  CHECK(narrow.begin_of(1, 2) == at + 4096 + 512);  // 48 of 96, within the first wide panel: whole panels
  CHECK(narrow.begin_of(3, 3) == at + 4096 + 2 * 512);
}

TEST_CASE("a list takes over another, and a part past the end of a shorter one stays inside") {
  const std::vector<std::byte> memory(4096);
  weight_block a{memory.data(), 1, 64, 8}, b{memory.data() + 64, 1, 64, 8}, c{memory.data() + 128, 1, 64, 8};
  weight_order first, second, none;
  first.append(a);
  second.append(b);
  second.append(c);
  first.append(none);
  first.append(second);
  CHECK(a.next == &b);
  CHECK(b.next == &c);
  CHECK(c.next == nullptr);
  c.together = 3;  // more than there are
  CHECK(c.cost() == 8);
  CHECK(c.begin_of(2, 2) == memory.data() + 192);
}
