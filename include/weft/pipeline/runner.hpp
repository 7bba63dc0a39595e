#pragma once
// What every pipeline is built on: a tokenizer, a model, and a workspace that grows to the largest batch so far.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <weft/encoder/active.hpp>
#include <weft/io/load.hpp>
#include <weft/io/tokenizer_json.hpp>
#include <weft/pipeline/each_text.hpp>
#include <weft/pipeline/model_source.hpp>
#include <weft/pipeline/options.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Grows when it must and keeps what it has. A copy begins empty: scratch memory is never shared.
class growing_workspace {
 public:
  growing_workspace() = default;
  growing_workspace(const growing_workspace&) {}
  growing_workspace& operator=(const growing_workspace&) { return *this; }
  growing_workspace(growing_workspace&&) = default;
  growing_workspace& operator=(growing_workspace&&) = default;

  workspace& at_least(index_t bytes) {
    if (!work_ || work_->capacity() < bytes) {
      work_.reset();  // first give back, then take
      work_.emplace(bytes);
    }
    return *work_;
  }

 private:
  std::optional<workspace> work_;
};

/// A model with its tokenizer. Copies share both and have a workspace of their own, so that each thread may have one.
template <class Spec, class... Heads>
class runner {
 public:
  using model_type = loaded<Spec, Heads...>;

  /// Loads a directory, or `organisation/name` from the local cache. Throws weft::error if it holds no such model, no
  /// tokenizer, or a tokenizer of another model.
  explicit runner(const std::filesystem::path& directory, const pipeline_options& options = {})
      : runner(parts_of(resolve_model(directory.string()), options), options) {}

  /// Of what was read already. Throws weft::error if it holds no such model, or the tokenizer of another model.
  explicit runner(model_source from, const pipeline_options& options = {})
      : runner(parts{from.configuration.file, from.configuration,
                     std::make_shared<model_type>(load<Spec, Heads...>(
                         from.weights, from.configuration, loading(options, from.configuration, options.run))),
                     std::move(from.tokenizer)},
               options) {}

  const model_type& model() const { return *model_; }
  /// The same, for choices of its heads that are made before the runner is copied: copies share the model.
  model_type& unshared_model() { return *model_; }
  const weft::tokenizer& tokenizer() const { return tokenizer_; }
  const weft::configuration& configuration() const { return configuration_; }
  const sizes& limits() const { return model_->limits(); }
  /// Tokens of a text at most, special ones included; what is longer is cut, or refused where the options say so.
  index_t max_length() const { return options_.max_length; }
  void shorten(index_t max_length) { options_.max_length = std::min(options_.max_length, max_length); }
  const executor& run() const { return options_.run; }
  index_t batch_tokens() const { return options_.batch_tokens; }
  bool allows_nonfinite() const { return options_.allow_nonfinite; }

  encoding encode(const text_input& text) const {
    std::optional<truncation> cut;
    if (!options_.refuse_longer)
      cut = truncation{.max_length = options_.max_length, .side = tokenizer_.options().truncation_side};
    auto e = text.second ? tokenizer_.encode_pair(text.first, *text.second, cut) : tokenizer_.encode(text.first, cut);
    check_length(e);
    return e;
  }

  /// Refuses a text that is too long where the options say so.
  void check_length(const encoding& e) const {
    if (options_.refuse_longer && e.size() > options_.max_length)
      fail({.found = std::to_string(e.size()) + " tokens",
            .wanted = "at most " + std::to_string(options_.max_length),
            .remedy = "without refuse_longer, or at the prompt with --truncate, longer texts are cut"});
  }

  /// Scratch memory for a forward pass over this batch.
  workspace& room(const batch& in) {
    return work_.at_least(model_->workspace_bytes(in.size(), options_.run.workers()));
  }

  /// Runs the model, or the part of it that the options name, over a batch.
  void forward(const batch& in, matrix<float> out) {
    if constexpr (is_slimmable<form_of<Spec>>)
      if (part_) return model_->forward(*part_, in, out, room(in), options_.run);
    model_->forward(in, out, room(in), options_.run);
  }

  /// The same at chosen rows of the batch.
  void forward_at(const batch& in, list<const index_t> chosen, matrix<float> out) {
    if constexpr (is_slimmable<form_of<Spec>>)
      if (part_) return model_->forward_at(*part_, in, chosen, out, room(in), options_.run);
    model_->forward_at(in, chosen, out, room(in), options_.run);
  }

