#pragma once
// ELECTRA's pre-training (Clark et al. 2020, sections 3.1 and 3.2): a generator fills in what is masked, and a
// discriminator learns which tokens it replaced. Both learn together and share their embeddings.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <weft/head/masked_lm.hpp>
#include <weft/head/replaced_token_detection.hpp>
#include <weft/train/trainer.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which tokens of a batch are predicted.
struct masked_slots {
  list<const index_t> tokens;      ///< their numbers in the batch, increasing
  list<const std::int32_t> shown;  ///< what the generator reads there: the mask, or the token itself
  list<const double> draws;        ///< a number in [0, 1) for each, by which the generator's distribution is sampled
};

/// How both are trained; the recipe's piece cuts the batch for both.
struct joint_recipe {
  training_recipe both = {};
  double generator_weight = 1, discriminator_weight = 50;  ///< of the two losses in the sum
};

/// What a step did.
struct joint_step : training_step {
  double generator_loss = 0, discriminator_loss = 0;
  index_t replaced = 0;  ///< tokens that the discriminator was to find
};

/// The number of the class that a number in [0, 1) falls upon, of softmax(logits): the first whose cumulative
/// probability exceeds it. One number a row samples as Gumbel's noise on every logit does.
inline index_t sample(const float* logits, index_t width, double draw) {
  const double top = double{*std::max_element(logits, logits + width)};
  double total = 0, sum = 0;
  for (index_t c = 0; c < width; ++c) total += exp_of(double{logits[c]} - top);
  for (index_t c = 0; c < width; ++c)
    if ((sum += exp_of(double{logits[c]} - top)) > draw * total) return c;
  return width - 1;
}

/// Both on their way. Tensors of the embeddings that both have in one shape, tables and norm, are shared: they learn
/// from both losses, and are changed once (released code; the discriminator's gradient never reaches the generator
/// otherwise). The same bits with any number of workers and any size of pieces.
template <encoder_spec Discriminator, encoder_spec Generator, class Head = replaced_token_detection<>,
          class GeneratorHead = generator_lm, class Arch = simd::native>
class joint_trainer {
 public:
  using discriminator_type = learning_model<Discriminator, Head, Arch>;
  using generator_type = learning_model<Generator, GeneratorHead, Arch>;

  joint_trainer(const typename discriminator_type::model_type::template params<raw>& discriminator,
                const sizes& discriminator_sizes,
                const typename generator_type::model_type::template params<raw>& generator,
                const sizes& generator_sizes, const joint_recipe& recipe, executor run = {})
      : recipe_(recipe),
        run_(run),
        discriminator_(discriminator, discriminator_sizes, run),
        generator_(generator, generator_sizes, run) {
    find_shared();
    auto frozen = recipe.both.frozen;
    discriminator_adam_.emplace(places_of(discriminator_), floats_of(discriminator_), recipe.both.adam, frozen);
    for (const auto& one : shared_) frozen.push_back(one.name);
    generator_adam_.emplace(places_of(generator_), floats_of(generator_), recipe.both.adam, frozen);
    partial_.resize(static_cast<std::size_t>(
        ceil_div(std::max(floats_of(discriminator_), floats_of(generator_)), detail::floats_of_task)));
    share_weights();
  }

  discriminator_type& discriminator() { return discriminator_; }
  const discriminator_type& discriminator() const { return discriminator_; }
  generator_type& generator() { return generator_; }
  const generator_type& generator() const { return generator_; }
  index_t steps() const { return discriminator_adam_->steps(); }
  /// The names of the tensors that both share.
  unit_vector<unit_string> shared() const {
    unit_vector<unit_string> names;
    for (const auto& one : shared_) names.push_back(one.name);
    return names;
  }
  /// What the discriminator read in the last step.
  list<const std::int32_t> corrupted() const { return ids_; }

  /// A step with a batch of original tokens, of which some are masked. Fails where a loss or a gradient is not finite;
  /// the weights are then what they were.
  joint_step step(const batch& original, const masked_slots& predicted) {
    joint_step did;
    did.number = steps(), did.rate = recipe_.both.rate * recipe_.both.rates.factor(did.number);
    auto drop = recipe_.both.drop;
    drop.step = static_cast<std::uint64_t>(did.number);
    generator_.clear_gradients(), discriminator_.clear_gradients();
    run_generator(original, predicted, drop, did);
    run_discriminator(original, drop, did);
    did.loss = recipe_.generator_weight * did.generator_loss + recipe_.discriminator_weight * did.discriminator_loss;
    share_gradients();
    const double lengths[] = {length_of(discriminator_.gradients().values(), partial_, run_),
                              length_of(generator_.gradients().values(), partial_, run_)};
    did.length = std::sqrt(lengths[0] * lengths[0] + lengths[1] * lengths[1]);
    detail::require_finite_step(did);
    const double clip = recipe_.both.clip, scale = clip > 0 && did.length > clip ? clip / did.length : 1;
    change(discriminator_, *discriminator_adam_, did.rate, scale);
    change(generator_, *generator_adam_, did.rate, scale);
    share_weights();
    return did;
  }

 private:
  struct shared_tensor {
    unit_string name;
    index_t in_discriminator, in_generator, size;
  };
  static const auto& places_of(const auto& model) { return model.learnt().places(); }
  static index_t floats_of(const auto& model) { return model.learnt().values().size(); }

