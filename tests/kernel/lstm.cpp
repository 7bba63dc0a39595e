// One step of a long short-term memory, and rows weighted by a softmax, against their formulas.
#include <cmath>
#include <vector>
#include <weft/kernel/lstm.hpp>
#include <weft/kernel/pooling.hpp>

#include "catch.hpp"

namespace lstm_test {
namespace {
using weft::index_t;
using arch = weft::simd::native;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
std::vector<float> drawn(index_t n, std::uint32_t seed) {
  std::vector<float> values(static_cast<std::size_t>(n));
  std::uint32_t state = seed * 2654435761u + 1;
  for (auto& v : values) {
    state ^= state << 13, state ^= state >> 17, state ^= state << 5;
    v = static_cast<float>(static_cast<double>(state % 20001) / 2500 - 4);
  }
  return values;
}
}  // namespace

TEST_CASE("a step of a long short-term memory") {
  for (const index_t units : {1, 3, 8, 16, 21, 64}) {
    const auto a = drawn(4 * units, 1), b = drawn(4 * units, 2), before = drawn(units, 3);
    auto cell = before;
    std::vector<float> state(static_cast<std::size_t>(units)), y(state.size() + 1, 7.0f);
    weft::lstm_row<arch>(a.data(), b.data(), units, cell.data(), state.data(), y.data());
    double worst = 0;
    for (std::size_t u = 0; u < state.size(); ++u) {
      const auto gate = [&](std::size_t which) {
        const auto at = which * static_cast<std::size_t>(units) + u;
        return double{a[at]} + double{b[at]};
      };
      const double after = sigmoid(gate(1)) * before[u] + sigmoid(gate(0)) * std::tanh(gate(2));
      const double shown = sigmoid(gate(3)) * std::tanh(after);
      worst = std::max({worst, std::abs(after - cell[u]), std::abs(shown - state[u]), std::abs(shown - y[u])});
    }
    CAPTURE(units, worst);
    CHECK(worst < 2e-6);
    CHECK(y.back() == 7.0f);
  }
}

TEST_CASE("gates that are far out stay finite") {
  const float wide[] = {1e30f, -1e30f, 1e30f, 1e30f}, none[4] = {};
  float cell = 2, state = 0, y = 0;
  weft::lstm_row<arch>(wide, none, 1, &cell, &state, &y);  // writes all, forgets all
  CHECK(std::abs(cell - 1) < 1e-6f);
  CHECK(std::abs(y - static_cast<float>(std::tanh(1.0))) < 1e-6f);
}

TEST_CASE("rows weighted by the softmax of their scores") {
  for (const index_t width : {1, 9, 32})
    for (const index_t count : {1, 2, 5, 19}) {
      const auto rows = drawn(count * width, 4);
      auto scores = drawn(count, 5);
      double sum = 0;
      std::vector<double> wanted(static_cast<std::size_t>(width));
      for (index_t i = 0; i < count; ++i) {
        const double weight = std::exp(double{scores[static_cast<std::size_t>(i)]});
        sum += weight;
        for (index_t c = 0; c < width; ++c)
          wanted[static_cast<std::size_t>(c)] += weight * rows[static_cast<std::size_t>(i * width + c)];
      }
      std::vector<float> y(static_cast<std::size_t>(width));
      weft::weighted_by_softmax<arch>(rows.data(), width, count, scores.data(), width, y.data());
      for (std::size_t c = 0; c < y.size(); ++c) CHECK(std::abs(wanted[c] / sum - y[c]) < 4e-6);
    }
  float y[3] = {1, 1, 1};
  weft::weighted_by_softmax<arch>(nullptr, 3, 0, nullptr, 3, y);
  CHECK((y[0] == 0.0f && y[1] == 0.0f && y[2] == 0.0f));
}
}  // namespace lstm_test
