#include <weft/numeric/keep_float32.hpp>

#include <vector>
#include <weft/numeric/bfloat16.hpp>
#include <weft/numeric/int8.hpp>
#include <weft/testing/numeric_laws.hpp>

#include "catch.hpp"

namespace keep_float32_test {
namespace {
using weft::index_t;
using weft::detail::has_steps;
constexpr std::string_view query = "encoder.layer.3.attention.self.query";

static_assert(has_steps(query, "query") && has_steps(query, "attention") && has_steps(query, "attention.self"));
static_assert(has_steps(query, "layer.3.attention") && has_steps(query, "*") && has_steps(query, "layer.*.attention"));
static_assert(has_steps(query, query) && has_steps("query", "query"));
static_assert(!has_steps(query, "quer") && !has_steps(query, "uery") && !has_steps(query, "layer.2"));
static_assert(!has_steps(query, "attention.query") && !has_steps(query, "query.weight") && !has_steps(query, ""));
static_assert(!has_steps(query, "layer.*.self") && !has_steps(query, ".") && !has_steps(query, "query."));
static_assert(has_steps("encoder.layer.*.output", "layer.11.output") && !has_steps("encoder.layer.*", "layer.x"));

// y of a linear that stands in a record under this name, computed with so many workers.
template <class Numeric>
std::vector<float> output(std::string_view name, index_t n, index_t workers, bool own = true) {
  constexpr index_t in = 70, out = 35;
  using form = weft::prepared<Numeric, weft::simd::native>;
  const auto value = [](index_t i) { return static_cast<float>(i * 31 % 1009) / 500 - 1; };
  std::vector<float> x(static_cast<std::size_t>(in * n)), bias(out);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = value(static_cast<index_t>(i));
  for (std::size_t i = 0; i < bias.size(); ++i) bias[i] = value(static_cast<index_t>(i * 7));
  weft::arena store;
  typename form::template linear<in, out, true> linear;
  const weft::standing_in here(store, name);
  linear.pack([&](index_t o, index_t i) { return value(o * 11 + i * 5); }, bias.data(), out, store);
  const std::vector<std::int32_t> ids(static_cast<std::size_t>(n));
  const std::vector<index_t> offsets{0, n};
  const weft::batch batch{ids, {}, offsets};
  weft::workspace work(workers * weft::own_bytes<form>() + 64);
  weft::testing::scrambled_pool pool(workers);
  weft::frame kept(batch.size(), work);
  weft::context ctx{batch, work, pool};
  if (own) ctx.own = weft::take_own<form>(kept, workers);
  weft::row_buffer<out> y(n);
  linear(weft::rows<const float, in>(x.data(), n), weft::rows<float, out>(y), ctx, weft::relu{});
  return {y.data(), y.data() + n * out};
}

template <class Numeric>
void keeps_what_is_named() {
  using some = weft::keep_float32<Numeric, "query", "attention.output", "layer.0.output">;
  for (const index_t n : {1, 3, 70})
    for (const index_t workers : {1, 3}) {
      const auto exact = output<weft::float32>("any", n, workers), coded = output<Numeric>("any", n, workers);
      REQUIRE(exact != coded);
      for (const auto* name :
           {"encoder.layer.3.attention.self.query", "attention.output.dense", "layer.0.output.dense"})
        CHECK(output<some>(name, n, workers) == exact);
      for (const auto* name :
           {"encoder.layer.3.attention.self.key", "layer.1.output.dense", "layer.0.intermediate", ""})
        CHECK(output<some>(name, n, workers) == coded);
      CHECK(output<some>("a.query", n, workers, false) == exact);
      CHECK(output<some>("a.key", n, workers, false) == coded);
    }
}
}  // namespace

TEST_CASE("a linear that is named has the bits of float32's, any other those of its numeric policy") {
  keeps_what_is_named<weft::int8<>>();
  keeps_what_is_named<weft::int8<7>>();
  keeps_what_is_named<weft::bfloat16>();
}

TEST_CASE("a numeric policy of which some is kept obeys the laws") {
  using some = weft::keep_float32<weft::int8<>, "query">;
  CHECK(weft::testing::broken_numeric_law<some>(0.02).empty());
}

TEST_CASE("an arena knows where in a record it stands") {
  weft::arena store;
  CHECK(store.place_name().empty());
  {
    const weft::standing_in layer(store, "encoder.layer", 2);
    const weft::standing_in none(store, "");
    {
      const weft::standing_in one(store, "5"), self(store, "attention.self.query");
      CHECK(store.place_name() == "encoder.layer.5.attention.self.query");
    }
    const weft::standing_in top(store, "/cls.dense");
    CHECK(store.place_name() == "cls.dense");
  }
  const weft::standing_in head(store, "head"), top(store, "/cls"), dense(store, "dense");
  CHECK(store.place_name() == "head.cls.dense");
}

}  // namespace keep_float32_test
