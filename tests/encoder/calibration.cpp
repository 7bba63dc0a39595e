// Ranges and shifts against what the models themselves show, and what is lost.
#include <weft/encoder/calibration.hpp>
#include <weft/encoder/observer.hpp>
#include <weft/model/roberta.hpp>
#include <weft/testing/random_weights.hpp>

#include "catch.hpp"

namespace calibration_test {

using weft::index_t;

struct small
    : weft::roberta_of<weft::roberta_numbers{.hidden_size = 32, .num_attention_heads = 2, .intermediate_size = 64}> {};
static_assert(weft::has_integer_twin<small>);

// The sums of squares of the rows that a norm gets.
struct squares {
  index_t tokens;
  std::map<std::string, std::vector<std::vector<std::int64_t>>> rows;
  void whole(index_t layer, std::string_view site, index_t row, index_t column, std::int64_t value) {
    if (site != "feed_sum" && site != "attention_sum") return;
    auto& all = rows[std::to_string(layer) + (site == "feed_sum" ? ".output" : ".attention.output")];
    all.resize(static_cast<std::size_t>(tokens), std::vector<std::int64_t>(32));
    all[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)] = value;
  }
};

TEST_CASE("calibration finds the extrema of every site, and the smallest shifts that 32 bits allow") {
  const weft::sizes sizes{.layers = 2, .vocabulary = 50, .positions = 40, .segments = 1, .first_position = 2};
  const auto weights = weft::testing::random_weights<weft::encoder<small>>(sizes, 1);
  weft::token_batch texts;
  weft::random_source random(2);
  for (const index_t length : {1, 17, 30}) {
    std::vector<std::int32_t> ids;
    for (index_t i = 0; i < length; ++i) ids.push_back(static_cast<std::int32_t>(2 + random.below(48)));
    texts.add(ids);
  }
  weft::calibration<small> found(weights.record, sizes);
  found.watch(texts);
  found.begin_shifts();
  found.watch_shifts(texts);
  const auto& buffers = found.buffers();
  CHECK(buffers.size() == 3 * (2 + 2 * 12) + 1 + 2 * 2);
  CHECK(found.tokens() == 48);
  CHECK(found.cosine() > 0.99);
  CHECK(found.relative_error() < 0.15);

  // What the float model shows between layers.
  weft::workspace work(
      std::max(found.floating().workspace_bytes(texts.size()), found.twin().workspace_bytes(texts.size())));
  weft::row_buffer<32> out(texts.tokens());
  found.floating().forward(
      texts, out, work, {}, weft::observe_hidden([&](index_t level, auto rows) {
        const auto site = level == 0 ? weft::unit_string("embeddings.output_activation")
                                     : "encoder.layer." + weft::decimal(level - 1) + ".output.output_activation";
        float low = 0, high = 0;
        for (index_t i = 0; i < rows.count; ++i)
          for (index_t c = 0; c < 32; ++c) low = std::min(low, rows.row(i)[c]), high = std::max(high, rows.row(i)[c]);
        CHECK(buffers.at(site + ".x_min") == Approx(low).epsilon(1e-5));
        CHECK(buffers.at(site + ".x_max") == Approx(high).epsilon(1e-5));
        CHECK(buffers.at(site + ".act_scaling_factor") == Approx(std::max(-low, high) / 127).epsilon(1e-5));
      }));

  squares seen{texts.tokens(), {}};
  found.twin().forward(texts, out, work, {}, seen);
  CHECK(seen.rows.size() == 4);
  for (const auto& [norm, rows] : seen.rows) {
    const auto shift = static_cast<int>(buffers.at(weft::unit_string("encoder.layer." + norm + ".LayerNorm.shift")));
    const auto most = [&, &all = rows](int by) {
      double largest = 0;
      for (const auto& row : all) {
        double sum = 0, squared = 0;
        for (const auto one : row) sum += static_cast<double>(one);
        const double mean = std::nearbyint(sum / 32);
        for (const auto one : row)
          squared += std::pow(std::floor((static_cast<double>(one) - mean) / std::ldexp(1.0, by)), 2);
        largest = std::max(largest, squared);
      }
      return largest;
    };
    INFO(norm << ": " << shift);
    CHECK(most(shift) < 4294967296.0);
    CHECK(shift > 0);
    CHECK(most(shift - 1) >= 4294967296.0);
  }
}

}  // namespace calibration_test
