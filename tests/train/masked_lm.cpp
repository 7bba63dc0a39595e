// Masked language models, whose decoder is the table of words, and layers that share their weights.
#include <weft/model/bert.hpp>
#include <weft/model/electra.hpp>
#include <weft/testing/gradient_laws.hpp>

#include "catch.hpp"
#include "testing/counted_allocations.hpp"

namespace weft_train_masked_lm {
namespace {
using namespace weft;

struct small : bert_base {
  static constexpr model_shape shape{.width = 24, .heads = 3, .hidden = 40};
};
struct narrow : small {
  using embedding = factorised<12>;
};

template <class Spec, class Head>
void check(testing::gradient_trial trial = {}) {
  trial.lengths = {7, 1, 0, 12};
  trial.allocations = allocations_so_far;
  double worst = 0;
  CHECK(testing::broken_gradient_law<Spec, Head>(trial, &worst) == "");
  CAPTURE(worst);
  CHECK(worst < 1e-4);
}

TEST_CASE("a table of words learns as a table and as a decoder") {
  check<small, masked_lm<>>();
  check<narrow, generator_lm>();
}

TEST_CASE("layers that share their weights learn together") {
  testing::gradient_trial trial;
  trial.model.layers = 3, trial.model.groups = 2;
  check<narrow, factorised_lm<>>(trial);
}

using tiny_model = learning_model<narrow, generator_lm>;
constexpr sizes limits{.layers = 1, .vocabulary = 17, .positions = 16};

TEST_CASE("tied tensors are one, which is stored once") {
  const auto drawn = testing::random_weights<model<narrow, generator_lm>>(limits, 1);
  const tiny_model tied(drawn.record, limits), apart(drawn.record, limits, {}, false);
  const auto count = [](const tiny_model& m, std::string_view name) {
    const auto& places = m.learnt().places();
    return std::count_if(places.begin(), places.end(), [&](const auto& p) { return p.name == name; });
  };
  CHECK(count(tied, "bert.embeddings.word_embeddings.weight") == 1);
  CHECK(count(tied, "generator_lm_head.weight") == 0);
  CHECK(count(apart, "generator_lm_head.weight") == 1);
  CHECK(std::get<0>(tied.stored().tops).decoder.weight.data == tied.stored().body.embed.narrow.word.data);
  CHECK(tied.stored().body.embed.narrow.word[5] == drawn.record.body.embed.narrow.word[5]);
  CHECK(std::get<0>(apart.stored().tops).decoder.weight[5] == std::get<0>(drawn.record.tops).decoder.weight[5]);
}

TEST_CASE("a head that reads the tokens with labels gives the gradients of one that reads all") {
  const auto drawn = testing::random_weights<model<narrow, generator_lm>>(limits, 1);
  tiny_model learner(drawn.record, limits);
  token_batch tokens;
  tokens.add(std::array{3, 1, 4, 1, 5, 9, 2}), tokens.add(std::array{6, 5, 3, 5});
  const batch in = tokens.view();
  const std::vector<index_t> chosen{1, 6, 8};
  const std::vector<std::int32_t> labels{7, 11, 3};
  std::vector<std::int32_t> all(11, ignored_label);
  for (std::size_t i = 0; i < 3; ++i) all[static_cast<std::size_t>(chosen[i])] = labels[i];
  const auto gradients_with = [&](list<const std::int32_t> wanted, tiny_model::choice which) {
    workspace work(learner.workspace_bytes(in.size(), 1, which ? which->size() : -1));
    cross_entropy loss(wanted);
    learner.clear_gradients();
    learner.pass(
        in, [&](matrix<const float> out, matrix<float> d) { loss(out, d, 0); }, work, {}, {}, -1, which);
    learner.gather_gradients();
    const auto values = learner.gradients().values();
    return std::pair(loss.loss(), std::vector<float>(values.begin(), values.end()));
  };
  const auto [whole_loss, whole] = gradients_with(all, {});
  const auto [some_loss, some] = gradients_with(labels, list<const index_t>(chosen));
  CHECK(some_loss == Approx(whole_loss).epsilon(1e-12));
  double largest = 0, off = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    largest = std::max(largest, std::abs(double{whole[i]}));
    off = std::max(off, std::abs(double{whole[i]} - double{some[i]}));
  }
  CHECK(largest > 0.01);
  CHECK(off < 1e-6 * largest);
  const std::vector<index_t> wrong{6, 1};
  workspace work(learner.workspace_bytes(in.size()));
  CHECK_THROWS_WITH(learner.forward(
                        in, [](matrix<const float>) {}, work, {}, list<const index_t>(wrong)),
                    mentions("each larger than the one before"));
}

}  // namespace
}  // namespace weft_train_masked_lm
