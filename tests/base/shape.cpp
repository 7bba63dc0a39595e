#include <vector>
#include <weft/base/shape.hpp>

#include "catch.hpp"

using weft::index_t;

TEST_CASE("layers read weights of their own, or those of the group that they fall in") {
  const auto read = [](index_t layers, index_t groups) {
    const weft::sizes s{.layers = layers, .groups = groups};
    std::vector<index_t> all;
    for (index_t layer = 0; layer < layers; ++layer) all.push_back(s.weights_of(layer));
    return all;
  };
  CHECK(read(3, 0) == std::vector<index_t>{0, 1, 2});
  CHECK(read(3, 1) == std::vector<index_t>{0, 0, 0});
  CHECK(read(5, 2) == std::vector<index_t>{0, 0, 0, 1, 1});
  CHECK(read(6, 4) == std::vector<index_t>{0, 0, 1, 2, 2, 3});
  CHECK(read(3, 3) == std::vector<index_t>{0, 1, 2});
  for (index_t layers = 1; layers < 100; ++layers)
    for (index_t groups = 1; groups <= layers; ++groups) CHECK(read(layers, groups).back() == groups - 1);
  CHECK(weft::sizes{.layers = 12}.stored_layers() == 12);
  CHECK(weft::sizes{.layers = 12, .groups = 2}.stored_layers() == 2);
}

TEST_CASE("the longest text has the positions from the first on") {
  CHECK(weft::sizes{.positions = 512}.longest() == 512);
  CHECK(weft::sizes{.positions = 514, .first_position = 2}.longest() == 512);
}

TEST_CASE("every member of sizes may be an entry of a shape, by its name") {
  using namespace weft::counted;
  constexpr weft::sizes s{1, 20, 30, 4, 5, 6, 7};
  static_assert(weft::resolve(vocabulary, s) == 20 && weft::resolve(positions, s) == 30);
  static_assert(weft::resolve(segments, s) == 4 && weft::resolve(labels, s) == 5);
  static_assert(weft::resolve(by(&weft::sizes::layers), s) == 1 && weft::resolve(by(&weft::sizes::groups), s) == 7);
  CHECK(weft::resolve(by(&weft::sizes::first_position), s) == 6);
  CHECK(weft::resolve(768, s) == 768);
  CHECK(vocabulary < 0);
}
