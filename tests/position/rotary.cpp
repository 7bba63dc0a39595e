#include <cmath>
#include <weft/kernel/reference.hpp>
#include <weft/kernel/rotate.hpp>
#include <weft/model/bert.hpp>
#include <weft/position/per_layer.hpp>
#include <weft/position/rotary.hpp>

#include "catch.hpp"

namespace rotary_test {
namespace {

using weft::index_t;
using arch = weft::simd::native;

static_assert(weft::position_policy<weft::none> && weft::position_policy<weft::rotary<>>);
static_assert(weft::position_policy<weft::per_layer<3, weft::rotary<160'000>, weft::rotary<>>>);
static_assert(weft::position_policy<weft::per_layer<2, weft::rotary<>, weft::none>>);
// A near miss each: no place(), one that returns something, a pattern.
struct idle {};
struct returning {
  template <class Arch, index_t HeadWidth>
  int place(const weft::position_site<HeadWidth>&, float*) const {
    return 0;
  }
};
static_assert(!weft::position_policy<idle> && !weft::position_policy<returning> && !weft::position_policy<weft::full>);

template <class Policy>
Policy prepared(weft::arena& store, index_t head_width) {
  Policy policy;
  weft::set_up(policy, {.layers = 4, .positions = 9000, .heads = 2, .head_width = head_width}, store);
  return policy;
}

TEST_CASE("a table's angles are the reference's products of floats") {
  weft::arena store;
  const auto r = prepared<weft::rotary<160'000>>(store, 64);
  for (const index_t position : {0, 1, 2, 77, 511, 8191, 8999})
    for (index_t i = 0; i < 32; ++i) {
      const float frequency = 1.0f / static_cast<float>(std::pow(160'000.0, static_cast<double>(2 * i) / 64));
      const double angle = static_cast<float>(position) * frequency;
      CHECK(r.cosines[position * 32 + i] == static_cast<float>(std::cos(angle)));
      CHECK(r.sines[position * 32 + i] == static_cast<float>(std::sin(angle)));
    }
}

// Every head width from one pair to more than the widest vector's, whole and partial.
template <index_t HeadWidth>
void compare_with_plain_loop() {
  constexpr index_t half = HeadWidth / 2, heads = 3;
  std::vector<float> row(heads * HeadWidth), cosines(half), sines(half);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = std::sin(1.0f + static_cast<float>(i));
  for (std::size_t i = 0; i < cosines.size(); ++i) {
    cosines[i] = std::cos(0.3f * static_cast<float>(i)), sines[i] = std::sin(0.3f * static_cast<float>(i));
  }
  auto turned = row, wanted = row;
  weft::rotate_halves<arch, HeadWidth>(turned.data(), heads, cosines.data(), sines.data());
  weft::reference::rotate_halves(wanted.data(), heads, HeadWidth, cosines.data(), sines.data());
  for (std::size_t i = 0; i < row.size(); ++i) CHECK(turned[i] == Approx(wanted[i]).margin(2e-7));
}

TEST_CASE("halves of heads are rotated") {
  compare_with_plain_loop<2>();
  compare_with_plain_loop<6>();
  compare_with_plain_loop<16>();
  compare_with_plain_loop<34>();
  compare_with_plain_loop<64>();
}

TEST_CASE("a product of rotated rows depends on the distance of their positions") {
  weft::arena store;
  const auto r = prepared<weft::rotary<>>(store, 16);
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

TEST_CASE("layers may place rows differently, or not at all") {
  weft::arena store;
  const auto both = prepared<weft::per_layer<3, weft::rotary<160'000>, weft::rotary<>>>(store, 8);
  const auto some = prepared<weft::per_layer<2, weft::none, weft::rotary<>>>(store, 8);
  const auto placed = [](const auto& policy, index_t layer) {
    std::vector<float> row(8, 1.0f);
    policy.template place<arch>(weft::position_site<8>{7, 1, layer}, row.data());
    return row;
  };
  CHECK(placed(both, 0) == placed(both.here, 0));
  CHECK(placed(both, 1) == placed(both.elsewhere, 0));
  CHECK(placed(both, 2) == placed(both, 1));
  CHECK(placed(both, 3) == placed(both, 0));
  CHECK(placed(both, 0) != placed(both, 1));
  CHECK(placed(some, 0) == std::vector<float>(8, 1.0f));
  CHECK(placed(some, 1) == placed(both, 1));
  const auto listed = prepared<weft::by_layer<weft::listed_layers<0b0110>, weft::rotary<>, weft::none>>(store, 8);
  CHECK(placed(listed, 0) == placed(some, 0));
  CHECK(placed(listed, 1) == placed(both, 1));
  CHECK(placed(listed, 2) == placed(both, 1));
  CHECK(placed(listed, 3) == placed(some, 0));
}

}  // namespace
}  // namespace rotary_test
