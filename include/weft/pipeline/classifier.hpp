#pragma once
// Text in, label out.
#include <initializer_list>
#include <weft/pipeline/runner.hpp>
#include <weft/pipeline/scores.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// One class and how sure the model is of it.
struct ranked_label {
  std::string label;
  float score = 0;          ///< its probability; a regression's value
  weft::index_t index = 0;  ///< its place in the configuration's id2label
};

/// The best class of a text, and what it was chosen from.
struct classification : ranked_label {
  std::vector<float> logits;  ///< the head's values, one a label
};

/// What a classifier's scores are (problem_type in config.json).
enum class score_kind {
  softmax,  ///< one class is right: probabilities add up to 1
  sigmoid,  ///< multi_label_classification, or a single label: each class is right or wrong by itself
  raw,      ///< regression, or a single label of which the files say so: the head's values as they are
};

namespace detail {
/// Of one label, as sentence-transformers' CrossEncoder has it: the sigmoid, unless the files name the identity.
inline score_kind score_kind_of(const cross_encoder_files& said) {
  if (said.activation.ends_with(".Identity")) return score_kind::raw;
  if (!said.activation.empty() && !said.activation.ends_with(".Sigmoid"))
    fail({.file = said.file,
          .subject = said.key,
          .found = shown(said.activation),
          .wanted = "torch's Sigmoid or Identity"});
  return score_kind::sigmoid;
}
/// As transformers has it, and of one label as a cross-encoder's files say.
inline score_kind score_kind_of(const configuration& c) {
  if (c.problem_type == "regression") return score_kind::raw;
  if (c.problem_type == "multi_label_classification") return score_kind::sigmoid;
  return c.labels.size() == 1 ? score_kind_of(c.cross_encoder) : score_kind::softmax;
}

/// Scores of logits.
inline std::vector<float> scores_of(score_kind kind, list<const float> logits) {
  switch (kind) {
    case score_kind::softmax:
      return softmax_of(logits);
    case score_kind::sigmoid:
      return sigmoid_of(logits);
    case score_kind::raw:
      break;
  }
  return {logits.begin(), logits.end()};
}
}  // namespace detail

/// Sorts texts, or pairs of texts, into the classes of a sequence classification checkpoint.
///   weft::classifier<gloss_electra> sort("electra-gloss");
///   std::cout << sort("a large feline of the savanna").label;
/// Texts longer than max_length() tokens are cut, of pairs the longer text. One object serves one
/// thread at a time; copies share the weights, so give each thread a copy.
template <class Spec>
class classifier {
  using head = typename Spec::tasks::sequence_classification;

 public:
  /// Loads a directory, or `organisation/name` from the local cache. Throws weft::error if it holds another model than
  /// Spec, no classification head, other labels than the head has, or no tokenizer.
  explicit classifier(const std::filesystem::path& directory, const pipeline_options& options = {})
      : classifier(runner<Spec, head>(directory, options), options) {}
  /// Of what was read already.
  explicit classifier(model_source from, const pipeline_options& options = {})
      : classifier(runner<Spec, head>(std::move(from), options), options) {}

  /// The best class of a text; or of a pair.
  classification operator()(std::string_view text) { return one({text}); }
  classification operator()(std::string_view first, std::string_view second) { return one({first, second}); }

  /// The best classes of a collection of texts, or of std::pairs of texts, in order. Each is the same, to the bit, as
  /// that of its text alone. Throws weft::error for logits that are not finite, with the number of their text from 1
  /// on, unless the options allow them.
  template <text_source Texts>
  std::vector<classification> all(Texts&& texts) {
    std::vector<classification> out;
    runner_.for_each_batch(
        texts, [this](const text_input& text) { return runner_.encode(text); },
        [&](const batch& in) { sort(in, out); });
    if (!runner_.allows_nonfinite())
      for (std::size_t i = 0; i < out.size(); ++i)
        detail::require_finite(out[i].logits,
                               detail::text_number(static_cast<index_t>(i), static_cast<index_t>(out.size())));
    return out;
  }
  std::vector<classification> all(std::initializer_list<std::string_view> texts) {
    return all(list<const std::string_view>(texts));
  }

  /// The k best classes of a text or of a pair, the best first; all of them if there are fewer.
  std::vector<ranked_label> top(const text_input& text, index_t k) { return top(one(text), k); }
  /// The same for an answer that is already there.
  std::vector<ranked_label> top(const classification& answer, index_t k) const {
    const auto s = detail::scores_of(kind_, answer.logits);
    std::vector<ranked_label> out;
    for (const index_t i : detail::best_of(s, k)) out.push_back(ranked(s, i));
    return out;
  }

  /// The classes' names, in the order of the logits.
  const std::vector<std::string>& labels() const { return runner_.configuration().labels; }
  score_kind kind() const { return kind_; }
  /// Tokens of a text at most, special ones included; what is longer is cut.
  index_t max_length() const { return runner_.max_length(); }
  const weft::configuration& configuration() const { return runner_.configuration(); }
  const weft::tokenizer& tokenizer() const { return runner_.tokenizer(); }
  const weft::model<Spec, head>& model() const { return runner_.model(); }

 private:
  classifier(runner<Spec, head> run, const pipeline_options& options)
      : runner_(std::move(run)), kind_(detail::score_kind_of(runner_.configuration())) {
    const auto cut = runner_.configuration().cross_encoder.max_length;
    if (cut > 0 && options.max_length == 0) runner_.shorten(cut);
  }

  classification one(const text_input& text) { return std::move(all(list<const text_input>(&text, 1)).front()); }

  void sort(const batch& in, std::vector<classification>& out) {
    const auto n = static_cast<index_t>(labels().size());
    std::vector<float> logits(static_cast<std::size_t>(in.sequences() * n));
    runner_.forward(in, matrix<float>(logits.data(), in.sequences(), n));
    for (index_t s = 0; s < in.sequences(); ++s) {
      const list<const float> row(logits.data() + s * n, n);
      const auto best = detail::best_of(row, 1).front();
      out.push_back({ranked(detail::scores_of(kind_, row), best), {row.begin(), row.end()}});
    }
  }

  ranked_label ranked(const std::vector<float>& s, index_t i) const {
    const auto at = static_cast<std::size_t>(i);
    return {labels()[at], s[at], i};
  }

  runner<Spec, head> runner_;
  score_kind kind_ = score_kind::softmax;
};

}  // namespace weft
