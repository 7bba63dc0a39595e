#pragma once
// A model that learns from labelled texts.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <weft/base/random_source.hpp>
#include <weft/io/load.hpp>
#include <weft/io/sha256.hpp>
#include <weft/io/write_model.hpp>
#include <weft/pipeline/fine_tuning_options.hpp>
#include <weft/pipeline/model_source.hpp>
#include <weft/pipeline/sort_texts.hpp>
#include <weft/pipeline/text_examples.hpp>
#include <weft/train/all.hpp>
#include <weft/train/initial_weights.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Fine-tunes a checkpoint, or trains a model from scratch: to sort texts, or for another task of its form.
///   weft::fine_tuner<gloss> tune(source, weft::read_labelled_texts("train.tsv"), {.epochs = 4});
///   while (!tune.done()) tune.step();
///   tune.save("sorted", directory_of_the_tokenizer);
/// The same texts, options and weights give the same model, to the bit, with any number of workers and any
/// piece_tokens, and so does a run that was resumed.
template <class Spec, class Task = sort_texts>
class fine_tuner {
  using head = typename Task::template head<Spec>;
  using examples = typename detail::task_examples<Task>::type;
  using model_type = model<Spec, head>;

 public:
  /// What it learns from: labelled texts, or what else the task reads.
  using texts_type = typename detail::task_examples<Task>::texts;

  /// Throws weft::error for labels that the model does not have (unless it gets a new head), for one label alone, and
  /// for a checkpoint that does not fit.
  fine_tuner(model_source from, const texts_type& texts, const fine_tuning_options& how)
      : source_(std::move(from)), how_(how), task_(source_.configuration, texts, how) {
    detail::check_options(how);
    const auto& c = source_.configuration;
    if (how_.max_length == 0) how_.max_length = sizes_of(c).longest();
    check_fits(source_.tokenizer, c, sizes_of(c), how_.max_length);
    texts_.emplace(task_, texts, source_, how_);
    plan();
    note_facts();
    make();
  }

  index_t steps() const { return static_cast<index_t>(planned_); }
  bool done() const { return progress_.step == progress_.steps; }
  const fine_tuning_progress& progress() const { return progress_; }
  const Task& task() const { return task_; }
  const std::vector<std::string>& labels() const { return task_.labels(); }
  index_t texts() const { return texts_->size(); }
  index_t cut() const { return texts_->cut(); }  ///< texts of which tokens were cut
  index_t memory_bytes() const { return trainer_->memory_bytes(); }
  trainer<Spec, head>& learner() { return *trainer_; }

  /// One step.
  void step() {
    if (done()) return;
    if (order_.empty()) order_ = order_of(progress_.epoch);
    auto at = static_cast<std::size_t>(progress_.next);
    batch_.clear();
    for (; at < order_.size() && !batch_.is_full(texts_->length(order_[at]), how_.batch_tokens); ++at)
      texts_->add_to(batch_, order_[at], progress_.epoch);
    auto loss = task_.loss(batch_);
    const auto did = trainer_->step(batch_.tokens, loss, chosen_of(batch_));
    if (progress_.next == 0) progress_.epoch_loss = 0, progress_.epoch_steps = 0;
    progress_.loss = did.loss, progress_.rate = did.rate, progress_.tokens += batch_.tokens.tokens();
    progress_.epoch_loss += did.loss, ++progress_.epoch_steps, ++progress_.step;
    progress_.next = static_cast<index_t>(at);
    if (at == order_.size()) progress_.next = 0, ++progress_.epoch, order_.clear();
  }

