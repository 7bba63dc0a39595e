#include <weft/base/unit_containers.hpp>

#include <limits>

#include "catch.hpp"

TEST_CASE("numbers are written in decimal digits") {
  using limits = std::numeric_limits<weft::index_t>;
  for (const weft::index_t n : {weft::index_t{0}, weft::index_t{7}, weft::index_t{-10}, limits::max(), limits::min()})
    CHECK(std::string(weft::decimal(n)) == std::to_string(n));
}

TEST_CASE("a string of a unit is made of texts and becomes one") {
  weft::unit_string s = std::string("a");
  s = "x" + s + weft::decimal(12) + " of hem";
  const std::string text = s;
  CHECK(text == "xa12 of hem");
  const std::string_view view = s;
  CHECK(view == text);
}

TEST_CASE("containers of a unit keep the alignment of what they hold") {
  struct alignas(128) line {
    int value = 3;
  };
  weft::unit_vector<line> lines(3);
  lines.push_back({4});
  CHECK(reinterpret_cast<std::uintptr_t>(lines.data()) % 128 == 0);
  CHECK(lines[1].value + lines[3].value == 7);
}
