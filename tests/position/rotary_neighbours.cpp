#include <cmath>
#include <weft/kernel/reference.hpp>
#include <weft/kernel/rotate.hpp>
#include <weft/position/per_layer.hpp>
#include <weft/position/rotary.hpp>
#include <weft/position/rotary_neighbours.hpp>
#include <weft/position/values_too.hpp>

#include "catch.hpp"

namespace rotary_neighbours_test {
namespace {

using weft::index_t;
using arch = weft::simd::native;
using weft::rotary_neighbours;

static_assert(weft::position_policy<rotary_neighbours<>> && !weft::places_values<rotary_neighbours<>>);
static_assert(weft::position_policy<weft::values_too<rotary_neighbours<>>>);
static_assert(weft::places_values<weft::values_too<rotary_neighbours<>>>);
static_assert(!weft::places_values<weft::none> && !weft::places_values<weft::rotary<>>);
static_assert(weft::places_values<weft::per_layer<2, weft::none, weft::values_too<rotary_neighbours<>>>>);
static_assert(!weft::places_values<weft::per_layer<2, weft::none, rotary_neighbours<>>>);
// A near miss: values are not placed by what returns something.
struct returning : rotary_neighbours<> {
  template <class Arch, index_t HeadWidth>
  int place_value(const weft::position_site<HeadWidth>&) const {
    return 0;
  }
};
static_assert(!weft::places_values<returning>);

template <class Policy>
Policy prepared(weft::arena& store, index_t head_width) {
  Policy policy;
  weft::set_up(policy, {.layers = 4, .positions = 2000, .heads = 2, .head_width = head_width}, store);
  return policy;
}

TEST_CASE("a table's angles are exact") {
  weft::arena store;
  const auto r = prepared<rotary_neighbours<>>(store, 64);
  for (const index_t position : {0, 1, 2, 77, 511, 1999})
    for (index_t i = 0; i < 64; i += 2) {
      const double angle = static_cast<double>(position) / std::pow(10'000.0, static_cast<double>(i) / 64);
      const auto at = position * 64 + i;
      CHECK(static_cast<double>(r.cosines[at]) == Approx(std::cos(angle)).margin(6e-8));
      CHECK(static_cast<double>(r.sines[at + 1]) == Approx(std::sin(angle)).margin(6e-8));
      CHECK(r.cosines[at] == r.cosines[at + 1]);
      CHECK(r.sines[at] == -r.sines[at + 1]);
    }
}

// Every head width from one pair to more than the widest vector's, whole and partial.
template <index_t HeadWidth>
void compare_with_plain_loop() {
  constexpr index_t heads = 3;
  std::vector<float> row(heads * HeadWidth), cosines, sines, twice, signed_sines;
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = std::sin(1.0f + static_cast<float>(i));
  for (index_t i = 0; i < HeadWidth / 2; ++i) {
    const float angle = 0.3f * static_cast<float>(i);
    cosines.push_back(std::cos(angle)), sines.push_back(std::sin(angle));
    for (const float sign : {-1.0f, 1.0f}) twice.push_back(cosines.back()), signed_sines.push_back(sign * sines.back());
  }
  auto turned = row, wanted = row;
  weft::rotate_neighbours<arch, HeadWidth>(turned.data(), heads, twice.data(), signed_sines.data());
  weft::reference::rotate_neighbours(wanted.data(), heads, HeadWidth, cosines.data(), sines.data());
  for (std::size_t i = 0; i < row.size(); ++i) CHECK(turned[i] == Approx(wanted[i]).margin(2e-7));
}

TEST_CASE("neighbours are rotated") {
  compare_with_plain_loop<2>();
  compare_with_plain_loop<6>();
  compare_with_plain_loop<16>();
  compare_with_plain_loop<34>();
  compare_with_plain_loop<64>();
}

TEST_CASE("a product of rotated neighbours depends on the distance of their positions") {
  weft::arena store;
  const auto r = prepared<rotary_neighbours<>>(store, 16);
  const auto product = [&](index_t query, index_t key) {
    float q[16], k[16];
    for (int i = 0; i < 16; ++i) q[i] = std::cos(static_cast<float>(i)), k[i] = std::sin(static_cast<float>(3 * i));
    r.place<arch>(weft::position_site<16>{query, 1, 0}, q);
    r.place<arch>(weft::position_site<16>{key, 1, 0}, k);
    double sum = 0;
    for (int i = 0; i < 16; ++i) sum += double{q[i]} * double{k[i]};
    return sum;
  };
  CHECK(product(5, 2) == Approx(product(105, 102)).margin(1e-5));
  CHECK(product(5, 2) != Approx(product(2, 5)).margin(1e-2));
}

TEST_CASE("layers that place values leave those of others alone") {
  weft::arena store;
  const auto some = prepared<weft::per_layer<2, weft::none, weft::values_too<rotary_neighbours<>>>>(store, 8);
  const auto placed = [&](index_t layer) {
    std::vector<float> row(8, 1.0f);
    some.place_value<arch>(weft::position_site<8>{7, 1, layer}, row.data());
    return row;
  };
  CHECK(placed(0) == std::vector<float>(8, 1.0f));
  std::vector<float> turned(8, 1.0f);
  some.elsewhere.place<arch>(weft::position_site<8>{7, 1, 1}, turned.data());
  CHECK(placed(1) == turned);
}

}  // namespace
}  // namespace rotary_neighbours_test