  /// What the model says of other texts now.
  fine_tuning_score judge(const texts_type& others) {
    const examples held(task_, others, source_, how_);
    training_batch batch;
    typename Task::judgement judged(task_);
    std::vector<float> unused;
    const auto flush = [&] {
      auto loss = judged.loss(batch);
      trainer_->forward(
          batch.tokens,
          [&](matrix<const float> out, index_t row) {
            unused.resize(static_cast<std::size_t>(out.count * out.width));
            loss(out, matrix<float>(unused.data(), out.count, out.width), row);
            judged.see(out, row, batch);
          },
          chosen_of(batch));
      judged.add(loss);
      batch.clear();
    };
    for (index_t i = 0; i < held.size(); ++i) {
      if (batch.is_full(held.length(i), how_.batch_tokens)) flush();
      held.add_to(batch, i, -1);
    }
    if (batch.tokens.sequences() > 0) flush();
    return judged.score();
  }

  /// Remembers the weights as they are, if this score is better than any so far; save() then writes these.
  void keep(double score) {
    if (!kept_.empty() && score <= progress_.best) {
      ++progress_.since_best;
      return;
    }
    progress_.best = score, progress_.since_best = 0;
    const auto values = trainer_->model().learnt().values();
    kept_.assign(values.begin(), values.end());
  }

  /// Files of the caller's, as {"metrics.jsonl", text}.
  using files = std::vector<std::pair<std::string, std::string>>;

  /// Writes a directory that weft::classifier, `weft classify` and transformers load: weights, config.json, the
  /// tokenizer's files of `tokenizer_from`, and others. It appears whole or not at all. Throws weft::error where
  /// something is in its place.
  void save(const std::filesystem::path& out, const std::filesystem::path& tokenizer_from,
            const files& others = {}) const {
    new_directory folder(out);
    const list<const float> now = trainer_->model().learnt().values();
    write_model(folder, kept_.empty() ? now : list<const float>(kept_), tokenizer_from, others);
    folder.publish();
  }

  /// The same of the weights as they are, and all that resume() needs to go on to the same bits.
  void save_checkpoint(const std::filesystem::path& out, const std::filesystem::path& tokenizer_from,
                       const files& others = {}) const {
    new_directory folder(out);
    write_model(folder, trainer_->model().learnt().values(), tokenizer_from, others);
    const auto& moments = trainer_->optimiser();
    write_training_state(folder, facts_, progress_, moments.first(), moments.second(), kept_);
    folder.publish();
  }
  /// Goes on where a checkpoint was saved, in the middle of an epoch, too. Throws weft::error where it was begun with
  /// other texts, labels, options or weights of another type; facts() are compared, and the one that differs is named.
  void resume(const std::filesystem::path& checkpoint_folder) {
    const auto& learnt = trainer_->model().learnt();
    auto state = read_training_state(checkpoint_folder, facts_, learnt.values().size());
    if (state.place.next >= texts() || state.place.step > steps())
      fail({.file = checkpoint_folder.string(),
            .found = "step " + std::to_string(state.place.step) + ", text " + std::to_string(state.place.next),
            .wanted = "a place among " + std::to_string(steps()) + " steps and " + std::to_string(texts()) + " texts"});
    const auto stored = checkpoint::open(checkpoint_folder);
    std::vector<float> values(static_cast<std::size_t>(learnt.values().size()));
    for (const auto& place : learnt.places())
      detail::copy_stored(stored, stored_name(place), place.size, values.data() + place.first);
    trainer_->restore(values, state.first, state.second, state.place.step);
    static_cast<training_place&>(progress_) = state.place;
    kept_ = std::move(state.best), order_.clear();
  }
  /// What decides the bits of this training, by name; more may be added before the first checkpoint is saved or read.
  training_facts& facts() { return facts_; }

