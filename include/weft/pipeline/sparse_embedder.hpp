#pragma once
// Text in, weights of words out: SPLADE.
#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>
#include <weft/head/splade.hpp>
#include <weft/io/sparse_modules.hpp>
#include <weft/pipeline/embedder.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The words of a text whose weight is not 0, by their ids in increasing order, as search engines take them.
struct sparse_vector {
  std::vector<std::int32_t> ids = {};
  std::vector<float> weights = {};
  index_t size() const { return static_cast<index_t>(ids.size()); }
  bool operator==(const sparse_vector&) const = default;
  /// Fails unless every id has a weight.
  void check() const {
    if (ids.size() != weights.size())
      fail({.subject = "sparse vector",
            .found = std::to_string(weights.size()) + " weights",
            .wanted = std::to_string(ids.size()) + ", one for each id"});
  }
};

/// A word and its weight.
struct weighted_term {
  std::string token;  ///< as the vocabulary has it: "##ing" continues a word; empty for an id that it has not
  float weight = 0;
  std::int32_t id = 0;
};

/// How near two sparse vectors are; more is nearer.
inline float similarity_of(similarity how, const sparse_vector& a, const sparse_vector& b) {
  a.check(), b.check();
  double ab = 0, aa = 0, bb = 0, apart = 0, squares = 0;
  const auto both = [&](double x, double y) {
    ab += x * y, aa += x * x, bb += y * y;  // products of floats are exact in double: nothing is left to contract
    apart += std::abs(x - y), squares = std::fma(x - y, x - y, squares);
  };
  std::size_t i = 0, j = 0;
  while (i < a.ids.size() || j < b.ids.size())
    if (j == b.ids.size() || (i < a.ids.size() && a.ids[i] < b.ids[j]))
      both(a.weights[i++], 0);
    else if (i == a.ids.size() || b.ids[j] < a.ids[i])
      both(0, b.weights[j++]);
    else
      both(a.weights[i++], b.weights[j++]);
  switch (how) {
    case similarity::dot:
      return static_cast<float>(ab);
    case similarity::euclidean:
      return -static_cast<float>(std::sqrt(squares));
    case similarity::manhattan:
      return -static_cast<float>(apart);
    case similarity::cosine:
      break;
  }
  return aa > 0 && bb > 0 ? static_cast<float>(ab / (std::sqrt(aa) * std::sqrt(bb))) : 0.0f;
}

/// Turns texts into weights of words as a directory of sentence-transformers' SparseEncoder says (Formal et al. 2021,
/// "SPLADE v2"): the words of the text and those that a masked language model adds.
///   weft::sparse_embedder<weft::bert_base> embed("naver/splade-v3");
///   for (const auto& term : embed.terms(embed("weaving with types"), 10)) std::cout << term.token << "\n";
/// A text of no tokens has no words. One object serves one thread at a time; copies share the weights. Head is another
/// one that gives a vocabulary for every token, as DeBERTa's tasks::enhanced_masked_lm.
template <class Spec, class Head = typename Spec::tasks::masked_lm>
class sparse_embedder {
  using running = runner<Spec, splade<Head>>;

 public:
  /// Loads a directory, or `organisation/name` from the local cache. Throws weft::error for what sparse_modules::read
  /// refuses, for another model than Spec and for one without a masked language model.
  explicit sparse_embedder(const std::filesystem::path& directory, const pipeline_options& options = {})
      : sparse_embedder(sparse_modules::read(resolve_model(directory.string())), options) {}
  /// As `modules` says; `modules.text.model` is the model's directory.
  explicit sparse_embedder(const sparse_modules& modules, const pipeline_options& options = {})
      : sparse_embedder(modules, running(modules.text.model, with_reading(modules, options)), options) {}
  /// Of what was read already, the tokenizer as reading_of(modules.text, ...) says.
  sparse_embedder(const sparse_modules& modules, model_source from, const pipeline_options& options = {})
      : sparse_embedder(modules, running(std::move(from), options), options) {}

  /// The words of one text.
  sparse_vector operator()(std::string_view text, const embed_call& call = {}) {
    auto one = all(std::initializer_list<std::string_view>{text}, call);
    return one.empty() ? sparse_vector() : std::move(one.front());
  }

