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
bool begins(const std::string& words, const std::string& with) {
  INFO(words);
  CHECK(words.rfind(with, 0) == 0);
  return words.rfind(with, 0) == 0;
}
}  // namespace

TEST_CASE("lawful scores") {
  CHECK(broken_score_law<weft::scaled>() == "");
  CHECK(broken_score_law<leaning>() == "");
}

TEST_CASE("every broken law of scores is named") {
  begins(broken_score_law<two_formulas>(), "one key and a vector of keys get different bits: query ");
  begins(broken_score_law<by_lane>(), "one key and a vector of keys get different bits: query ");
  begins(broken_score_law<hides_keys>(), "the score of one key is not finite: query ");
}

}  // namespace score_laws_test