 private:
  static std::string stored_name(const tensor_place& place) {
    return std::string(spelt(place.name, detail::names_of<Spec>()));
  }
  void write_model(const new_directory& folder, list<const float> values, const std::filesystem::path& tokenizer_from,
                   const files& others) const {
    folder.write("config.json", task_.configuration_of(source_.configuration));
    safetensors_writer weights;
    for (const auto& place : trainer_->model().learnt().places())
      weights.add(stored_name(place), {place.shape.begin(), place.shape.end()},
                  values.part(place.first, place.first + place.size));
    weights.save(folder.path() / "model.safetensors");
    folder.copy_tokenizer(tokenizer_from);
    for (const auto& [name, text] : others) folder.write(name.c_str(), text);
  }
  // What decides the bits: of the texts and their labels, a digest of their tokens.
  void note_facts() {
    sha256 texts;
    texts_->digest(texts);
    sha256 type;
    type.add(task_.configuration_of(source_.configuration));
    facts_ = detail::options_as_facts(how_);
    facts_.emplace_back("model's type", type.digest());
    facts_.emplace_back("texts", texts.digest());
  }

  static auto chosen_of(const training_batch& of) {
    using choice = typename trainer<Spec, head>::choice;
    return of.chosen.empty() ? choice() : choice(list<const index_t>(of.chosen));
  }

  // The order of an epoch is a function of the seed and the epoch alone.
  std::vector<index_t> order_of(index_t epoch) const {
    std::vector<index_t> order(static_cast<std::size_t>(texts()));
    std::iota(order.begin(), order.end(), index_t{0});
    random_source random(how_.seed * 0x9e3779b97f4a7c15u + static_cast<std::uint64_t>(epoch) * 0xd1342543de82ef95u);
    for (std::size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[random.bits() % left]);
    return order;
  }
  void plan() {
    progress_.epochs = how_.epochs;
    extent batch;
    const auto close = [&] {
      ++planned_;
      largest_.tokens = std::max(largest_.tokens, batch.tokens);
      largest_.sequences = std::max(largest_.sequences, batch.sequences);
      batch = {};
    };
    for (index_t epoch = 0; epoch < how_.epochs; ++epoch) {
      for (const auto number : order_of(epoch)) {
        const auto more = texts_->length(number);
        if (batch.sequences > 0 && batch.tokens + more > how_.batch_tokens) close();
        batch.tokens += more, ++batch.sequences;
        largest_.longest = std::max(largest_.longest, more);
      }
      close();
    }
    if (how_.piece_tokens > 0)
      largest_.tokens = std::min(largest_.tokens, std::max(how_.piece_tokens, largest_.longest));
    progress_.steps = planned_;
  }

  void make() {
    auto& c = source_.configuration;
    auto limits = sizes_of(c);
    arena store;
    typename model_type::template params<raw> record{};
    if (how_.fresh) {
      limits.labels = task_.outputs();
      detail::agree<Spec, head>(c);
      fill_initial(record, limits, how_.seed, store, model_type::starting_name());
    } else if (how_.new_head) {
      record.body = read_weights<Spec>(source_.weights, c, store, {.run = how_.run});
      limits.labels = task_.outputs();
      fill_initial(std::get<0>(record.tops), limits, how_.seed, store, detail::prefix_of<Spec>());
    } else {
      record = read_weights<Spec, head>(source_.weights, c, store, {.run = how_.run});
    }
    const auto share = static_cast<float>(how_.dropout);
    training_recipe recipe{
        .rate = how_.rate,
        .rates = {how_.rates, planned_, static_cast<index_t>(std::ceil(how_.warm_up * static_cast<double>(planned_)))},
        .adam = {.decay = how_.decay},
        .clip = how_.clip,
        .drop = {.hidden = share, .attention = share, .head = share, .seed = how_.seed},
        .padding = c.pad_token_id,
        .piece = how_.piece_tokens};
    trainer_.emplace(record, limits, recipe, how_.run);
    trainer_->reserve(largest_);
    source_.weights.release_pages();
  }

  model_source source_;
  fine_tuning_options how_;
  Task task_;
  std::optional<examples> texts_;
  index_t planned_ = 0;
  extent largest_;  // of all batches, or of the pieces of them that are forwarded at once
  std::optional<trainer<Spec, head>> trainer_;
  fine_tuning_progress progress_;
  std::vector<index_t> order_;
  training_batch batch_;
  std::vector<float> kept_;
  training_facts facts_;
};

}  // namespace weft