  /// Those of each of a collection of texts, in order; of the texts that were done where `call.progress` ended it. Each
  /// is the same, to the bit, as that of its text alone. Throws weft::error for a weight that is not finite, with the
  /// number of its text from 1 on, unless the options allow it; and for a prompt that the model has not.
  template <text_source Texts>
  std::vector<sparse_vector> all(Texts&& texts, const embed_call& call = {}) {
    const auto& modules = modules_.text;
    const std::string& prompt = call.prompt.empty() ? modules.prompt : modules.prompt_named(call.prompt);
    const index_t count = detail::count_of(texts);
    std::vector<sparse_vector> out;
    const auto run = [&](const batch& in) {
      gather(in, count, out);
      if (call.progress && !call.progress(static_cast<index_t>(out.size()))) throw ended{};
    };
    runner_.clear();
    try {
      each_text(
          texts, runner_.run(), [&](const text_input& text, index_t) { return encode(text, prompt); },
          [&](const encoding& e) {
            // A text takes a row of a vocabulary.
            runner_.add(e, std::max(e.size(), ceil_div(runner_.batch_tokens(), most_texts)), run);
          });
      runner_.flush(run);
    } catch (const ended&) {
    }
    return out;
  }
  std::vector<sparse_vector> all(std::initializer_list<std::string_view> texts, const embed_call& call = {}) {
    return all(list<const std::string_view>(texts), call);
  }

  /// The k words of the largest weight, the largest first, of equals the smaller id; 0: all of them.
  std::vector<weighted_term> terms(const sparse_vector& of, index_t k = 0) const {
    of.check();
    std::vector<weighted_term> best;
    for (const index_t i : detail::best_of(of.weights, k > 0 ? k : of.size())) {
      const auto at = static_cast<std::size_t>(i);
      const bool known = of.ids[at] < tokenizer().size();
      best.push_back({known ? std::string(tokenizer().token(of.ids[at])) : "", of.weights[at], of.ids[at]});
    }
    return best;
  }

  /// How near the words of two texts are, as config_sentence_transformers.json says; the sum of products where it says
  /// nothing.
  float similarity(const sparse_vector& a, const sparse_vector& b) const {
    return similarity_of(modules_.text.similarity, a, b);
  }

  /// Words that there are.
  index_t width() const { return runner_.limits().vocabulary; }
  /// Tokens of a text at most, special ones included; what is longer is cut.
  index_t max_length() const { return runner_.max_length(); }
  const sparse_modules& modules() const { return modules_; }
  const weft::tokenizer& tokenizer() const { return runner_.tokenizer(); }
  const weft::model<Spec, splade<Head>>& model() const { return runner_.model(); }

 private:
  static constexpr index_t most_texts = 32;  // of a batch
  struct ended {};                           // a call, by its progress

  static pipeline_options with_reading(const sparse_modules& m, pipeline_options options) {
    options.tokenizer = reading_of(m.text, options.tokenizer);
    return options;
  }

  sparse_embedder(const sparse_modules& modules, running run, const pipeline_options& options)
      : modules_(modules), runner_(std::move(run)) {
    runner_.unshared_model().top().how = modules.pooling;
    if (modules.text.max_length > 0 && options.max_length == 0) runner_.shorten(modules.text.max_length);
  }

  encoding encode(const text_input& text, const std::string& prompt) const {
    if (text.second) fail("weft::sparse_embedder takes single texts, not pairs");
    return prompt.empty() ? runner_.encode(text) : runner_.encode(prompt + std::string(text.first));
  }

  void gather(const batch& in, index_t texts, std::vector<sparse_vector>& out) {
    const auto before = out.size();
    const index_t words = runner_.model().output_width();
    rows_.resize(static_cast<std::size_t>(in.sequences() * words));
    const matrix<float> all(rows_.data(), in.sequences(), words);
    runner_.forward(in, all);
    out.resize(before + static_cast<std::size_t>(in.sequences()));
    runner_.run().for_each(in.sequences(), [&](index_t s, index_t) {
      const list<const float> row(all.row(s), words);
      const auto number = static_cast<index_t>(before) + s;
      if (!runner_.allows_nonfinite()) detail::require_finite(row, texts == 1 ? "" : detail::text_number(number, 0));
      auto& vector = out[static_cast<std::size_t>(number)];
      const auto add = [&](index_t word) {
        vector.ids.push_back(static_cast<std::int32_t>(word)), vector.weights.push_back(row[word]);
      };
      if (const index_t most = modules_.max_active_dims; most > 0 && most < words) {
        auto kept = detail::best_of(row, most);
        std::sort(kept.begin(), kept.end());
        for (const index_t word : kept)
          if (!(row[word] <= 0)) add(word);  // NaN, too
      } else {
        for (index_t word = 0; word < words; ++word)
          if (!(row[word] <= 0)) add(word);  // NaN, too
      }
    });
  }

  sparse_modules modules_;
  running runner_;
  std::vector<float> rows_;  // of a batch
};

}  // namespace weft
