#pragma once
// A classifier that learns from labelled texts.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <weft/base/random_source.hpp>
#include <weft/io/load.hpp>
#include <weft/io/write_model.hpp>
#include <weft/pipeline/labelled_texts.hpp>
#include <weft/pipeline/model_source.hpp>
#include <weft/train/all.hpp>
#include <weft/train/initial_weights.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How a classifier learns.
struct fine_tuning_options {
  executor run = {};
  double rate = 1e-4;           ///< the largest
  index_t epochs = 3;           ///< how often each text is seen
  index_t batch_tokens = 2048;  ///< tokens of a step, to which whole texts are put together
  double warm_up = 0.1;         ///< share of the steps in which the rate rises
  schedule_kind rates = schedule_kind::linear;
  double decay = 0.01, clip = 1, smoothing = 0;
  double dropout = 0.1;      ///< in the encoder and the head
  std::uint64_t seed = 1;    ///< of the order of texts, of dropout and of fresh weights
  index_t max_length = 0;    ///< tokens of a text, of which the rest is cut; 0: as many as the model takes
  index_t piece_tokens = 0;  ///< tokens that are forwarded at once, which bounds memory and changes no bit; 0: all
  bool new_head = false;     ///< a fresh head for the labels of the file, whatever the model has
  bool fresh = false;        ///< fresh weights everywhere: of the model nothing but its configuration is read
};

/// Where learning is.
struct fine_tuning_progress {
  index_t epoch = 0, epochs = 0, step = 0, steps = 0;  ///< those that are done, and all
  double loss = 0, rate = 0;                           ///< of the last step
  index_t tokens = 0;                                  ///< of all steps so far
};
/// What a model says of texts that it does not learn from.
struct fine_tuning_score {
  double loss = 0;
  index_t right = 0, texts = 0;
  double accuracy() const { return texts == 0 ? 0 : static_cast<double>(right) / static_cast<double>(texts); }
};

/// Fine-tunes a checkpoint, or trains a model from scratch, to sort texts.
///   weft::fine_tuner<gloss> tune(source, weft::read_labelled_texts("train.tsv"), {.epochs = 4});
///   while (!tune.done()) tune.step();
///   tune.save("sorted", directory_of_the_tokenizer);
/// The same texts, options and weights give the same model, to the bit, with any number of workers and any
/// piece_tokens.
template <class Spec>
class fine_tuner {
  using head = typename Spec::tasks::sequence_classification;
  using model_type = model<Spec, head>;

 public:
  /// Throws weft::error for labels that the model does not have (unless it gets a new head), for one label alone, and
  /// for a checkpoint that does not fit.
  fine_tuner(model_source from, const labelled_texts& texts, const fine_tuning_options& how)
      : source_(std::move(from)), how_(how) {
    if (how.rate <= 0 || !is_finite(how.rate)) refuse("rate", std::to_string(how.rate), "a number above 0");
    if (how.dropout < 0 || how.dropout >= 1) refuse("dropout", std::to_string(how.dropout), "0 to less than 1");
    if (how.warm_up < 0 || how.warm_up > 1) refuse("warm-up", std::to_string(how.warm_up), "a share of 0 to 1");
    if (how.smoothing < 0 || how.smoothing >= 1) refuse("smoothing", std::to_string(how.smoothing), "0 to less than 1");
    const auto& c = source_.configuration;
    if (how_.max_length == 0) how_.max_length = sizes_of(c).longest();
    check_fits(source_.tokenizer, c, sizes_of(c), how_.max_length);
    choose_labels(texts);
    texts_ = encode(texts);
    plan();
    make();
  }

  index_t steps() const { return static_cast<index_t>(planned_); }
  bool done() const { return progress_.step == progress_.steps; }
  const fine_tuning_progress& progress() const { return progress_; }
  const std::vector<std::string>& labels() const { return labels_; }
  index_t texts() const { return static_cast<index_t>(texts_.size()); }
  index_t cut() const { return cut_; }  ///< texts of which tokens were cut
  index_t memory_bytes() const { return trainer_->memory_bytes(); }
  trainer<Spec, head>& learner() { return *trainer_; }

  /// One step.
  void step() {
    if (done()) return;
    if (at_ == 0) order_ = order_of(progress_.epoch);
    batch_.clear(), batch_labels_.clear();
    for (; at_ < order_.size(); ++at_) {
      const auto& one = texts_[order_[at_]];
      if (batch_.sequences() > 0 && batch_.tokens() + one.size() > how_.batch_tokens) break;
      batch_.add(one.ids, one.segments);
      batch_labels_.push_back(one.label);
    }
    cross_entropy loss(batch_labels_, how_.smoothing);
    const auto did = trainer_->step(batch_, loss);
    progress_.loss = did.loss, progress_.rate = did.rate, progress_.tokens += batch_.tokens();
    ++progress_.step;
    if (at_ == order_.size()) at_ = 0, ++progress_.epoch;
  }

  /// What the model says of other texts now.
  fine_tuning_score judge(const labelled_texts& others) {
    const auto texts = encode(others);
    token_batch batch;
    std::vector<std::int32_t> labels;
    fine_tuning_score score;
    double sum = 0;
    const auto flush = [&] {
      if (batch.sequences() == 0) return;
      cross_entropy loss(labels);
      std::vector<float> unused(labels.size() * labels_.size());
      const auto width = static_cast<index_t>(labels_.size());
      trainer_->forward(batch, [&](matrix<const float> out, index_t row) {
        loss(out, matrix<float>(unused.data(), out.count, width), row);
      });
      score.texts += loss.counted(), score.right += loss.right();
      sum += loss.loss() * static_cast<double>(loss.counted());
      batch.clear(), labels.clear();
    };
    for (const auto& one : texts) {
      if (batch.sequences() > 0 && batch.tokens() + one.size() > how_.batch_tokens) flush();
      batch.add(one.ids, one.segments), labels.push_back(one.label);
    }
    flush();
    score.loss = score.texts == 0 ? 0 : sum / static_cast<double>(score.texts);
    return score;
  }

