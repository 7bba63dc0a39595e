#include <cmath>
#include <weft/numeric/float32.hpp>
#include <weft/score/alibi.hpp>
#include <weft/score/relative_bias.hpp>
#include <weft/score/scaled.hpp>
#include <weft/score/soft_cap.hpp>
#include <weft/score/unscaled.hpp>
#include <weft/testing/score_laws.hpp>

#include "catch.hpp"

namespace weft {
namespace {
using testing::broken_score_law;

static_assert(score_modifier<alibi> && score_modifier<soft_cap<50>> && score_modifier<soft_cap<5, alibi>>);
static_assert(score_modifier<unscaled> && score_modifier<relative_bias<>>);
static_assert(score_modifier<relative_bias<8, 20, sides::before, soft_cap<30>>>);
static_assert(std::is_empty_v<soft_cap<50>> && std::is_empty_v<unscaled>);

// Which scores have parameters: near misses.
struct no_table : scaled {};
struct table_without_heads : scaled {
  struct learnt {};
};
struct table_without_score {
  template <index_t Heads>
  struct learnt {};
};
static_assert(learnt_score<relative_bias<>> && !learnt_score<scaled> && !learnt_score<no_table>);
static_assert(!learnt_score<table_without_heads> && !learnt_score<table_without_score>);
static_assert(std::is_same_v<score_weights<raw, scaled, 3>, nothing>);
static_assert(score_weights<raw, relative_bias<>, 12>{}.table.shape == std::array<index_t, 2>{32, 12});

const score_site site{.length = 50, .base = 0, .query = 20, .head = 1, .heads = 4, .layer = 0, .scale = 0.125f};

template <class Score>
Score built(Score score, index_t heads, arena& store) {
  set_up(score, {1, 100, heads}, store);
  return score;
}

TEST_CASE("alibi's slopes are those of its paper's program") {
  for (const index_t heads : {1, 2, 4, 8, 16})
    for (index_t h = 0; h < heads; ++h)
      CHECK(alibi::slope(h, heads) == Approx(std::pow(2.0, -8.0 * double(h + 1) / double(heads))).epsilon(1e-7));
  // get_slopes(12): those of 8 heads, then every other of 16.
  const double twelve[] = {0.5,       0.25,       0.125,      0.0625,     0.03125,    0.015625,
                           0.0078125, 0.00390625, 0.70710678, 0.35355339, 0.17677670, 0.08838835};
  for (index_t h = 0; h < 12; ++h) CHECK(alibi::slope(h, 12) == Approx(twelve[h]).epsilon(1e-7));
  const double three[] = {0.0625, 0.00390625, 0.25};
  for (index_t h = 0; h < 3; ++h) CHECK(alibi::slope(h, 3) == Approx(three[h]).epsilon(1e-7));
}

TEST_CASE("alibi's slopes and T5's buckets are those of the C library's functions") {
  for (index_t heads = 1; heads <= 64; heads *= 2)
    for (index_t h = 0; h < heads; ++h)
      CHECK(alibi::slope(h, heads) == static_cast<float>(std::exp2(-8.0 * double(h + 1) / double(heads))));
  for (index_t d = 8; d < 20000; ++d) {
    const auto steps = std::log(float(d) / 8.0f) / static_cast<float>(std::log(16.0)) * 8.0f;
    REQUIRE(relative_bias<32, 128>::bucket(-d) == 8 + std::min<index_t>(7, static_cast<index_t>(steps)));
  }
}

TEST_CASE("alibi takes the slope times the distance, in both directions") {
  arena store;
  const auto score = built(alibi{}, 4, store);
  CHECK(score(site, 20.0f, 8.0f) == 1.0f);
  CHECK(score(site, 23.0f, 8.0f) == 1.0f - 3 * 0.0625f);
  CHECK(score(site, 4.0f, 8.0f) == 1.0f - 16 * 0.0625f);
}

TEST_CASE("a soft cap is tanh") {
  for (const float dot : {0.0f, 1.0f, -8.0f, 300.0f, 4000.0f, -1e6f}) {
    const double expected = 30 * std::tanh(double{dot} * 0.125 / 30);
    CHECK(soft_cap<30>{}(site, 3.0f, dot) == Approx(expected).epsilon(2e-6).margin(1e-6));
  }
  arena store;
  const auto both = built(soft_cap<2, alibi>{}, 4, store);
  CHECK(both(site, 4.0f, 8.0f) == Approx(2 * std::tanh((1 - 16 * 0.0625) / 2)).margin(1e-6));
}

// ---- T5's buckets
// -----------------------------------------------------------------------------------------------------

TEST_CASE("buckets are those of the reference") {
  // T5Attention._relative_position_bucket(torch.arange(-140, 141, 20)) and around the exact buckets, 32 buckets, 128.
  using both = relative_bias<32, 128>;
  using before = relative_bias<32, 128, sides::before>;
  for (index_t d = 0; d < 8; ++d) {
    CHECK(both::bucket(-d) == d);
    CHECK(both::bucket(d) == (d == 0 ? 0 : 16 + d));
  }
  const auto check = [](index_t distance, index_t two, index_t one) {
    CAPTURE(distance);
    CHECK(both::bucket(-distance) == two);
    CHECK(both::bucket(distance) == 16 + two);
    CHECK(before::bucket(-distance) == one);
    CHECK(before::bucket(distance) == 0);
  };
  // two: 8 + floor(8 log(d / 8) / log(16)); one: 16 + floor(16 log(d / 16) / log(8))
  check(8, 8, 8);
  check(11, 8, 11);
  check(12, 9, 12);
  check(15, 9, 15);
  check(16, 10, 16);
  check(18, 10, 16);
  check(19, 10, 17);
  check(22, 10, 18);
  check(23, 11, 18);
  check(31, 11, 21);
  check(32, 12, 21);
  check(45, 12, 23);
  check(46, 13, 24);
  check(63, 13, 26);
  check(64, 14, 26);
  check(90, 14, 29);
  check(91, 15, 29);
  check(127, 15, 31);
  check(128, 15, 31);
  check(4000, 15, 31);
}

// A score with a table, as a model of that many positions would make it.
template <class Score, index_t Heads>
struct with_table {
  arena store;
  typename Score::template learnt<Heads>::template params<raw> stored;
  typename Score::template learnt<Heads>::template params<prepared<float32, simd::native>> ready;
  Score score;
  explicit with_table(index_t positions) {
    const sizes s{.layers = 1, .vocabulary = 1, .positions = positions};
    testing::fill_random(stored, s, 5, store, {.weights = 1});
    prepare(stored, ready, s, store);
    set_up(score, {1, positions, Heads}, store);
  }
};

TEST_CASE("a relative bias is the table's entry, whatever computes it") {
  using score_type = relative_bias<8, 20>;
  const with_table<score_type, 3> t(60);
  const auto score = t.score.with(t.ready), plain = t.score.with(t.stored);
  CHECK(plain(site, 3.0f, 8.0f) == 1.0f);  // without the prepared table there is no bias
  for (index_t query = 0; query < 60; ++query)
    for (index_t key = 0; key < 60; ++key)
      for (index_t head = 0; head < 3; ++head) {
        auto at = site;
        at.query = query, at.head = head;
        const auto expected = 1.0f + t.stored.table[score_type::bucket(key - query) * 3 + head];
        REQUIRE(score(at, static_cast<float>(key), 8.0f) == expected);
      }
}

TEST_CASE("scores are lawful") {
  CHECK(broken_score_law<alibi>() == "");
  CHECK(broken_score_law<soft_cap<50>>() == "");
  CHECK(broken_score_law<soft_cap<3, alibi>>() == "");
  CHECK(broken_score_law<unscaled>() == "");
  CHECK(broken_score_law<relative_bias<>>() == "");
  const with_table<relative_bias<>, 3> both(130);
  CHECK(broken_score_law(both.score.with(both.ready)) == "");
  const with_table<relative_bias<16, 50, sides::before, soft_cap<20>>, 3> before(130);
  CHECK(broken_score_law(before.score.with(before.ready)) == "");
}
}  // namespace
}  // namespace weft
