#include <cmath>
#include <weft/kernel/attend.hpp>
#include <weft/kernel/reference.hpp>
#include "catch.hpp"
#include "random.hpp"
#include "small_stack.hpp"

namespace weft::attend_test {
namespace {

using arch = simd::native;
using floats = std::vector<float>;

struct everything {
  static constexpr index_t query_tile = 16;
  bool sees(const query_block&, index_t, index_t) const { return true; }
  void visit(const query_block& b, auto&& spans) const { spans.full({0, b.length}); }
};

// Keys at most `reach` away, in one masked span.
struct near {
  index_t reach = 5;
  static constexpr index_t query_tile = 16;
  bool sees(const query_block&, index_t q, index_t k) const { return std::abs(q - k) <= reach; }
  void visit(const query_block& b, auto&& spans) const {
    spans.masked({std::max<index_t>(0, b.first - reach), std::min(b.length, b.last + reach)});
  }
};

struct covered : near {
  void visit(const query_block& b, auto&& spans) const { spans.masked({0, b.length}); }
};

// Nothing below the diagonal; the last query sees one key, and query 3 none at all.
struct odd_triangle {
  static constexpr index_t query_tile = 16;
  bool sees(const query_block&, index_t q, index_t k) const { return k >= q && q != 3; }
  void visit(const query_block& b, auto&& spans) const { spans.masked({0, b.length}); }
};

// The first 7 keys count three times, keys 20 to 29 as often as the query says, the rest of the first 40 once.
struct repeated {
  static constexpr index_t query_tile = 16;
  index_t sees(const query_block&, index_t q, index_t k) const {
    return k < 7 ? 3 : k < 20 ? 1 : k < 30 ? (q + k) % 3 : k < 40 ? 1 : 0;
  }
  void visit(const query_block& b, auto&& spans) const {
    const auto upto = [&](index_t k) { return std::min(k, b.length); };
    spans.full({0, upto(7)}, 3);
    spans.full({upto(7), upto(20)});
    spans.masked({upto(20), upto(30)});
    spans.full({upto(30), upto(40)});
  }
};

struct plain_score {
  auto operator()(const score_site& at, auto, auto dot) const { return dot * at.scale; }
};

// Uses everything that a score is told.
struct distance_score {
  auto operator()(const score_site& at, auto key, auto dot) const {
    const auto away = key - static_cast<float>(at.query);
    return dot * at.scale - away * away * 0.01f * static_cast<float>(1 + at.head);
  }
};

template <index_t HeadWidth, class Pattern, class Score>
struct example {
  index_t length, ldq = HeadWidth + 3, ldk = HeadWidth + 1, ldv = HeadWidth, ldo = HeadWidth + 2;
  Pattern pattern = {};
  Score score = {};
  floats q, k, v, panels;
  score_site site;

