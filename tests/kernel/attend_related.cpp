#include <cmath>
#include <weft/kernel/attend_related.hpp>
#include <weft/kernel/reference.hpp>
#include "catch.hpp"
#include "random.hpp"

namespace weft::attend_related_test {
namespace {

using arch = simd::native;
using floats = std::vector<float>;

// Queries of one head and keys of two places. Relations are arbitrary, and some keys are not seen.
template <index_t HeadWidth, index_t Relations>
struct example {
  index_t queries, here, there, ldq = HeadWidth + 3, ldo = HeadWidth + 2;
  floats q, keys, values, vectors, numbers, here_panels, there_panels, relation_panels_, relation_numbers;
  float scale = 1 / std::sqrt(static_cast<float>(HeadWidth));

  example(index_t n, index_t first_keys, index_t second_keys, std::uint64_t seed)
      : queries(n), here(first_keys), there(second_keys) {
    test::source from(seed);
    q = from.values(n * ldq, 2), keys = from.values((here + there) * HeadWidth, 2);
    values = from.values((here + there) * HeadWidth), vectors = from.values(Relations * HeadWidth, 2);
    numbers = from.values(Relations);
    here_panels = packed(keys.data(), here), there_panels = packed(keys.data() + here * HeadWidth, there);
    relation_panels_ = packed(vectors.data(), Relations);
    relation_numbers = numbers;
    relation_numbers.resize(static_cast<std::size_t>(padded_relations<arch>(Relations)));
  }
  static floats packed(const float* rows, index_t count) {
    floats panels(static_cast<std::size_t>(round_up(count, key_columns<arch>) * HeadWidth), 1e30f);
    pack_keys<arch, HeadWidth>(rows, HeadWidth, 0, count, count, panels.data());
    return panels;
  }
  // Key j of both places together; the first is always seen.
  static index_t relation(index_t query, index_t j) {
    const index_t r = (query * 7 + j * 5 + j / 9) % (Relations + 2);
    return r >= Relations ? (j == 0 ? 0 : -1) : r;
  }

  floats run(index_t tile = related_queries<arch, HeadWidth, Relations>::most_rows) const {
    floats out(static_cast<std::size_t>(queries * ldo), 7.0f);
    for (index_t first = 0; first < queries; first += tile) {
      related_queries<arch, HeadWidth, Relations> rows(q.data() + first * ldq, ldq, std::min(tile, queries - first),
                                                       scale, {relation_panels_.data(), relation_numbers.data()});
      const auto relate = [&](index_t before) {
        return [first, before](index_t i, const float* terms, index_t from, index_t to, float* start) {
          for (auto j = from; j < to; ++j) {
            const auto r = relation(first + i, before + j);
            start[j - from] = r < 0 ? unseen : terms[r];
          }
        };
      };
      rows.over({here_panels.data(), values.data(), HeadWidth}, 0, here / 2, relate(0));
      rows.over({here_panels.data(), values.data(), HeadWidth}, here / 2, here, relate(0));
      rows.over({there_panels.data(), values.data() + here * HeadWidth, HeadWidth}, 0, there, relate(here));
      rows.finish(out.data() + first * ldo, ldo);
    }
    return out;
  }
  floats expected() const {
    floats out(static_cast<std::size_t>(queries * ldo), 7.0f);
    for (index_t i = 0; i < queries; ++i)
      reference::attend_related(
          q.data() + i * ldq, HeadWidth, scale, keys.data(), values.data(), here + there, vectors.data(),
          numbers.data(), [&](index_t j) { return relation(i, j); }, out.data() + i * ldo);
    return out;
  }
};

template <index_t HeadWidth, index_t Relations>
void sweep() {
  for (const index_t here : {1, 2, 7, 16, 31, 100, 128, 129, 300})
    for (const index_t there : {0, 1, 5, 33, 140}) {
      CAPTURE(HeadWidth, Relations, here, there);
      const example<HeadWidth, Relations> e(11, here, there, static_cast<std::uint64_t>(here * 1000 + there));
      REQUIRE(test::largest_difference(e.run(), e.expected()) < 4e-6);
    }
}

TEST_CASE("attention with related keys agrees with its plain loops") {
  sweep<8, 9>();
  sweep<12, 3>();
  sweep<64, 27>();
  sweep<1, 40>();
  const example<8, 9000> many(11, 40, 20, 5);
  CHECK(test::largest_difference(many.run(), many.expected()) < 4e-6);
}

TEST_CASE("a related query's bits do not depend on the queries beside it") {
  const example<24, 11> e(50, 150, 40, 6);
  const auto all = e.run();
  for (const index_t tile : {1, 2, 3}) CHECK(e.run(tile) == all);
}

}  // namespace
}  // namespace weft::attend_related_test
