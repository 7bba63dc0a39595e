// Losses against what PyTorch computes in double, and transfer's against published values.
#include <weft/train/embedding_losses.hpp>
#include <weft/train/loss.hpp>
#include <weft/train/soft_labels.hpp>
#include <weft/train/span_loss.hpp>
#include <weft/train/transfer_loss.hpp>

#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "rule_weights.hpp"
#include "train/recorded_losses.hpp"

namespace weft_train_losses {
namespace {
using namespace weft;
using weft_test::recorded_loss;

std::vector<float> by_rule(std::string_view name, std::uint32_t count, double scale) {
  std::vector<float> values;
  for (std::uint32_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>(double{weft_test::rule_value(name, i)} * scale));
  return values;
}
const std::vector<float> drawn = by_rule("logits", 20, 10);
const std::vector<std::int32_t> labels{2, ignored_label, 0, 4};

void compare(const recorded_loss& wanted, double loss, const std::vector<float>& d) {
  CHECK(loss == Approx(wanted.loss).epsilon(2e-6));
  double largest = 0;
  for (const double g : wanted.gradient) largest = std::max(largest, std::abs(g));
  REQUIRE(d.size() == wanted.gradient.size());
  for (std::size_t i = 0; i < d.size(); ++i) CHECK(double{d[i]} == Approx(wanted.gradient[i]).margin(2e-6 * largest));
}
// Whole, and in two pieces with the same bits.
void check(const recorded_loss& wanted, auto make, const std::vector<float>& z, index_t width, index_t cut) {
  const auto count = static_cast<index_t>(z.size()) / width;
  std::vector<float> whole(z.size(), 7.0f), pieces(z.size(), 7.0f);
  const auto rows = [&](const std::vector<float>& of, index_t first, index_t last) {
    return matrix<const float>(of.data() + first * width, last - first, width);
  };
  const auto changes = [&](std::vector<float>& of, index_t first, index_t last) {
    return matrix<float>(of.data() + first * width, last - first, width);
  };
  auto loss = make(), again = make();
  loss(rows(z, 0, count), changes(whole, 0, count), 0);
  compare(wanted, loss.loss(), whole);
  again(rows(z, 0, cut), changes(pieces, 0, cut), 0);
  again(rows(z, cut, count), changes(pieces, cut, count), cut);
  CHECK(pieces == whole);
  CHECK(again.loss() == Approx(loss.loss()).epsilon(1e-15));
}

TEST_CASE("losses and their gradients are those of PyTorch") {
  const auto& targets = weft_test::recorded_targets;
  const std::vector<float> weights{0.5f, 1, 2, 4, 0.25f};
  check(
      weft_test::plain_cross_entropy, [&] { return cross_entropy(labels); }, drawn, 5, 1);
  check(
      weft_test::weighted_cross_entropy, [&] { return cross_entropy(labels, 0, weights); }, drawn, 5, 3);
  check(
      weft_test::smoothed_cross_entropy, [&] { return cross_entropy(labels, 0.1, weights); }, drawn, 5, 2);
  check(
      weft_test::squared_error, [&] { return mean_squared_error(targets); }, drawn, 5, 1);
  check(
      weft_test::squared_error_of_sigmoids, [&] { return mean_squared_error(targets, outputs_are::logits); }, drawn, 5,
      1);
  check(
      weft_test::binary_of_logits, [&] { return binary_cross_entropy(targets); }, drawn, 5, 2);
  check(
      weft_test::binary_of_probabilities, [&] { return binary_cross_entropy(targets, outputs_are::values); },
      weft_test::recorded_probabilities, 5, 2);
  const auto teacher = by_rule("teacher", 20, 10);
  check(
      weft_test::soft_labels, [&] { return soft_cross_entropy(teacher, 2); }, drawn, 5, 3);
  const std::vector<std::int32_t> spans{1, 3, 0, 2, 9, 1};
  const std::vector<index_t> offsets{0, 5, 8, 12};
  check(
      weft_test::span, [&] { return span_cross_entropy(spans, offsets); }, by_rule("spans", 24, 10), 2, 8);
}

TEST_CASE("a span counts as right where both of its ends are") {
  const std::vector<std::int32_t> spans{0, 1, 1, 1};
  const std::vector<index_t> offsets{0, 2, 4};
  const std::vector<float> z{3, 0, 1, 2, 5, 1, 2, 3};
  std::vector<float> d(z.size());
  span_cross_entropy loss(spans, offsets);
  loss(matrix<const float>(z.data(), 4, 2), matrix<float>(d.data(), 4, 2), 0);
  CHECK(loss.counted() == 2);
  CHECK(loss.right() == 1);
}

TEST_CASE("losses of pairs of vectors are those of PyTorch") {
  const auto vectors = by_rule("pairs", 40, 10);
  std::vector<float> d(40);
  const double ranked =
      in_batch_negatives(matrix<const float>(vectors.data(), 10, 4), 4, matrix<float>(d.data(), 10, 4));
  compare(weft_test::in_batch_negatives_of_pairs, ranked, d);
  const std::vector<float> alike{0.1f, 0.9f, 0.5f, 0.5f};
  std::fill(d.begin(), d.end(), 0.0f);
  const double ordered = cosent(matrix<const float>(vectors.data(), 8, 4), alike, matrix<float>(d.data(), 8, 4));
  compare(weft_test::cosent_of_pairs, ordered, d);
}

TEST_CASE("what is transferred has the published values") {
  const auto compared = [](auto loss, const char* teacher, const char* student, double scale, index_t width) {
    const auto count = width == 8 ? 48u : 36u;
    const auto t = by_rule(teacher, count, scale), s = by_rule(student, count, scale);
    const auto rows = static_cast<index_t>(count) / width;
    std::vector<float> d(count);
    const double value = loss(matrix<const float>(t.data(), rows, width), matrix<const float>(s.data(), rows, width),
                              matrix<float>(d.data(), rows, width), 1.0);
    double length = 0;
    for (const float g : d) length += double{g} * double{g};
    return std::array{value, std::sqrt(length), double{d[0]}, double{d[1]}, double{d[2]}};
  };
  const auto call = [](auto f) { return [f](auto... rest) { return f(rest...); }; };
  const auto check = [](const std::array<double, 5>& found, const std::array<double, 5>& wanted) {
    for (std::size_t i = 0; i < 5; ++i) CHECK(found[i] == Approx(wanted[i]).epsilon(1e-5));
  };
  check(compared(call(feature_map_transfer), "kt.teacher", "kt.student", 1, 8),
        {1.84620287, 2.87880213, -0.095749523, -0.312295875, -0.0731686969});
  check(compared(call(attention_transfer), "kt.teacher_att", "kt.student_att", 10, 3),
        {1.45385107, 0.169562129, -0.0371129773, -0.0219914614, 0.0591044387});
  CHECK(compared(call(mean_transfer), "kt.teacher", "kt.student", 1, 8)[0] == Approx(0.00613652247).epsilon(1e-5));
  CHECK(compared(call(variance_transfer), "kt.teacher", "kt.student", 1, 8)[0] == Approx(0.00600248184).epsilon(1e-5));
}

}  // namespace
}  // namespace weft_train_losses
