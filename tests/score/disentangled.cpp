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
    for (index_t on = -rows::before; on < rows::behind; ++on)  // kernels read on from a place
      CHECK(rows::rows.at(static_cast<std::size_t>(rows::place(d) + on)) == rows::row(d + on));
  }
}

TEST_CASE("a distance's row is the reference's, and so are those around its place") {
  compare_rows<v3>();
  compare_rows<logarithmic_buckets<12, 32>>();
  compare_rows<logarithmic_buckets<2, 9>>();
  compare_rows<clamped_distances<1>>();
  compare_rows<clamped_distances<8>>();
  compare_rows<clamped_distances<100>>();
}

// Starts of all queries of a tile, against one chain each of multiply-adds over the rows that compare_rows() looks at.
template <class Score, index_t HeadWidth = 5>
void compare_starts(std::uint64_t seed) {
  constexpr index_t heads = 2, width = heads * HeadWidth, columns = key_columns<simd::native>, positions = 400;
  using arch = simd::native;
  using part = typename Score::template learnt<heads, HeadWidth, width>;
  using places = typename Score::places;
  const sizes model{.layers = 1, .vocabulary = 1, .positions = positions};
  const auto stored = testing::random_weights<part>(model, seed, {.weights = 0.3});
  typename part::template params<prepared<float32, arch>> ready;
  arena store;
  prepare(stored.record, ready, model, store);
  const auto score = Score{}.with(ready);
  testing::random_source random(seed);
  const auto values = [&](index_t n) {
    std::vector<float> v(static_cast<std::size_t>(n));
    for (auto& x : v) x = static_cast<float>(random.normal());
    return v;
  };
  const auto chain = [](float start, const float* a, index_t steps_a, const float* b, index_t steps_b) {
    for (index_t d = 0; d < HeadWidth; ++d)
      start =
          simd::fma(simd::set<arch>(a[d * steps_a]), simd::set<arch>(b[d * steps_b]), simd::set<arch>(start)).get(0);
    return start;
  };
  const auto wanted = [&](index_t head, const float* q, index_t query, const float* key, index_t at) {
    float sum = 0;
    const auto row = places::row(at - query);
    if constexpr (Score::reads_queries)
      sum = chain(0, q, 1, score.vectors[head].keys + row / columns * columns * HeadWidth + row % columns, columns);
    if constexpr (Score::reads_keys) {
      index_t place = 0;  // the first that stands for the row
      while (places::rows[static_cast<std::size_t>(place)] != row) ++place;
      sum = chain(sum, key, 1, score.vectors[head].queries + place, places::count);
    }
    return sum;
  };
  using started = decltype(begin_score<arch, HeadWidth>(score, {}, {}));
  for (const index_t length : {1, 2, 31, 32, 33, 100, 257, 400}) {
    const auto k = values(length * HeadWidth);
    std::vector<float> panels(static_cast<std::size_t>(round_up(length, columns) * HeadWidth));
    pack_keys<arch, HeadWidth>(k.data(), HeadWidth, 0, length, length, panels.data());
    for (index_t rows = 1; rows <= std::min(length, started::most_rows); ++rows) {
      const index_t head = rows % heads;
      const auto q = values(rows * HeadWidth);
      for (const index_t first : {index_t{0}, (length - rows) / 2, length - rows})
        for (const index_t origin : {index_t{0}, length / 2 / columns * columns, (length - 1) / columns * columns})
          for (const bool one_panel : {false, true}) {
            const auto keys = one_panel ? columns : round_up(length - origin, columns), ld = keys + 3;
            const auto start = begin_score<arch, HeadWidth>(score, {length, 0, first, head, heads, 0, 0.3f},
                                                            {q.data(), HeadWidth, first, rows});
            std::vector<float> to(static_cast<std::size_t>(rows * ld), 7.0f);
            start_rows(start, rows,
                       {panels.data() + origin * HeadWidth, origin, keys, origin, std::min(length, origin + keys)},
                       to.data(), ld);
            index_t wrong = 0;
            for (index_t i = 0; i < rows; ++i)
              for (index_t j = 0; j < ld; ++j) {
                const float got = to[static_cast<std::size_t>(i * ld + j)];
                if (j >= keys)
                  wrong += got != 7.0f;
                else if (origin + j < length)
                  wrong += got != wanted(head, q.data() + i * HeadWidth, first + i, k.data() + (origin + j) * HeadWidth,
                                         origin + j);
              }
            CAPTURE(length, rows, first, origin, one_panel);
            CHECK(wrong == 0);
          }
    }
  }
}

TEST_CASE("starts of queries together are chains of multiply-adds, key by key, near and far") {
  compare_starts<disentangled<position_terms{}, logarithmic_buckets<16, 64>>>(1);
  compare_starts<disentangled<position_terms{}, logarithmic_buckets<64, 36>>>(2);  // buckets that are left out
  compare_starts<disentangled<position_terms{}, clamped_distances<1>>>(3);
  compare_starts<disentangled<position_terms{true, true, false, 1}, logarithmic_buckets<4, 40>>>(4);
  compare_starts<disentangled<position_terms{true, false, true, 1}, clamped_distances<30>>>(5);
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
