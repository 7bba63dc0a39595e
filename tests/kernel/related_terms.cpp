#include <cmath>
#include <weft/kernel/attend.hpp>
#include <weft/kernel/reference.hpp>
#include <weft/kernel/related_terms.hpp>
#include "catch.hpp"
#include "random.hpp"

namespace weft::related_terms_test {
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

  // What a score's begin() may return: a relation's term for each key, or none for a key that is not seen.
  using terms = query_terms<arch, HeadWidth, Relations>;
  struct start_of {
    const terms& of;
    index_t first, before;
    void start(index_t row, const key_step& keys, float* to) const {
      for (auto j = keys.origin; j < keys.origin + keys.width; ++j) {
        const auto r = relation(first + row, before + j);
        to[j - keys.origin] = r < 0 ? unseen : of.row(row)[r];
      }
    }
  };
  struct shown {
    key_span keys;
    void visit(const query_block&, auto&& spans) const { spans.full(keys); }
    bool sees(const query_block&, index_t, index_t) const { return true; }
  };
  struct times_scale {
    auto operator()(const score_site& at, auto, auto dot) const { return dot * at.scale; }
  };

  floats run(index_t tile = terms::most_rows) const {
    floats out(static_cast<std::size_t>(queries * ldo), 7.0f);
    for (index_t first = 0; first < queries; first += tile) {
      const query_rows some{q.data() + first * ldq, ldq, first, std::min(tile, queries - first)};
      const terms of(some, {relation_panels_.data(), relation_numbers.data()});
      query_stream<arch, HeadWidth> rows(some);
      const auto over = [&](const key_rows& place, key_span span, index_t before) {
        const score_site site{queries, 0, 0, 0, 1, 0, scale};
        rows.over(place, shown{span}, {queries, first, first + some.count}, times_scale{}, site,
                  start_of{of, first, before});
      };
      const key_rows one{here_panels.data(), values.data(), HeadWidth, {0, here}};
      over(one, {0, here / 2}, 0);
      over(one, {here / 2, here}, 0);
      over({there_panels.data(), values.data() + here * HeadWidth, HeadWidth, {0, there}}, {0, there}, here);
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

TEST_CASE("attention over two places, whose scores begin with relations, agrees with its plain loops") {
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

TEST_CASE("terms of keys are plain products, from what there was") {
  constexpr index_t width = 11, keys = 40, ld = 64;
  test::source from(3);
  const auto k = from.values(keys * width), vectors = from.values(width * ld);
  floats panels(static_cast<std::size_t>(round_up(keys, key_columns<arch>) * width));
  pack_keys<arch, width>(k.data(), width, 0, keys, keys, panels.data());
  constexpr index_t origin = key_columns<arch>;
  floats to(static_cast<std::size_t>(origin), 0.5f);
  add_key_terms<arch, width>({panels.data() + origin * width, origin, key_columns<arch>, origin + 1, origin + 4},
                             vectors.data() + 3, ld, to.data());
  for (index_t j = 0; j < key_columns<arch> && origin + j < keys; ++j) {
    double wanted = 0.5;
    for (index_t d = 0; d < width; ++d)
      wanted += double{k[static_cast<std::size_t>((origin + j) * width + d)]} *
                double{vectors[static_cast<std::size_t>(d * ld + 3 + j)]};
    CHECK(double{to[static_cast<std::size_t>(j)]} == Approx(wanted).margin(1e-5));
  }
}

TEST_CASE("terms of several panels of keys are those of each panel alone, wherever its columns begin") {
  constexpr index_t width = 12, columns = key_columns<arch>, keys = 7 * columns, ld = 9 * columns;
  test::source from(4);
  const auto k = from.values(keys * width), vectors = from.values(width * ld), start = from.values(keys);
  floats panels(static_cast<std::size_t>(keys * width)), all = start, one = start;
  pack_keys<arch, width>(k.data(), width, 0, keys, keys, panels.data());
  const auto column = [](index_t c) { return c / columns == 3 ? 0 : c + 5; };
  add_key_terms<arch, width>({panels.data(), 0, keys, 0, keys}, vectors.data(), ld, all.data(), column);
  for (index_t c = 0; c < keys; c += columns)
    add_key_terms<arch, width>({panels.data() + c * width, c, columns, c, c + columns}, vectors.data() + column(c), ld,
                               one.data() + c);
  CHECK(all == one);
}

}  // namespace
}  // namespace weft::related_terms_test
