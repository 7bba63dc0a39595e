#pragma once
// Text in, one vector out: sentence-transformers' models.
#include <functional>
#include <initializer_list>
#include <weft/head/pooled.hpp>
#include <weft/pipeline/nearest.hpp>
#include <weft/pipeline/runner.hpp>
#include <weft/pipeline/vector_steps.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How one call differs from others.
struct embed_call {
  std::string prompt = {};                     ///< the name of one of the model's prompts; none: its default
  std::function<bool(index_t)> progress = {};  ///< told how many texts are done; false ends the call there
};

/// Turns texts into vectors of width() floats as a sentence-transformers directory says: modules.json names the pooling
/// and whether vectors get length 1, sentence_bert_config.json where texts are cut (all-MiniLM-L6-v2: 256 tokens),
/// config_sentence_transformers.json how vectors are compared.
///   weft::embedder<weft::minilm_l6> embed("all-MiniLM-L6-v2");
///   std::vector<float> v = embed("weaving with types");
/// One object serves one thread at a time; copies share the weights, so give each thread a copy.
template <class Spec>
class embedder {
  using running = runner<Spec, pooled<>>;

 public:
  /// Loads a directory, or `organisation/name` from the local cache. Throws weft::error if it is no directory of
  /// sentence-transformers, has modules that weft does not know, or holds another model than Spec.
  explicit embedder(const std::filesystem::path& directory, const pipeline_options& options = {})
      : embedder(sentence_modules::read(resolve_model(directory.string())), options) {}

  /// For a model without modules.json: `modules.model` is its directory, the rest says how to make the vector.
  explicit embedder(const sentence_modules& modules, const pipeline_options& options = {})
      : embedder(modules, running(modules.model, with_reading(modules, options)), options) {}

  /// For what was read already, the tokenizer as reading_of(modules, ...) says.
  embedder(const sentence_modules& modules, model_source from, const pipeline_options& options = {})
      : embedder(modules, running(std::move(from), options), options) {}

  /// The vector of one text. A text of no tokens has one, too: what the modules make of zeros.
  std::vector<float> operator()(std::string_view text, const embed_call& call = {}) {
    const auto one = all(std::initializer_list<std::string_view>{text}, call);
    return {one.data(), one.data() + one.count() * one.width()};
  }

  /// The vectors of a collection of texts, one a row; those that were done where `call.progress` ended it. Each is the
  /// same, to the bit, as that of its text alone. Throws weft::error for a vector that is not finite, with the number
  /// of its text from 1 on, unless the options allow it; and for a prompt that the model has not.
  template <text_source Texts>
  matrix_buffer all(Texts&& texts, const embed_call& call = {}) {
    const std::string& prompt = prompt_of(call);
    return collect(detail::count_of(texts), call, [&](const auto& each) {
      runner_.for_each_batch(
          texts, [&](const text_input& text) { return encode(text, prompt); }, each);
    });
  }
  matrix_buffer all(std::initializer_list<std::string_view> texts, const embed_call& call = {}) {
    return all(list<const std::string_view>(texts), call);
  }
  /// The same of texts that are tokens already, as tokenizer().encode() gives them.
  matrix_buffer all(list<const encoding> texts, const embed_call& call = {}) {
    return collect(texts.size(), call, [&](const auto& each) {
      runner_.clear();
      for (const auto& e : texts) runner_.add(e, e.size(), each);
      runner_.flush(each);
    });
  }

  /// How near two vectors are, as config_sentence_transformers.json says; the cosine where it says nothing.
  float similarity(list<const float> a, list<const float> b) const { return similarity_of(modules_.similarity, a, b); }

  /// Values of a vector.
  index_t width() const { return width_; }
  /// Tokens of a text at most, special ones included; what is longer is cut.
  index_t max_length() const { return runner_.max_length(); }
  const sentence_modules& modules() const { return modules_; }
  const weft::tokenizer& tokenizer() const { return runner_.tokenizer(); }
  const encoder<Spec>& model() const { return runner_.model().body(); }

 private:
  static pipeline_options with_reading(const sentence_modules& m, pipeline_options options) {
    options.tokenizer = reading_of(m, options.tokenizer);
    return options;
  }

  embedder(const sentence_modules& modules, running run, const pipeline_options& options)
      : modules_(modules), runner_(std::move(run)) {
    constexpr index_t hidden = Spec::shape.width;
    if (modules.width != 0 && modules.width != hidden)
      fail({.file = modules.model.string(),
            .subject = "the width that pooling expects",
            .found = std::to_string(modules.width),
            .wanted = std::to_string(hidden) + ", as the model's"});
    runner_.unshared_model().top().modes = modules.pooling;
    width_ = detail::finished_width(modules, runner_.model().output_width());
    if (modules.max_length > 0 && options.max_length == 0) runner_.shorten(modules.max_length);
  }

  struct ended {};  // a call, by its progress

  const std::string& prompt_of(const embed_call& call) const {
    const auto& prompt = call.prompt.empty() ? modules_.prompt : modules_.prompt_named(call.prompt);
    if (!prompt.empty() && !modules_.pools_prompt)
      fail({.file = modules_.model.string(),
            .subject = "include_prompt",
            .found = "false, beside a prompt",
            .wanted = "true: weft pools all rows"});
    return prompt;
  }

  encoding encode(const text_input& text, const std::string& prompt) const {
    if (text.second) fail("weft::embedder takes single texts, not pairs");
    return prompt.empty() ? runner_.encode(text) : runner_.encode(prompt + std::string(text.first));
  }

  // The vectors of all batches that run(each) makes.
  matrix_buffer collect(index_t texts, const embed_call& call, const auto& run) {
    matrix_buffer out(0, width_);
    out.reserve(texts);
    try {
      run([&](const batch& in) {
        embed(in, out.add(in.sequences()));
        if (call.progress && !call.progress(out.count())) throw ended{};
      });
    } catch (const ended&) {
    }
    if (!runner_.allows_nonfinite())
      for (index_t i = 0; i < out.count(); ++i)
        detail::require_finite(out[i], texts == 1 ? "" : detail::text_number(i, 0));
    return out;
  }

  void embed(const batch& in, matrix<float> out) {
    const index_t width = runner_.model().output_width();
    const bool in_place = modules_.steps.empty() && modules_.truncate == 0;
    if (!in_place) pooled_.resize(static_cast<std::size_t>(in.sequences() * width));
    const auto pooled = in_place ? out : matrix<float>(pooled_.data(), in.sequences(), width);
    runner_.forward(in, pooled);
    if (in_place && !modules_.normalize) return;
    runner_.run().for_each(out.count, [&](index_t i, index_t) {
      detail::finish_vector<simd::native>(modules_, {pooled.row(i), width}, {out.row(i), width_});
    });
  }

  sentence_modules modules_;
  running runner_;
  index_t width_ = 0;
  std::vector<float> pooled_;  // of a batch, before what follows
};

}  // namespace weft
