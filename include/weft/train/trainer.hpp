#pragma once
// Steps of training: pieces of a batch forwards and backwards, gradients clipped, weights changed and packed again.
#include <algorithm>
#include <weft/base/finite.hpp>
#include <weft/train/batch_pieces.hpp>
#include <weft/train/loss.hpp>
#include <weft/train/model.hpp>
#include <weft/train/optimiser.hpp>
#include <weft/train/schedule.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How a model is trained. Steps, and which texts are in which, are the caller's.
struct training_recipe {
  double rate = 5e-5;
  schedule rates = {.kind = schedule_kind::constant};
  adam_options adam = {};
  double clip = 1;       ///< the most that the length of all gradients is; 0: no limit
  dropout drop = {};     ///< shares and seed; the step is the trainer's
  index_t padding = -1;  ///< an id that learns nothing from being looked up
  index_t piece = 0;     ///< tokens of a piece of a batch at most, if its texts allow; 0: a batch is one piece
  unit_vector<unit_string> frozen = {};  ///< beginnings of names of tensors that stay what they are
};

/// What a step did.
struct training_step {
  index_t number = 0;  ///< from 0 on
  double loss = 0, rate = 0;
  double length = 0;  ///< of all gradients, before they were clipped
};

namespace detail {
/// Fails where the loss or a gradient of a step is not finite, before weights change.
inline void require_finite_step(const training_step& did) {
  if (is_finite(did.loss) && is_finite(did.length)) return;
  const auto step_name = "step " + decimal(did.number);
  fail({.subject = step_name,
        .found = is_finite(did.loss) ? "a gradient that is not a finite number" : "a loss that is not a finite number",
        .wanted = "finite numbers",
        .remedy = "the weights are those of the step before; a smaller rate, or a lower limit to clip at, may help"});
}
}  // namespace detail

/// A model on its way. A step gives the same bits with any number of workers and any size of pieces, and requests no
/// memory unless its pieces are larger than any before.
template <encoder_spec Spec, class Head, class Arch = simd::native>
class trainer {
 public:
  using model_type = learning_model<Spec, Head, Arch>;
  using choice = typename model_type::choice;

  trainer(const typename model_type::model_type::template params<raw>& from, const sizes& s,
          const training_recipe& recipe, executor run = {})
      : recipe_(recipe),
        run_(run),
        model_(from, s, run),
        adam_(model_.learnt().places(), model_.learnt().values().size(), recipe.adam, recipe.frozen),
        partial_(static_cast<std::size_t>(ceil_div(model_.learnt().values().size(), detail::floats_of_task))) {}

  model_type& model() { return model_; }
  const model_type& model() const { return model_; }
  index_t steps() const { return adam_.steps(); }
  const adam<Arch>& optimiser() const { return adam_; }

  /// Goes on where another trainer was: its weights, its moments and how many steps it had made.
  void restore(list<const float> weights, list<const float> first, list<const float> second, index_t steps) {
    const auto values = model_.learnt().values();
    std::copy(weights.begin(), weights.end(), values.begin());
    adam_.restore(first, second, steps);
    model_.refresh(run_);
  }
  const training_recipe& recipe() const { return recipe_; }

  /// A step with a batch. loss(outputs, d_outputs, first) is called for pieces of the batch in order, `first` being the
  /// number of their first row among all outputs; loss.loss() is asked behind the last. A head of tokens may be told
  /// which it reads, as those that have a label: outputs then have a row for each of these. Fails where the loss or a
  /// gradient is not finite; the weights are then what they were.
  template <class Loss>
  training_step step(const batch& in, Loss& loss, choice chosen = {}) {
    training_step did{.number = adam_.steps(), .rate = recipe_.rate * recipe_.rates.factor(adam_.steps())};
    auto drop = recipe_.drop;
    drop.step = static_cast<std::uint64_t>(did.number);
    model_.clear_gradients();
    each_piece(in, chosen, [&](const batch& piece, index_t text, index_t row, choice read) {
      drop.first_text = text;
      model_.pass(
          piece, [&](matrix<const float> out, matrix<float> d) { loss(out, d, row); }, room(piece, read), run_, drop,
          recipe_.padding, read);
    });
    model_.gather_gradients(run_);
    if (!recipe_.frozen.empty())
      for (const auto& place : model_.gradients().places())
        if (is_frozen(place.name, recipe_.frozen))
          std::fill_n(model_.gradients().values().data() + place.first, place.size, 0.0f);
    did.loss = loss.loss();
    did.length = length_of(model_.gradients().values(), partial_, run_);
    detail::require_finite_step(did);
    const double scale = recipe_.clip > 0 && did.length > recipe_.clip ? recipe_.clip / did.length : 1;
    adam_.step(model_.learnt().values(), model_.gradients().values(), did.rate, scale, run_);
    model_.refresh(run_);
    return did;
  }

  /// What the model says of a batch: see(outputs, first) for pieces in order, to the bits of an ordinary model.
  void forward(const batch& in, const auto& see, choice chosen = {}) {
    each_piece(in, chosen, [&](const batch& piece, index_t, index_t row, choice read) {
      model_.forward(
          piece, [&](matrix<const float> out) { see(out, row); }, room(piece, read), run_, read);
    });
  }

  /// Takes the memory that batches up to this extent need, so that no step has to; where the head is told which tokens
  /// it reads, so many of them.
  void reserve(extent e, index_t chosen = -1) {
    const auto bytes = model_.workspace_bytes(e, run_.workers(), chosen);
    if (bytes > work_.capacity()) work_ = workspace(bytes);
    pieces_.reserve(e.sequences, chosen);
  }
  /// Bytes of weights, gradients and moments, and of the workspace so far.
  index_t memory_bytes() const {
    return 4 * model_.learnt().values().size() * index_t{sizeof(float)} + model_.packed_bytes() + work_.capacity();
  }

 private:
  // f(piece, its first text, its first row of outputs, which tokens its head reads).
  void each_piece(const batch& in, choice chosen, const auto& f) {
    index_t row = 0;
    pieces_.each(in, recipe_.piece, [&](const batch& piece, index_t text, index_t begin) {
      const auto read = chosen ? choice(pieces_.tokens_of(piece, begin, *chosen, row)) : choice();
      f(piece, text, row, read);
      row += read ? read->size() : model_.output_rows(piece);
    });
  }
  workspace& room(const batch& in, choice read) {
    reserve(in.size(), read ? read->size() : -1);
    return work_;
  }

  training_recipe recipe_;
  executor run_;
  model_type model_;
  adam<Arch> adam_;
  unit_vector<double> partial_;
  batch_pieces pieces_;
  workspace work_{0};
};

}  // namespace weft