  /// Remembers the weights as they are; save() then writes these.
  void keep() {
    const auto values = trainer_->model().learnt().values();
    kept_.assign(values.begin(), values.end());
  }

  /// Writes a directory that weft::classifier, `weft classify` and transformers load: weights, config.json, the
  /// tokenizer's files of `tokenizer_from`, and files of the caller's, as {"metrics.jsonl", text}. It appears whole or
  /// not at all. Throws weft::error where something is in its place.
  void save(const std::filesystem::path& out, const std::filesystem::path& tokenizer_from,
            const std::vector<std::pair<std::string, std::string>>& others = {}) const {
    new_directory folder(out);
    folder.write("config.json", classifier_configuration(source_.configuration, labels_));
    const auto& learnt = trainer_->model().learnt();
    const list<const float> values = kept_.empty() ? list<const float>(learnt.values()) : list<const float>(kept_);
    safetensors_writer weights;
    for (const auto& place : learnt.places())
      weights.add(std::string(spelt(place.name, detail::names_of<Spec>())), {place.shape.begin(), place.shape.end()},
                  values.part(place.first, place.first + place.size));
    weights.save(folder.path() / "model.safetensors");
    folder.copy_tokenizer(tokenizer_from);
    for (const auto& [name, text] : others) folder.write(name.c_str(), text);
    folder.publish();
  }

 private:
  struct encoded {
    std::vector<std::int32_t> ids, segments;
    std::int32_t label;
    index_t size() const { return static_cast<index_t>(ids.size()); }
  };
  [[noreturn]] static void refuse(const char* what, const std::string& found, const char* wanted) {
    fail({.subject = what, .found = found, .wanted = wanted});
  }

  void choose_labels(const labelled_texts& texts) {
    std::map<std::string, index_t> seen;  // and how often
    for (const auto& t : texts.all) ++seen[t.label];
    if (how_.new_head || how_.fresh) {
      for (const auto& [label, count] : seen) labels_.push_back(label);
    } else {
      labels_ = source_.configuration.labels;
    }
    for (std::size_t i = 0; i < labels_.size(); ++i) number_[labels_[i]] = static_cast<std::int32_t>(i);
    if (seen.size() < 2)
      fail({.file = texts.file,
            .found = "one label alone, " + detail::shown(seen.begin()->first),
            .wanted = "two or more"});
  }
  std::int32_t number_of(const labelled_texts& from, const labelled_text& t) const {
    const auto at = number_.find(t.label);
    if (at != number_.end()) return at->second;
    std::string known;
    for (std::size_t i = 0; i < labels_.size() && i < 5; ++i) known += (i ? ", " : "") + detail::shown(labels_[i]);
    const auto where = "line " + std::to_string(t.line);
    fail({.file = from.file,
          .subject = where,
          .found = "the label " + detail::shown(t.label),
          .wanted = "one of the model's " + std::to_string(labels_.size()) + ", as " + known,
          .remedy = "with --new-head the model gets a fresh head for the labels of the training file"});
  }

  std::vector<encoded> encode(const labelled_texts& from) {
    std::vector<encoded> all(from.all.size());
    std::vector<char> cut(from.all.size());
    const truncation at_most{.max_length = how_.max_length, .side = source_.tokenizer.options().truncation_side};
    how_.run.for_each(static_cast<index_t>(all.size()), [&](index_t i, index_t) {
      const auto& t = from.all[static_cast<std::size_t>(i)];
      auto e = t.second.empty() ? source_.tokenizer.encode(t.text, at_most)
                                : source_.tokenizer.encode_pair(t.text, t.second, at_most);
      cut[static_cast<std::size_t>(i)] = e.size() == how_.max_length;
      all[static_cast<std::size_t>(i)] = {
          {e.ids.begin(), e.ids.end()}, {e.segments.begin(), e.segments.end()}, number_of(from, t)};
    });
    cut_ += std::count(cut.begin(), cut.end(), 1);
    return all;
  }

  // The order of an epoch is a function of the seed and the epoch alone.
  std::vector<std::size_t> order_of(index_t epoch) const {
    std::vector<std::size_t> order(texts_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
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
        const auto more = texts_[number].size();
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
      limits.labels = static_cast<index_t>(labels_.size());
      detail::agree<Spec, head>(c);
      fill_initial(record, limits, how_.seed, store, model_type::starting_name());
    } else if (how_.new_head) {
      record.body = read_weights<Spec>(source_.weights, c, store, {.run = how_.run});
      limits.labels = static_cast<index_t>(labels_.size());
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
  std::vector<std::string> labels_;
  std::map<std::string, std::int32_t> number_;
  std::vector<encoded> texts_;
  index_t cut_ = 0, planned_ = 0;
  extent largest_;  // of all batches, or of the pieces of them that are forwarded at once
  std::optional<trainer<Spec, head>> trainer_;
  fine_tuning_progress progress_;
  std::vector<std::size_t> order_;
  std::size_t at_ = 0;
  token_batch batch_;
  std::vector<std::int32_t> batch_labels_;
  std::vector<float> kept_;
};

}  // namespace weft
