#include <weft/text/prefix_tree.hpp>

#include <string>

#include "catch.hpp"

namespace prefix_tree_test {

TEST_CASE("all pieces that a text begins with, the shortest first") {
  weft::prefix_tree tree;
  tree.add("a", 3);
  tree.add("abc", 1);
  tree.add("b", 2);
  tree.add("a", 9);  // too late
  tree.add("", 4);
  std::string found;
  tree.for_each_prefix(
      "abcd", [&](weft::index n, std::int32_t id) { found += std::to_string(n) + ":" + std::to_string(id) + " "; });
  CHECK(found == "1:3 3:1 ");
  CHECK(tree.find("abc") == 1);
  CHECK(tree.find("ab") == -1);
  CHECK(tree.find("abcd") == -1);
}

TEST_CASE("a table finds what was put into it") {
  weft::detail::flat_table<int> table;
  CHECK(!table.find(1));
  for (std::uint64_t k = 0; k < 1000; ++k) table.at(k * k, 0) = static_cast<int>(k);
  table.at(16, 7) += 1;
  CHECK(table.size() == 1000);
  CHECK(*table.find(16) == 5);
  CHECK(*table.find(999 * 999) == 999);
  CHECK(!table.find(17));
}

}  // namespace prefix_tree_test
