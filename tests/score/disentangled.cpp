#include <weft/score/disentangled.hpp>

#include <cmath>
#include <weft/norm/layer_norm.hpp>
#include <weft/numeric/float32.hpp>
#include <weft/score/scaled.hpp>
#include <weft/testing/score_laws.hpp>

#include "catch.hpp"

namespace disentangled_test {
namespace {
using namespace weft;
using v3 = logarithmic_buckets<256, 512>;

// The sum, and single values, of the reference's function.
constexpr index_t sum_of_buckets() {
  index_t sum = 0;
  for (index_t d = 0; d < 512; ++d) sum += v3::bucket(d);
  return sum;
}
static_assert(sum_of_buckets() == 87297);
static_assert(v3::bucket(128) == 128 && v3::bucket(129) == 129 && v3::bucket(132) == 131 && v3::bucket(133) == 132);
static_assert(v3::bucket(200) == 169 && v3::bucket(256) == 192 && v3::bucket(505) == 254 && v3::bucket(506) == 255);
static_assert(v3::bucket(-350) == -221 && v3::bucket(-511) == -255 && v3::bucket(512) == 256);
static_assert(v3::bucket(100'000) == 256 && v3::bucket(-100'000) == -256);

template <index_t Buckets, index_t Reach>
void compare_buckets() {
  constexpr index_t half = Buckets / 2;
  for (index_t d = 0; d < Reach; ++d) {
    const auto steps = std::log(double(d) / half) / std::log(double(Reach - 1) / half) * (half - 1);
    const auto wanted = d <= half ? d : static_cast<index_t>(std::ceil(steps)) + half;
    CHECK(logarithmic_buckets<Buckets, Reach>::bucket(d) == wanted);
    CHECK(logarithmic_buckets<Buckets, Reach>::bucket(-d) == -wanted);
  }
}

TEST_CASE("logarithmic buckets are those of the C library's logarithm") {
  compare_buckets<256, 512>();
  compare_buckets<128, 512>();
  compare_buckets<32, 512>();
  compare_buckets<8, 64>();
  compare_buckets<4, 64>();
  compare_buckets<2, 64>();
  compare_buckets<256, 4096>();
}

// The reference's index of a table's row, clamp(bucket(query - key) + K), from the last row on.
template <class Told>
void compare_rows() {
  using rows = weft::detail::told_rows<Told>;
  constexpr index_t half = Told::relations / 2;
  for (index_t d = -3 * Told::reach - 50; d < 3 * Told::reach + 50; ++d) {
    const auto wanted = std::clamp(Told::bucket(-d) + half, index_t{0}, 2 * half - 1);
    CHECK(2 * half - 1 - rows::row(d) == wanted);
    CHECK(rows::rows[static_cast<std::size_t>(rows::place(d))] == rows::row(d));
    for (index_t after = 0; after < rows::beyond; ++after)  // kernels read on from a place
      CHECK(rows::rows[static_cast<std::size_t>(rows::place(d) + after)] == rows::row(d + after));
  }
}

TEST_CASE("a distance's row is the reference's, and so are those behind its place") {
  compare_rows<v3>();
  compare_rows<logarithmic_buckets<12, 32>>();
  compare_rows<logarithmic_buckets<2, 9>>();
  compare_rows<clamped_distances<1>>();
  compare_rows<clamped_distances<8>>();
  compare_rows<clamped_distances<100>>();
}

template <class Score>
std::string broken_law() {
  constexpr index_t heads = 3, head_width = 8, width = 24;
  using part = typename Score::template learnt<heads, head_width, width>;
  const sizes model{.layers = 2, .vocabulary = 1, .positions = 130};
  const auto stored = testing::random_weights<part>(model, 3, {.weights = 0.3});
  typename part::template params<prepared<float32, simd::native>> ready;
  arena store;
  prepare(stored.record, ready, model, store);
  return testing::broken_score_law<Score, head_width>(Score{}.with(ready));
}

TEST_CASE("disentangled scores are lawful") {
  using own = own_projections<false, true>;
  CHECK(broken_law<disentangled<position_terms{}, logarithmic_buckets<16, 64>, shared_projections, layer_norm<>>>() ==
        "");
  CHECK(broken_law<disentangled<position_terms{}, clamped_distances<8>, own>>() == "");
  CHECK(broken_law<disentangled<position_terms{true, true, false, 1}, clamped_distances<200>, own>>() == "");
  CHECK(broken_law<disentangled<position_terms{true, false, true, 3}, logarithmic_buckets<4, 40>, own>>() == "");
  CHECK(broken_law<disentangled<position_terms{false, true, true, 2}, clamped_distances<8>>>() == "");
}

using both = disentangled<position_terms{}, v3>;
using none_computed = disentangled<position_terms{.relative = false}, v3>;
static_assert(score_modifier<both> && wide_learnt_score<both> && learnt_score<both> && !wide_learnt_score<scaled>);
static_assert(score_begins<both, simd::native, 64>() && !score_begins<none_computed, simd::native, 64>());
static_assert(score_weights<raw, both, 12, 64, 768>{}.table.shape == std::array<index_t, 2>{512, 768});
static_assert(std::is_empty_v<score_weights<raw, none_computed, 12, 64, 768>>);

TEST_CASE("a scale counts the terms that are named, also where none is computed") {
  const score_site at{10, 0, 0, 0, 1, 0, 0.5f};
  CHECK(none_computed{}(at, 1.0f, 8.0f) == Approx(4 / std::sqrt(3.0)));
  CHECK(disentangled<position_terms{.counted = 3}, v3>{}(at, 1.0f, 8.0f) == 2.0f);
  CHECK(disentangled<position_terms{.counted = 0}, v3>{}(at, 1.0f, 8.0f) == 4.0f);
}
}  // namespace
}  // namespace disentangled_test
