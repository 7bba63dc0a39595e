#include <weft/score/scaled.hpp>
#include <weft/simd/math.hpp>
#include <weft/testing/score_laws.hpp>

#include "catch.hpp"
#include "window.hpp"

namespace score_laws_test {
namespace {
using weft::score_site;
using vector = weft::simd::vector<weft::simd::native>;
using weft::testing::broken_score_law;

struct two_formulas {
  float operator()(const score_site& at, float, float dot) const { return dot * at.scale; }
  vector operator()(const score_site& at, vector, vector dot) const { return dot / (1.0f / at.scale); }
};
struct by_lane {
  float operator()(const score_site& at, float, float dot) const { return dot * at.scale; }
  vector operator()(const score_site& at, vector, vector dot) const {
    return dot * at.scale + weft::simd::lane_numbers<weft::simd::native>() * vector(1e-3f);
  }
};
struct hides_keys {
  auto operator()(const score_site& at, auto key, auto dot) const { return dot / (key - static_cast<float>(at.query)); }
};

// Scores that begin, rightly and wrongly: with the query's position, that of the first query beside it, that of the
// step's first key, and nothing that is a number; and all queries at once, in order (5) and the first one's for all
// (6).
template <int Mistake>
struct beginning {
  struct begun {
    weft::index_t first, count;
    void start(weft::index_t row, const weft::key_step& keys, float* to) const {
      for (weft::index_t j = 0; j < keys.width; ++j) {
        const auto query = static_cast<float>(first + (Mistake == 1 ? 0 : row));
        to[j] = query + static_cast<float>(Mistake == 2 ? keys.origin : keys.origin + j);
        if (Mistake == 3) to[j] = weft::not_a_number();
        if (Mistake == 4 && j % 2) to[j] = weft::unseen;
      }
    }
    void start_rows(const weft::key_step& keys, float* to, weft::index_t ld) const requires(Mistake >= 5) {
      for (weft::index_t i = 0; i < count; ++i) start(Mistake == 6 ? 0 : i, keys, to + i * ld);
    }
  };
  template <class Arch, weft::index_t HeadWidth>
  begun begin(const score_site&, const weft::query_rows& rows) const {
    return {rows.first, rows.count};
  }
  auto operator()(const score_site& at, auto, auto dot) const { return dot * at.scale; }
};
static_assert(weft::score_begins<beginning<0>, weft::simd::native, 8>());
static_assert(!weft::score_begins<weft::scaled, weft::simd::native, 8>());

bool begins(const std::string& words, const std::string& with) {
  INFO(words);
  CHECK(words.rfind(with, 0) == 0);
  return words.rfind(with, 0) == 0;
}
}  // namespace

TEST_CASE("lawful scores") {
  CHECK(broken_score_law<weft::scaled>() == "");
  CHECK(broken_score_law<leaning>() == "");
  CHECK(broken_score_law<beginning<0>>() == "");
  CHECK(broken_score_law<beginning<4>>() == "");
  CHECK(broken_score_law<beginning<5>>() == "");
}

TEST_CASE("every broken law of scores is named") {
  begins(broken_score_law<two_formulas>(), "one key and a vector of keys get different bits: query ");
  begins(broken_score_law<by_lane>(), "one key and a vector of keys get different bits: query ");
  begins(broken_score_law<beginning<1>>(), "a start depends on the queries beside it or on the other keys of its step");
  begins(broken_score_law<beginning<2>>(), "a start depends on the queries beside it or on the other keys of its step");
  begins(broken_score_law<beginning<3>>(), "a start is neither finite nor `unseen`: query ");
  begins(broken_score_law<beginning<6>>(), "start_rows() writes another start than start(): query ");
  begins(broken_score_law<hides_keys>(), "the score of one key is not finite: query ");
}

}  // namespace score_laws_test
