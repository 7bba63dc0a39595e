#pragma once
// Text in, one vector out: sentence-transformers' models.
#include <initializer_list>
#include <weft/head/pooled.hpp>
#include <weft/io/sentence_modules.hpp>
#include <weft/pipeline/runner.hpp>
#include <weft/pipeline/scores.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The sum of a[i] b[i] over two vectors of one size: the cosine of their angle where both have length 1.
inline float dot_product(list<const float> a, list<const float> b) {
  if (a.size() != b.size())
    fail({.subject = "dot product",
          .found = "vectors of " + std::to_string(a.size()) + " and " + std::to_string(b.size()) + " values",
          .wanted = "two of one size"});
  return dot<simd::native>(a.data(), b.data(), a.size());
}

/// The cosine of the angle between two vectors, in [-1, 1]; 0 if one of them is all zeros, NaN if one has a value that
/// is not finite.
inline float cosine(list<const float> a, list<const float> b) {
  const float product = dot_product(a, b), aa = dot_product(a, a), bb = dot_product(b, b);
  const auto ordinary = [](float squares) { return squares > 1e-30f && squares < 1e30f; };
  if (is_finite(product) && ordinary(aa) && ordinary(bb))
    return std::clamp(product / (std::sqrt(aa) * std::sqrt(bb)), -1.0f, 1.0f);
  // Squares of very small or very large values leave the range of float, but not that of double.
  if (!all_finite(a) || !all_finite(b)) return not_a_number();
  double ab = 0, a_squares = 0, b_squares = 0;
  for (index_t i = 0; i < a.size(); ++i) {
    ab += double{a[i]} * double{b[i]};
    a_squares += double{a[i]} * double{a[i]};
    b_squares += double{b[i]} * double{b[i]};
  }
  const double lengths = std::sqrt(a_squares) * std::sqrt(b_squares);
  return lengths > 0 ? static_cast<float>(std::clamp(ab / lengths, -1.0, 1.0)) : 0.0f;
}

/// How near two vectors are as a model was trained for it; more is nearer, and 0 the nearest of two negative distances.
inline float similarity_of(similarity how, list<const float> a, list<const float> b) {
  if (how == similarity::cosine) return cosine(a, b);
  if (how == similarity::dot) return dot_product(a, b);
  if (a.size() != b.size()) return dot_product(a, b);  // which refuses them
  double sum = 0;
  for (index_t i = 0; i < a.size(); ++i) {
    const double apart = double{a[i]} - double{b[i]};
    sum += how == similarity::manhattan ? std::abs(apart) : apart * apart;
  }
  return -static_cast<float>(how == similarity::manhattan ? sum : std::sqrt(sum));
}

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

  /// The vector of one text. A text of no tokens has one, too: zeros, whatever the pooling.
  std::vector<float> operator()(std::string_view text) {
    const auto one = all(std::initializer_list<std::string_view>{text});
    return {one.data(), one.data() + one.width()};
  }

  /// The vectors of a collection of texts, one a row. Each is the same, to the bit, as that of its text alone. Throws
  /// weft::error for a vector that is not finite, with the number of its text from 1 on, unless the options allow it.
  template <text_source Texts>
  matrix_buffer all(Texts&& texts) {
    matrix_buffer out(0, width());
    out.reserve(detail::count_of(texts));
    runner_.for_each_batch(
        texts, [this](const text_input& text) { return encode(text); },
        [&](const batch& in) { embed(in, out.add(in.sequences())); });
    if (!runner_.allows_nonfinite())
      for (index_t i = 0; i < out.count(); ++i) detail::require_finite(out[i], detail::text_number(i, out.count()));
    return out;
  }
  matrix_buffer all(std::initializer_list<std::string_view> texts) { return all(list<const std::string_view>(texts)); }

  /// How near two vectors are, as config_sentence_transformers.json says; the cosine where it says nothing.
  float similarity(list<const float> a, list<const float> b) const { return similarity_of(modules_.similarity, a, b); }

  /// Values of a vector: those of a hidden state, so many times as there are ways of pooling.
  index_t width() const { return runner_.model().output_width(); }
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
    if (modules.max_length > 0 && options.max_length == 0) runner_.shorten(modules.max_length);
  }

  encoding encode(const text_input& text) const {
    if (text.second) fail("weft::embedder takes single texts, not pairs");
    if (modules_.prompt.empty()) return runner_.encode(text);
    return runner_.encode(modules_.prompt + std::string(text.first));
  }

  void embed(const batch& in, matrix<float> out) {
    runner_.model().forward(in, out, runner_.room(in), runner_.run());
    if (!modules_.normalize) return;
    runner_.run().for_each(out.count,
                           [&](index_t i, index_t) { normalize_length<simd::native>(out.row(i), out.width); });
  }

  sentence_modules modules_;
  running runner_;
};

}  // namespace weft
