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
    void start(index_t row, const key_step& step, float* to) const {
      for (auto j = step.origin; j < step.origin + step.width; ++j) {
        const auto r = relation(first + row, before + j);
        to[j - step.origin] = r < 0 ? unseen : of.row(row)[r];
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

// One chain of multiply-adds from `start`, as kernels sum.
float chain(float start, index_t steps, const auto& key, const auto& vector) {
  for (index_t d = 0; d < steps; ++d)
    start = simd::fma(simd::set<arch>(key(d)), simd::set<arch>(vector(d)), simd::set<arch>(start)).get(0);
  return start;
}

TEST_CASE("terms of keys are chains from what there was, whichever queries are beside them") {
  constexpr index_t width = 11, columns = key_columns<arch>, keys = 7 * columns;
  test::source from(4);
  const auto k = from.values(keys * width);
  floats panels(static_cast<std::size_t>(keys * width));
  pack_keys<arch, width>(k.data(), width, 0, keys, keys, panels.data());
  for (index_t rows = 1; rows <= key_term_rows<arch>; ++rows)
    for (const index_t origin : {index_t{0}, 2 * columns, 6 * columns})
      for (const index_t many : {1, 2, 7}) {
        const auto here = std::min(many * columns, keys - origin);
        // Panels at distances of their own, the first as near to what is not there as it may be.
        const auto column = [&](index_t c) { return rows - 1 + (c / columns == 3 ? 0 : c); };
        const index_t ld = column(here - columns) + key_term_columns<arch>, ld_to = here + 5;
        const auto vectors = from.values(width * ld);  // of exact size: the address sanitizer sees a stray read
        const auto before = from.values(rows * ld_to);
        auto to = before;
        add_key_terms<arch, width>(rows, {panels.data() + origin * width, origin, here, origin + 1, origin + 4},
                                   vectors.data(), ld, to.data(), ld_to, column);
        CAPTURE(rows, origin, here);
        bool same = true;
        for (index_t i = 0; i < rows; ++i)
          for (index_t j = 0; j < ld_to; ++j) {
            const auto at = static_cast<std::size_t>(i * ld_to + j);
            const auto panel = j / columns * columns;
            const auto wanted =
                j >= here ? before[at]
                          : chain(
                                before[at], width,
                                [&](index_t d) { return k[static_cast<std::size_t>((origin + j) * width + d)]; },
                                [&](index_t d) {
                                  return vectors[static_cast<std::size_t>(d * ld + column(panel) + j - panel - i)];
                                });
            same = same && to[at] == wanted;
          }
        CHECK(same);
      }
}

}  // namespace
}  // namespace weft::related_terms_test
