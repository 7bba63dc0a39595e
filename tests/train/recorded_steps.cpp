// Twenty steps with the losses that PyTorch and transformers have, of a masked language model, and of ELECTRA's
// generator and discriminator, which learn jointly; and their bits for any workers and pieces.
#include <cmath>
#include <vector>
#include <weft/model/electra.hpp>
#include <weft/testing/mixer_laws.hpp>
#include <weft/train/all.hpp>
#include <weft/train/joint_trainer.hpp>

#include "catch.hpp"
#include "rule_weights.hpp"
#include "train/recorded_steps.hpp"

namespace weft_train_recorded_steps {
namespace {
using namespace weft;

struct small_bert : bert_base {
  static constexpr model_shape shape{.width = 24, .heads = 3, .hidden = 40};
};
struct small_electra : electra_small {
  static constexpr model_shape shape = small_bert::shape;
  using embedding = factorised<12>;
};
struct small_generator : electra_small {
  static constexpr model_shape shape{.width = 16, .heads = 2, .hidden = 20};
  using embedding = factorised<12>;
};
const sizes small_sizes{.layers = 2, .vocabulary = 97, .positions = 64, .segments = 2, .labels = 2};
constexpr std::int32_t mask = 4, lengths[] = {9, 6, 8, 5};
constexpr index_t steps = 20;

// As scripts/record_training_steps.py makes them.
struct recorded_batch {
  token_batch original, masked;
  std::vector<std::int32_t> labels;  // of the masked tokens
  std::vector<index_t> places;
  explicit recorded_batch(std::int32_t step) {
    for (std::int32_t b = 0; b < 4; ++b) {
      std::vector<std::int32_t> ids, shown, segments;
      for (std::int32_t t = 0; t < lengths[b]; ++t) {
        ids.push_back((13 * t + 29 * b + 7 * t * t + 31 * step) % 92 + 5), shown.push_back(ids.back());
        segments.push_back(t >= 5);
        if (t % 3 != 1) continue;
        places.push_back(original.tokens() + t), labels.push_back((5 * ids.back() + 1) % 97), shown.back() = mask;
      }
      original.add(ids, segments), masked.add(shown, segments);
    }
  }
};
struct recorded_slots {
  std::vector<index_t> tokens;
  std::vector<std::int32_t> shown;
  std::vector<double> draws;
  recorded_slots(const batch& in, std::int32_t step) {
    for (std::int32_t b = 0; b < 4; ++b)
      for (std::int32_t t = 0; t < lengths[b]; ++t) {
        const std::int32_t first = 1 + (step + b) % 3;
        if (t != 1 && t >= lengths[b] - 1) continue;
        if (t == first || t == 4) tokens.push_back(in.first(b) + t);
      }
    for (std::int32_t k = 0; k < static_cast<std::int32_t>(tokens.size()); ++k) {
      shown.push_back((k + step) % 7 != 0 ? mask : in.ids[tokens[static_cast<std::size_t>(k)]]);
      draws.push_back(((37 * k + 11 * step) % 101 + 0.5) / 101);
    }
  }
  masked_slots view() const { return {tokens, shown, draws}; }
};

training_recipe recipe(index_t piece) {
  return {.rate = 2e-3,
          .rates = {schedule_kind::linear, steps, 4},
          .adam = {.epsilon = 1e-6},
          .padding = 0,
          .piece = piece};
}
template <class Model>
typename Model::template params<raw> by_rule(arena& store) {
  typename Model::template params<raw> record{};
  weft_test::fill_by_rule(record, small_sizes, store, Model::starting_name());
  return record;
}

model<small_bert, masked_lm<>>::params<raw> masked_lm_by_rule(arena& store) {
  auto record = by_rule<model<small_bert, masked_lm<>>>(store);
  auto& bias = std::get<0>(record.tops).decoder.bias;  // which transformers has under another name
  const auto values = store.take<float>(bias.size());
  for (index_t i = 0; i < values.size(); ++i)
    values[i] = weft_test::rule_value("cls.predictions.bias", static_cast<std::uint32_t>(i));
  bias.data = values.data();
  return record;
}

TEST_CASE("twenty steps of a masked language model have the recorded losses") {
  for (const bool chosen : {false, true}) {
    arena store;
    trainer<small_bert, masked_lm<>> learner(masked_lm_by_rule(store), small_sizes, recipe(15));
    for (index_t s = 0; s < steps; ++s) {
      const recorded_batch of(static_cast<std::int32_t>(s));
      std::vector<std::int32_t> everywhere(static_cast<std::size_t>(of.original.tokens()), ignored_label);
      for (std::size_t i = 0; i < of.places.size(); ++i)
        everywhere[static_cast<std::size_t>(of.places[i])] = of.labels[i];
      cross_entropy loss(chosen ? list<const std::int32_t>(of.labels) : list<const std::int32_t>(everywhere));
      const auto did =
          chosen ? learner.step(of.masked, loss, list<const index_t>(of.places)) : learner.step(of.masked, loss);
      CHECK(did.loss == Approx(weft_test::recorded_masked_lm[static_cast<std::size_t>(s)]).epsilon(1e-4));
    }
  }
}

using joint = joint_trainer<small_electra, small_generator>;
struct two_models {
  arena store;
  model<small_electra, replaced_token_detection<>>::params<raw> found =
      by_rule<model<small_electra, replaced_token_detection<>>>(store);
  model<small_generator, generator_lm>::params<raw> made = by_rule<model<small_generator, generator_lm>>(store);
};

TEST_CASE("twenty joint steps of ELECTRA have the recorded losses") {
  const two_models from;
  joint learner(from.found, small_sizes, from.made, small_sizes, {recipe(15)});
  CHECK(learner.shared() == unit_vector<unit_string>{"electra.embeddings.word_embeddings.weight",
                                                     "electra.embeddings.position_embeddings.weight",
                                                     "electra.embeddings.token_type_embeddings.weight",
                                                     "electra.embeddings.LayerNorm.weight",
                                                     "electra.embeddings.LayerNorm.bias"});
  for (index_t s = 0; s < steps; ++s) {
    const recorded_batch of(static_cast<std::int32_t>(s));
    const recorded_slots slots(of.original, static_cast<std::int32_t>(s));
    const auto& wanted = weft_test::recorded_electra[static_cast<std::size_t>(s)];
    const auto did = learner.step(of.original, slots.view());
    CHECK(did.number == s);
    CHECK(did.generator_loss == Approx(wanted.generator).epsilon(1e-4));
    CHECK(did.discriminator_loss == Approx(wanted.discriminator).epsilon(1e-4));
    CHECK(did.loss == Approx(wanted.generator + 50 * wanted.discriminator).epsilon(1e-4));
    CHECK(did.replaced == wanted.replaced);
  }
}

TEST_CASE("neither workers nor pieces change a bit of joint steps with dropout") {
  const two_models from;
  const auto after = [&](executor run, index_t piece) {
    joint_recipe how{recipe(piece)};
    how.both.drop = {.1f, .1f, .1f, 3};
    joint learner(from.found, small_sizes, from.made, small_sizes, how, run);
    for (std::int32_t s = 0; s < 6; ++s) {
      const recorded_batch of(s);
      learner.step(of.original, recorded_slots(of.original, s).view());
    }
    std::vector<float> all;
    for (const auto values : {learner.discriminator().learnt().values(), learner.generator().learnt().values()})
      all.insert(all.end(), values.begin(), values.end());
    return all;
  };
  const auto wanted = after({}, 0);
  CHECK(after({}, 1) == wanted);
  for (const index_t workers : {2, 5}) {
    testing::scrambled_pool pool(workers);
    CHECK(after(pool, 15) == wanted);
  }
}

TEST_CASE("frozen tensors stay what they are, and their gradients count nowhere") {
  const auto run = [&](const unit_vector<unit_string>& frozen) {
    arena store;
    auto how = recipe(0);
    how.rates = {schedule_kind::constant}, how.frozen = frozen;
    trainer<small_bert, masked_lm<>> learner(masked_lm_by_rule(store), small_sizes, how);
    const recorded_batch of(1);
    cross_entropy loss(of.labels);
    const auto did = learner.step(of.masked, loss, list<const index_t>(of.places));
    const auto& places = learner.model().learnt().places();
    std::vector<bool> changed;
    for (const auto& p : places) {
      const float now = learner.model().learnt().values()[p.first];
      changed.push_back(std::abs(now - weft_test::rule_value(p.name, 0)) > 0);
    }
    return std::pair(did.length, changed);
  };
  const auto all = run({}), some = run({"bert.embeddings.", "bert.encoder.layer.0."});
  CHECK(some.first < all.first);
  CHECK(std::count(some.second.begin(), some.second.end(), false) >= 21);
  CHECK(std::count(some.second.begin(), some.second.end(), true) >= 16);
}

TEST_CASE("a number in [0, 1) falls upon a class as often as it is probable") {
  const std::vector<float> logits{0, std::log(2.0f), std::log(5.0f)};
  std::vector<int> counts(3);
  for (int i = 0; i < 800; ++i) ++counts[static_cast<std::size_t>(sample(logits.data(), 3, (i + 0.5) / 800))];
  CHECK(counts == std::vector<int>{100, 200, 500});
  CHECK(sample(logits.data(), 3, 0) == 0);
}

}  // namespace
}  // namespace weft_train_recorded_steps