  example(index_t n, std::uint64_t seed) : length(n) {
    test::source from(seed);
    q = from.values(n * ldq, 2), k = from.values(n * ldk, 2), v = from.values(n * ldv);
    panels.resize(static_cast<std::size_t>(round_up(n, key_columns<arch>) * HeadWidth), 1e30f);
    constexpr index_t step = 3 * key_columns<arch>;  // packed in pieces
    for (index_t first = 0; first < n; first += step)
      pack_keys<arch, HeadWidth>(k.data(), ldk, first, std::min(n, first + step), n, panels.data());
    site = {n, 0, 0, 1, 2, 0, 1 / std::sqrt(static_cast<float>(HeadWidth))};
  }
  floats run(index_t visible, index_t tile = Pattern::query_tile) const {
    floats out(static_cast<std::size_t>(length * ldo), 7.0f);
    for (index_t first = 0; first < length; first += tile) {
      const query_block block{length, first, std::min(length, first + tile), 1, 0};
      attend<arch, HeadWidth>(pattern, score, block, site, visible, q.data() + first * ldq, ldq, panels.data(),
                              v.data(), ldv, out.data() + first * ldo, ldo);
    }
    return out;
  }
  floats expected(index_t visible) const {
    floats out(static_cast<std::size_t>(length * ldo), 7.0f);
    const query_block block{length, 0, length, 1, 0};
    reference::attend(pattern, score, block, site, HeadWidth, visible, q.data(), ldq, k.data(), ldk, v.data(), ldv,
                      out.data(), ldo);
    return out;
  }
};

template <index_t HeadWidth, class Pattern, class Score = plain_score>
void sweep_lengths() {
  for (const index_t length : {1, 2, 3, 5, 8, 13, 16, 17, 31, 32, 33, 63, 100, 127, 128, 129, 200, 260}) {
    const example<HeadWidth, Pattern, Score> e(length, static_cast<std::uint64_t>(length));
    for (const index_t visible : {length, (length + 1) / 2, index_t{1}}) {
      CAPTURE(HeadWidth, length, visible);
      // Distance scores are in the hundreds, where a float's rounding is 1e-5 of a weight.
      const double tolerance = std::is_same_v<Score, distance_score> ? 3e-5 : 3e-6;
      REQUIRE(test::largest_difference(e.run(visible), e.expected(visible)) < tolerance);
    }
  }
}

TEST_CASE("attention agrees with its plain loops at odd lengths and head widths") {
  sweep_lengths<8, everything>();
  sweep_lengths<12, everything>();
  sweep_lengths<16, everything>();
  sweep_lengths<1, everything>();
  sweep_lengths<24, everything>();
  sweep_lengths<64, everything>();
}

#if defined(__unix__)
TEST_CASE("attention of wide heads agrees with its plain loops, on a small stack") {
  const auto agrees = []<index_t HeadWidth>(std::integral_constant<index_t, HeadWidth>) {
    const example<HeadWidth, repeated, distance_score> e(45, 4);
    const auto wanted = e.expected(45);
    double difference = 1;
    weft_test::on_small_stack([&] { difference = test::largest_difference(e.run(45), wanted); });
    CAPTURE(HeadWidth);
    CHECK(difference < 3e-5);
    CHECK(e.run(45, 3) == e.run(45));
  };
  agrees(std::integral_constant<index_t, 39>{});  // a few columns behind whole vectors
  agrees(std::integral_constant<index_t, 1040>{});
  agrees(std::integral_constant<index_t, 8201>{});
  agrees(std::integral_constant<index_t, 16383>{});
}
#endif

TEST_CASE("attention asks masked spans, counts repeated keys and passes scores their places") {
  sweep_lengths<16, near>();
  sweep_lengths<16, odd_triangle>();
  sweep_lengths<12, repeated>();
  sweep_lengths<16, everything, distance_score>();
  sweep_lengths<8, repeated, distance_score>();
}

TEST_CASE("a query that sees nothing gets zeros") {
  const example<16, odd_triangle, plain_score> e(40, 4);
  const auto out = e.run(40);
  for (index_t d = 0; d < 16; ++d) CHECK(out[static_cast<std::size_t>(3 * e.ldo + d)] == 0.0f);
}

TEST_CASE("a query's bits do not depend on the queries beside it") {
  const example<24, everything, plain_score> e(150, 6);
  const auto all = e.run(150);
  for (const index_t tile : {1, 2, 3, 5, 7, 11, 64, 150}) CHECK(e.run(150, tile) == all);
}

TEST_CASE("a wider cover of a masked pattern changes no bit") {
  const example<16, near, plain_score> narrow(300, 8);
  const example<16, covered, plain_score> wide(300, 8);
  CHECK(narrow.run(300) == wide.run(300));
}

TEST_CASE("invisible keys weigh nothing, whatever they hold") {
  example<16, everything, plain_score> e(70, 9);
  const auto before = e.run(33);
  for (index_t k = 33; k < 70; ++k)
    for (index_t d = 0; d < 16; ++d) {
      e.k[static_cast<std::size_t>(k * e.ldk + d)] = 1e20f;
      e.v[static_cast<std::size_t>(k * e.ldv + d)] = std::nanf("");
    }
  pack_keys<arch, 16>(e.k.data(), e.ldk, 0, 70, 70, e.panels.data());
  CHECK(e.run(33) == before);
}

TEST_CASE("large scores do not overflow") {
  example<8, everything, plain_score> e(40, 10);
  for (auto& x : e.q) x *= 1000;
  CHECK(test::largest_difference(e.run(40), e.expected(40)) < 1e-3);
}

// Scores of every key past the range of float, or NaN: a row is NaN then, and 0 only where it sees no key.
template <class Pattern>
void check_past_range(index_t blind) {
  for (const float odd : {1e20f, -1e20f, std::nanf(""), std::numeric_limits<float>::infinity()}) {
    example<8, Pattern, plain_score> e(40, 11);
    std::fill(e.q.begin(), e.q.end(), odd);
    std::fill(e.k.begin(), e.k.end(), 1e20f);
    pack_keys<arch, 8>(e.k.data(), e.ldk, 0, 40, 40, e.panels.data());
    const auto out = e.run(40);
    const auto stride = static_cast<index_t>(out.size()) / 40;
    for (index_t q = 0; q < 40; ++q)
      for (index_t d = 0; d < 8; ++d) {
        const float value = out[static_cast<std::size_t>(q * stride + d)];
        CAPTURE(odd, q, value);
        REQUIRE((q == blind ? value == 0 : std::isnan(value)));
      }
  }
}

TEST_CASE("a row whose scores are past the range of float is NaN") {
  check_past_range<everything>(-1);
  check_past_range<near>(-1);
  check_past_range<odd_triangle>(3);
}

}  // namespace
}  // namespace weft::attend_test