  void find_shared() {
    for (const auto& g : places_of(generator_)) {
      if (std::string_view(g.name).find("embeddings.") == std::string_view::npos) continue;
      for (const auto& d : places_of(discriminator_))
        if (d.name == g.name && d.shape == g.shape) shared_.push_back({g.name, d.first, g.first, g.size});
    }
  }
  void run_generator(const batch& original, const masked_slots& predicted, dropout drop, joint_step& did) {
    drop.seed ^= 0x67656e657261746fu;  // both forget different things
    ids_.assign(original.ids.begin(), original.ids.end());
    labels_.clear();
    for (index_t i = 0; i < predicted.tokens.size(); ++i) {
      labels_.push_back(original.ids[predicted.tokens[i]]);
      ids_[static_cast<std::size_t>(predicted.tokens[i])] = predicted.shown[i];
    }
    batch masked = original;
    masked.ids = ids_;
    cross_entropy loss(labels_);
    sampled_.clear();
    index_t row = 0;
    pieces_.each(masked, recipe_.both.piece, [&](const batch& piece, index_t text, index_t begin) {
      drop.first_text = text;
      const auto chosen = pieces_.tokens_of(piece, begin, predicted.tokens, row);
      generator_.pass(
          piece,
          [&](matrix<const float> out, matrix<float> d) {
            loss(out, d, row);
            scale_rows(d, recipe_.generator_weight);
            for (index_t i = 0; i < out.count; ++i)
              sampled_.push_back(static_cast<std::int32_t>(sample(out.row(i), out.width, predicted.draws[row + i])));
          },
          room(generator_.workspace_bytes(piece.size(), run_.workers(), chosen.size())), run_, drop,
          recipe_.both.padding, chosen);
      row += chosen.size();
    });
    generator_.gather_gradients(run_);
    did.generator_loss = loss.loss();
    std::copy(original.ids.begin(), original.ids.end(), ids_.begin());
    for (index_t i = 0; i < predicted.tokens.size(); ++i)
      ids_[static_cast<std::size_t>(predicted.tokens[i])] = sampled_[static_cast<std::size_t>(i)];
  }
  void run_discriminator(const batch& original, dropout drop, joint_step& did) {
    targets_.clear();  // a guess that is right counts as real
    for (index_t i = 0; i < original.tokens(); ++i)
      targets_.push_back(ids_[static_cast<std::size_t>(i)] == original.ids[i] ? 0.0f : 1.0f);
    did.replaced = std::count_if(targets_.begin(), targets_.end(), [](float y) { return y > 0.5f; });
    batch corrupted = original;
    corrupted.ids = ids_;
    binary_cross_entropy loss(targets_);
    pieces_.each(corrupted, recipe_.both.piece, [&](const batch& piece, index_t text, index_t begin) {
      drop.first_text = text;
      discriminator_.pass(
          piece,
          [&](matrix<const float> out, matrix<float> d) {
            loss(out, d, begin);
            scale_rows(d, recipe_.discriminator_weight);
          },
          room(discriminator_.workspace_bytes(piece.size(), run_.workers())), run_, drop, recipe_.both.padding);
    });
    discriminator_.gather_gradients(run_);
    did.discriminator_loss = loss.loss();
  }
  static void scale_rows(matrix<float> d, double by) {
    for (index_t i = 0; i < d.count; ++i)
      for (index_t c = 0; c < d.width; ++c) d.row(i)[c] *= static_cast<float>(by);
  }
  // What the generator's embeddings learnt is the discriminator's; frozen tensors learn nothing.
  void share_gradients() {
    const auto to = discriminator_.gradients().values(), from = generator_.gradients().values();
    for (const auto& one : shared_)
      detail::move_up(to.part(one.in_discriminator, one.in_discriminator + one.size),
                      from.part(one.in_generator, one.in_generator + one.size), run_);
    const auto thaw = [&](const auto& record) {
      for (const auto& place : record.places())
        if (is_frozen(place.name, recipe_.both.frozen))
          std::fill_n(record.values().data() + place.first, place.size, 0.0f);
    };
    thaw(discriminator_.gradients()), thaw(generator_.gradients());
  }
  void share_weights() {
    for (const auto& one : shared_)
      std::copy_n(discriminator_.learnt().values().data() + one.in_discriminator, one.size,
                  generator_.learnt().values().data() + one.in_generator);
    discriminator_.refresh(run_), generator_.refresh(run_);
  }
  void change(auto& model, adam<Arch>& by, double rate, double scale) {
    by.step(model.learnt().values(), model.gradients().values(), rate, scale, run_);
  }
  workspace& room(index_t bytes) {
    if (bytes > work_.capacity()) work_ = workspace(bytes);
    return work_;
  }

  joint_recipe recipe_;
  executor run_;
  discriminator_type discriminator_;
  generator_type generator_;
  std::optional<adam<Arch>> discriminator_adam_, generator_adam_;
  unit_vector<shared_tensor> shared_;
  unit_vector<double> partial_;
  batch_pieces pieces_;
  unit_vector<std::int32_t> ids_, labels_, sampled_;
  unit_vector<float> targets_;
  workspace work_{0};
};

}  // namespace weft
