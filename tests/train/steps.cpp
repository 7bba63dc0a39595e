// Losses, schedules and optimisers against published values.
#include <weft/train/loss.hpp>
#include <weft/train/optimiser.hpp>
#include <weft/train/schedule.hpp>

#include <array>
#include <cmath>
#include <cstring>
#include <vector>
#include <weft/testing/mixer_laws.hpp>

#include "catch.hpp"

namespace weft_train_steps {
namespace {
using namespace weft;

unit_vector<tensor_place> three_values() { return {{"a.weight", 0, 3, {3}}}; }

std::vector<float> three_steps(const adam_options& how) {
  std::vector<float> w{1, -2, 0.5f};
  adam<> optimiser(three_values(), 3, how);
  for (float k = 1; k < 4; ++k) {
    const std::vector<float> g{0.1f * k, -0.2f * k, 0.3f * k};
    optimiser.step(w, g, 0.01, 1);
  }
  return w;
}

TEST_CASE("Adams and LAMB compute the published values") {
  const auto check = [](const std::vector<float>& found, const std::array<double, 3>& wanted) {
    for (std::size_t i = 0; i < 3; ++i) CHECK(found[i] == Approx(wanted[i]).epsilon(1e-6));
  };
  check(three_steps(adam_options::weight_decay()), {0.879667872019, -1.87935800154, 0.379804655899});
  check(three_steps({.epsilon = 1e-6}), {0.970471367923, -1.97017129525, 0.47062121603});
  check(three_steps(adam_options::lamb()), {0.960681937714, -1.96057747538, 0.46072764984});
}

TEST_CASE("biases and norms do not decay") {
  CHECK(decays("bert.encoder.layer.0.output.dense.weight"));
  CHECK(decays("bert.embeddings.word_embeddings.weight"));
  CHECK(!decays("bert.encoder.layer.0.output.dense.bias"));
  CHECK(!decays("bert.encoder.layer.0.output.LayerNorm.weight"));
}

TEST_CASE("neither Adam nor a length depends on the number of workers") {
  const unit_vector<tensor_place> places{{"a.weight", 0, 20001, {20001}}, {"a.bias", 20016, 77, {77}}};
  const index_t floats = 20096;
  std::vector<float> g(array_size(floats));
  testing::random_source random(1);
  for (auto& v : g) v = static_cast<float>(random.normal());
  std::vector<float> first;
  double length = 0;
  for (const index_t workers : {1, 2, 5}) {
    testing::scrambled_pool pool(workers);
    std::vector<float> w(g.rbegin(), g.rend());
    std::vector<double> partial(3);
    adam<> optimiser(places, floats, {});
    const double found = length_of(g, partial, pool);
    for (int k = 0; k < 3; ++k) optimiser.step(w, g, 0.01, 1 / found, pool);
    if (first.empty()) first = w, length = found;
    CHECK(w == first);
    CHECK(std::memcmp(&found, &length, sizeof found) == 0);
  }
  double sum = 0;
  for (const float v : g) sum += double{v} * double{v};
  CHECK(length == Approx(std::sqrt(sum)).epsilon(1e-12));
}

TEST_CASE("LAMB does not depend on the number of workers, leaves biases to Adam and what is frozen alone") {
  const unit_vector<tensor_place> places{
      {"a.weight", 0, 20001, {20001}}, {"a.bias", 20016, 77, {77}}, {"b.weight", 20096, 16, {16}}};
  std::vector<float> g(20112);
  testing::random_source random(1);
  for (auto& v : g) v = static_cast<float>(random.normal());
  const auto after = [&](const adam_options& how, index_t workers) {
    testing::scrambled_pool pool(workers);
    std::vector<float> w(g.rbegin(), g.rend());
    adam<> optimiser(places, 20112, how, unit_vector<unit_string>{"b."});
    for (int k = 0; k < 3; ++k) optimiser.step(w, g, 0.01, 1, pool);
    return w;
  };
  const auto lamb = after(adam_options::lamb(), 1), adam = after(adam_options::weight_decay(), 1);
  for (const index_t workers : {2, 5}) CHECK(after(adam_options::lamb(), workers) == lamb);
  CHECK(std::equal(lamb.begin() + 20016, lamb.end(), adam.begin() + 20016));
  CHECK(!std::equal(lamb.begin(), lamb.begin() + 20001, adam.begin()));
  CHECK(std::equal(lamb.begin() + 20096, lamb.end(), g.rbegin() + 20096));
}

TEST_CASE("schedules have the published values") {
  const auto at = [](schedule_kind kind, index_t s) { return schedule{kind, 100, 10}.factor(s); };
  using enum schedule_kind;
  CHECK(at(bert, 5) == Approx(.5));
  CHECK(at(electra, 5) == Approx(.475));
  CHECK(at(linear, 5) == Approx(.5));
  CHECK(at(bert, 10) == Approx(.9));
  CHECK(at(electra, 10) == Approx(.9));
  CHECK(at(linear, 10) == Approx(1));
  CHECK(at(bert, 50) == Approx(.5));
  CHECK(at(electra, 50) == Approx(.5));
  CHECK(at(linear, 50) == Approx(.555556).epsilon(1e-6));
  for (const auto kind : {bert, electra, linear, constant, cosine}) CHECK(std::abs(at(kind, 0)) < 1e-15);
  CHECK(at(cosine, 55) == Approx(.5));
  CHECK(at(constant, 90) == Approx(1));
  CHECK(schedule{linear, 10, 10}.factor(10) == Approx(0));
}

// The largest distance of a loss's gradient from its differences.
double worst_of(auto make, std::vector<float> z, index_t width) {
  const auto count = static_cast<index_t>(z.size()) / width;
  std::vector<float> d(z.size()), unused(z.size());
  const auto value = [&](std::vector<float>& to) {
    auto loss = make();
    loss(matrix<const float>(z.data(), count, width), matrix<float>(to.data(), count, width), 0);
    return loss.loss();
  };
  value(d);
  double worst = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const float keep = z[i], up = keep + 0x1p-8f, down = keep - 0x1p-8f;
    z[i] = up;
    const double high = value(unused);
    z[i] = down;
    const double low = value(unused);
    z[i] = keep;
    worst = std::max(worst, std::abs(double{d[i]} - (high - low) / (double{up} - double{down})));
  }
  return worst;
}

TEST_CASE("losses know their gradients") {
  const std::vector<float> z{1, -2, 0.5f, 3, 0, -1, 0.25f, 0.125f, 2, -3, 1, 1};
  const std::vector<std::int32_t> labels{2, ignored_label, 0, 1};
  const std::vector<float> targets{0, 1, 0.5f, 1, -1, -1, 0.25f, 0.75f, 0, 1, 1, 0};
  CHECK(worst_of([&] { return cross_entropy(labels); }, z, 3) < 1e-5);
  CHECK(worst_of([&] { return cross_entropy(labels, 0.1); }, z, 3) < 1e-5);
  CHECK(worst_of([&] { return mean_squared_error(targets); }, z, 3) < 1e-5);
  CHECK(worst_of([&] { return binary_cross_entropy(targets); }, z, 3) < 1e-5);
}

TEST_CASE("cross-entropy counts rows that have a label, and those that are right") {
  const std::vector<float> z{1, 2, 2, 1, 5, 5};
  std::vector<float> d(6, 7.0f);
  const std::vector<std::int32_t> labels{1, -1, 0};
  cross_entropy counted(labels);
  counted(matrix<const float>(z.data(), 3, 2), matrix<float>(d.data(), 3, 2), 0);
  CHECK(counted.loss() == Approx((std::log1p(std::exp(-1.0)) + std::log(2.0)) / 2));
  CHECK(counted.right() == 2);
  CHECK(counted.counted() == 2);
  CHECK(std::abs(d[2]) + std::abs(d[3]) < 1e-30f);
  const std::vector<std::int32_t> none(3, ignored_label);
  cross_entropy nothing(none);
  nothing(matrix<const float>(z.data(), 3, 2), matrix<float>(d.data(), 3, 2), 0);
  CHECK(std::abs(nothing.loss()) < 1e-30);
  CHECK(std::abs(d[0]) < 1e-30f);
}

}  // namespace
}  // namespace weft_train_steps
