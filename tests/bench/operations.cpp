// The counts are those of the formulas that other engines' scripts use, written out here with the published sizes.
#include <weft/bench/operations.hpp>

#include <weft/encoder/active.hpp>
#include <weft/io/load.hpp>
#include <weft/model/autobert.hpp>
#include <weft/model/bigbird.hpp>
#include <weft/model/convbert.hpp>
#include <weft/model/electra.hpp>
#include <weft/model/fnet.hpp>
#include <weft/model/mobilebert.hpp>
#include <weft/model/modernbert.hpp>

#include "catch.hpp"

namespace operations_test {
namespace {
template <class Spec>
weft::bench::arithmetic counted(const char* configuration) {
  return weft::bench::arithmetic_of<Spec>(weft::sizes_of(weft::configuration::parse(configuration)));
}
double operations(const weft::bench::arithmetic& a, std::vector<weft::index_t> lengths) {
  return weft::bench::operations(a, lengths);
}
}  // namespace

TEST_CASE("a text meets every weight of a linear once a token, and attends to itself in every layer") {
  const auto bert = counted<weft::bert_base>(R"({"model_type": "bert"})");
  CHECK(bert.weights == 12 * (4 * 768 * 768 + 2 * 768 * 3072));
  CHECK(operations(bert, {128}) == 2 * bert.weights * 128 + 4.0 * 128 * 128 * 768 * 12);
  CHECK(operations(bert, {8, 8}) == 2 * operations(bert, {8}));

  const auto electra = counted<weft::electra_small>(R"({"model_type": "electra"})");
  CHECK(electra.weights == 128 * 256 + 12 * (4 * 256 * 256 + 2 * 256 * 1024));
  CHECK(electra.attention_width == 256);
}

TEST_CASE("ConvBERT attends with half of its width, and convolves with the other") {
  const auto a = counted<weft::convbert_base>(R"({"model_type": "convbert"})");
  CHECK(a.attention_width == 384);
  CHECK(a.weights == 12 * (5 * 768 * 384 + 384 * 6 * 9 + 768 * 9 + 384 * 9 + 768 * 768 + 2 * 768 * 3072));
}

TEST_CASE("MobileBERT attends in its bottleneck") {
  const auto a = counted<weft::mobilebert>(R"({"model_type": "mobilebert"})");
  CHECK(a.attention_width == 128);
  const double bottlenecks = 2 * 512 * 128 + 128 * 512, attention = 2 * 128 * 128 + 512 * 128 + 128 * 128;
  CHECK(a.weights == 3 * 128 * 512 + 24 * (bottlenecks + attention + 4 * 2 * 128 * 512));
}

using all_of_bigbird =
    weft::bigbird_of<weft::bigbird_numbers{.attention_type = weft::bigbird_attention::original_full}>;

TEST_CASE("ModernBERT looks at all keys in every third layer, at those in the window in the others") {
  const auto a = counted<weft::modernbert_base>(R"({"model_type": "modernbert"})");
  CHECK(a.weights == 22 * (4 * 768 * 768 + 3 * 768 * 1152));
  REQUIRE(a.seen.size() == 2);
  CHECK(a.seen[0] == weft::bench::seen_keys{.layers = 8});
  CHECK(a.seen[1] == weft::bench::seen_keys{.layers = 14, .reach = 64});
  for (const weft::index_t length : {1, 2, 64, 65, 66, 200, 512}) {
    double seen = 0;
    for (weft::index_t query = 0; query < length; ++query)
      for (weft::index_t key = 0; key < length; ++key) seen += weft::window<64>{}.sees({length, 0, length}, query, key);
    CHECK(weft::bench::pairs(a.seen[1], length) == seen);
    CHECK(operations(a, {length}) == 2 * a.weights * static_cast<double>(length) +
                                         4 * 768 * (8 * static_cast<double>(length * length) + 14 * seen));
  }
}

TEST_CASE("only layers that attend are counted as attention") {
  const auto a = counted<weft::autobert_zero_base>(R"({"model_type": "autobert"})");
  REQUIRE(a.seen.size() == 1);
  CHECK(a.seen[0] == weft::bench::seen_keys{.layers = 6});
  CHECK(a.attention_width == 768);
  CHECK(weft::bench::attention_operations(a, 128) == 4.0 * 128 * 128 * 768 * 6);
  CHECK(counted<weft::fnet_base>(R"({"model_type": "fnet"})").seen.empty());
}

TEST_CASE("BigBird looks at some blocks of a long text") {
  const auto a = counted<weft::bigbird_base>(R"({"model_type": "big_bird"})");
  CHECK(weft::bench::pairs(a.seen.front(), 704) == 704 * 704);
  CHECK(weft::bench::pairs(a.seen.front(), 4096) == 64 * 64 * (2 * 64 + 2 * 7 + 60 * 8));
  const auto full = counted<all_of_bigbird>(R"({"model_type": "big_bird", "attention_type": "original_full"})");
  CHECK(weft::bench::pairs(full.seen.front(), 4096) == 4096.0 * 4096);
}

struct slim : weft::bert_base {
  static constexpr bool slimmable = true;
};

TEST_CASE("of a part of a model those heads, hidden columns and layers are counted that run") {
  const weft::sizes sizes{.layers = 12};
  const auto half = weft::active::of(0.5, 0.5, slim::shape, 12);
  const auto a = weft::bench::arithmetic_of<slim>(sizes, half);
  CHECK(a.weights == 6 * (4 * 768 * 384 + 2 * 768 * 1536));
  CHECK(a.attention_width == 384);
  REQUIRE(a.seen.size() == 1);
  CHECK(a.seen[0].layers == 6);
  CHECK(weft::bench::arithmetic_of<slim>(sizes, weft::active::of(1, 1, slim::shape, 12)) ==
        weft::bench::arithmetic_of<slim>(sizes));
  const auto thin = weft::bench::arithmetic_of<slim>(sizes, weft::active::of(0.25, 0.75, slim::shape, 12));
  CHECK(thin.weights == 9 * (4 * 768 * 192 + 2 * 768 * 768));
}

}  // namespace operations_test
