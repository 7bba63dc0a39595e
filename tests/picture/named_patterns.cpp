#include <weft/picture/named_patterns.hpp>

#include "catch.hpp"
#include "well_formed.hpp"

namespace {}  // namespace

TEST_CASE("every named pattern is found by its name and drawn with its words") {
  for (const auto& pattern : weft::named_patterns) {
    CHECK(weft::find_pattern(pattern.name) == &pattern);
    const auto svg = pattern.picture(48);
    CHECK(weft_test::xml_mistake(svg) == "");
    CHECK_THAT(svg, mentions(std::string(pattern.name) + ": " + std::string(pattern.words) + "<"));
    CHECK_THAT(svg, mentions("48 tokens"));
  }
  CHECK(weft::find_pattern("windows") == nullptr);
  CHECK(weft::find_pattern("") == nullptr);
}

TEST_CASE("a named pattern is the one that its words say") {
  const auto* const causal = weft::find_pattern("causal");
  REQUIRE(causal);
  CHECK_THAT(causal->picture(100), mentions("seen 50.5 % of all pairs"));
  const auto* const small = weft::find_pattern("bigbird_small");
  REQUIRE(small);
  const auto first = small->picture(320), other = small->picture(320, 1, 2);
  CHECK_THAT(first, mentions(">random<"));
  CHECK_THAT(first, !mentions(", head"));
  CHECK_THAT(other, mentions("drawn, head 1, layer 2<"));
}