  /// Appends a text to the batch that is being packed. Before that it runs each(batch) where the batch would otherwise
  /// cost more than options.batch_tokens; a text costs its tokens, or what is said. Returns its first row of the batch.
  template <class Each>
  index_t add(const encoding& e, index_t cost, const Each& each) {
    if (cost_ + cost > options_.batch_tokens) flush(each);
    batch_.add(e.ids, e.segments);
    cost_ += cost;
    return batch_.tokens() - e.size();
  }
  /// Runs each(batch) for what is left.
  template <class Each>
  void flush(const Each& each) {
    if (batch_.sequences() > 0) each(batch_.view());
    clear();
  }
  /// Forgets what an exception left behind.
  void clear() { batch_.clear(), cost_ = 0; }

  /// Runs each(batch) for batches of make(text), an encoding, for all texts in order. The executor's workers share the
  /// texts as they do the forward passes.
  template <text_source Texts, class Make, class Each>
  void for_each_batch(Texts&& texts, const Make& make, const Each& each) {
    clear();
    each_text(
        texts, options_.run, [&](const text_input& text, index_t) { return make(text); },
        [&](const encoding& e) { add(e, e.size(), each); });
    flush(each);
  }

 private:
  struct parts {
    std::filesystem::path directory;
    weft::configuration configuration;
    std::shared_ptr<model_type> model;
    std::optional<weft::tokenizer> tokenizer;
  };

  // Texts may be longer than the configuration says, where no table of positions ends there.
  static load_options loading(const pipeline_options& options, const weft::configuration& c, executor run) {
    const auto s = sizes_of(c);
    const auto wanted = std::min(options.max_length, index_t{1} << 60);  // load() refuses far smaller ones
    return {.run = run,
            .allow_nonfinite = options.allow_nonfinite,
            .positions = wanted > s.longest() ? wanted + s.first_position : 0};
  }

  // Where there are workers, one packs the weights while another reads the tokenizer. Packing has no workers of its own
  // then: it would ask the caller's pool from within one of its tasks.
  static parts parts_of(const std::filesystem::path& directory, const pipeline_options& options) {
    parts all{directory, detail::configuration_for<Spec>(directory), nullptr, std::nullopt};
    auto how = options.tokenizer;
    if (how.family.empty()) how.family = detail::model_type_of<Spec>();  // of a config.json that names none
    options.run.for_each(2, [&](index_t i, index_t) {
      if (i == 0)
        all.model = std::make_shared<model_type>(load<Spec, Heads...>(checkpoint::open(directory), all.configuration,
                                                                      loading(options, all.configuration, {})));
      else
        all.tokenizer.emplace(read_tokenizer(directory, how));
    });
    return all;
  }

  runner(parts all, const pipeline_options& options)
      : directory_(std::move(all.directory)),
        configuration_(std::move(all.configuration)),
        model_(std::move(all.model)),
        tokenizer_(std::move(*all.tokenizer)),
        options_(options) {
    // BERT's tokenizer beside a RoBERTa: the model has no row for a second segment.
    if (configuration_.type_vocab_size == 1) tokenizer_ = tokenizer_.without_segments();
    if (options_.width || options_.depth) choose_part();
    const auto& words = tokenizer_.options();
    check_fits(tokenizer_, configuration_, limits(), options_.max_length);
    if (options_.max_length == 0)
      options_.max_length = std::min(limits().longest(), words.model_max_length.value_or(limits().longest()));
  }

  void choose_part() {
    if constexpr (is_slimmable<form_of<Spec>>)
      part_ = active::of(options_.width.value_or(1), options_.depth.value_or(1), Spec::shape, limits().layers);
    else
      fail({.subject = "a width or a depth",
            .found = "a type that runs as a whole",
            .wanted = "one of which a part can run: its spec says `static constexpr bool slimmable = true`"});
  }

  std::filesystem::path directory_;
  weft::configuration configuration_;
  std::shared_ptr<model_type> model_;
  weft::tokenizer tokenizer_;
  pipeline_options options_;
  std::optional<active> part_;  // that runs; none: all
  growing_workspace work_;
  token_batch batch_;
  index_t cost_ = 0;
};

}  // namespace weft
