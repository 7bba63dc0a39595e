#include <weft/memory/renamed.hpp>

#include "catch.hpp"

namespace {
using weft::renamed, weft::spelt;

TEST_CASE("names are spelt as a table says: whole words, the first place, entry after entry") {
  constexpr renamed table[] = {{"attention.output.dense", "attention.out"}, {"output.dense", "up"}, {"a", "b"}};
  CHECK(spelt("layer.0.attention.output.dense.weight", table) == "layer.0.attention.out.weight");
  CHECK(spelt("layer.0.output.dense.bias", table) == "layer.0.up.bias");
  CHECK(spelt("output.denser.bias", table) == "output.denser.bias");
  CHECK(spelt("an.output.dense", table) == "an.up");
  CHECK(spelt("a.a.ab", table) == "b.a.ab");
  CHECK(spelt("", table) == "");
  CHECK(spelt("output.dense", {}) == "output.dense");
}

TEST_CASE("a number is kept where the spelling has a place for it, and else layers share") {
  constexpr renamed table[] = {{"layer.#", "group.#.inner.0"}, {"group.#.inner.0.bias", "bias"}, {"x.#.y.#", "z.#"}};
  CHECK(spelt("encoder.layer.12.dense", table) == "encoder.group.12.inner.0.dense");
  CHECK(spelt("encoder.layer.12.bias.weight", table) == "encoder.bias.weight");
  CHECK(spelt("layer.x.dense", table) == "layer.x.dense");
  CHECK(spelt("layer.1x.dense", table) == "layer.1x.dense");
  CHECK(spelt("layer.", table) == "layer.");
  CHECK(spelt("layer", table) == "layer");
  CHECK(spelt("x.1.y.2", table) == "z.2");
}
}  // namespace
