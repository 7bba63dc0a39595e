// What a linear learns, against plain loops in double precision.
#include <weft/train/linear.hpp>

#include <algorithm>
#include <cmath>
#include <vector>
#include <weft/testing/mixer_laws.hpp>

#include "catch.hpp"

namespace weft_train_linear {
namespace {
using namespace weft;

constexpr index_t In = 37, Out = 21;
using stored_part = stored_linear<raw, In, Out, true>;
using gradient_part = stored_linear<gradient, In, Out, true>;

struct numbers {
  std::vector<float> weight, x, dy;
  index_t n;
  explicit numbers(index_t count) : n(count) {
    testing::random_source random(7);
    const auto draw = [&](std::vector<float>& to, index_t size) {
      to.resize(static_cast<std::size_t>(size));
      for (auto& v : to) v = static_cast<float>(random.normal());
    };
    draw(weight, In * Out), draw(x, n * In), draw(dy, n * Out);
  }
};

struct learnt {
  std::vector<float> weight = std::vector<float>(In * Out, 0.5f), bias = std::vector<float>(Out, -0.25f), dx;
};

// Rows [first, last) into gradients that are there.
void back(const numbers& of, learnt& to, index_t first, index_t last, executor run, passed_on how, bool exact = true) {
  std::vector<std::int32_t> ids(static_cast<std::size_t>(last - first));
  const std::vector<index_t> offsets{0, last - first};
  const batch in{ids, {}, offsets};
  const auto bytes = linear_backward_bytes<simd::native>(Out, in.size(), run.workers());
  workspace work(bytes);
  const context ctx{in, work, run};
  stored_part stored{};
  stored.weight.data = of.weight.data();
  gradient_part gradients{};
  gradients.weight.data = to.weight.data(), gradients.bias.data = to.bias.data();
  linear_backward<simd::native>(stored, gradients, rows<const float, In>(of.x.data() + first * In, last - first),
                                rows<const float, Out>(of.dy.data() + first * Out, last - first),
                                rows<float, In>(to.dx.data() + first * In, last - first), how, ctx);
  if (exact) CHECK(work.peak() == bytes);
}

TEST_CASE("a linear's gradients are those of plain loops") {
  for (const index_t n : {1, 2, 5, 16, 67}) {
    const numbers of(n);
    learnt found;
    found.dx.assign(static_cast<std::size_t>(n * In), 2.0f);
    back(of, found, 0, n, {}, passed_on::added);
    double worst = 0;
    const auto see = [&](float value, double wanted) { worst = std::max(worst, std::abs(double{value} - wanted)); };
    const auto at = [](const std::vector<float>& v, index_t i) { return double{v[static_cast<std::size_t>(i)]}; };
    for (index_t o = 0; o < Out; ++o) {
      double bias = -0.25;
      for (index_t t = 0; t < n; ++t) bias += at(of.dy, t * Out + o);
      see(found.bias[static_cast<std::size_t>(o)], bias);
      for (index_t i = 0; i < In; ++i) {
        double sum = 0.5;
        for (index_t t = 0; t < n; ++t) sum += at(of.dy, t * Out + o) * at(of.x, t * In + i);
        see(found.weight[static_cast<std::size_t>(o * In + i)], sum);
      }
    }
    for (index_t t = 0; t < n; ++t)
      for (index_t i = 0; i < In; ++i) {
        double sum = 2;
        for (index_t o = 0; o < Out; ++o) sum += at(of.dy, t * Out + o) * at(of.weight, o * In + i);
        see(found.dx[static_cast<std::size_t>(t * In + i)], sum);
      }
    CHECK(worst < 2e-5);
  }
}

TEST_CASE("neither workers nor a cut of the rows changes a bit of what a linear learns") {
  const index_t n = 67;
  const numbers of(n);
  learnt first;
  first.dx.resize(static_cast<std::size_t>(n * In));
  back(of, first, 0, n, {}, passed_on::written);
  const auto same = [&](const learnt& other) {
    return other.weight == first.weight && other.bias == first.bias && other.dx == first.dx;
  };
  for (const index_t workers : {1, 2, 5}) {
    testing::scrambled_pool pool(workers);
    learnt other;
    other.dx.resize(first.dx.size());
    back(of, other, 0, n, pool, passed_on::written);
    CHECK(same(other));
  }
  for (const index_t step : {1, 7, 50}) {
    learnt other;
    other.dx.resize(first.dx.size());
    for (index_t row = 0; row < n; row += step) back(of, other, row, std::min(n, row + step), {}, passed_on::written);
    CHECK(same(other));
  }
}

}  // namespace
}  // namespace weft_train_linear
