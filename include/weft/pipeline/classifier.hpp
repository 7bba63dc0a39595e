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
/// As transformers has it; a cross-encoder of one label may name another function than the sigmoid (the key
/// activation_fn in sentence_transformers, sbert_ce_default_activation_function in older files).
inline score_kind score_kind_of(const configuration& c) {
  if (c.problem_type == "regression") return score_kind::raw;
  if (c.problem_type == "multi_label_classification") return score_kind::sigmoid;
  if (c.labels.size() != 1) return score_kind::softmax;
  std::string key = "sbert_ce_default_activation_function", name = c.text(key, "");
  if (c.says("sentence_transformers")) {
    const auto& said = json_at(c.document(), "sentence_transformers", c.file);
    if (json_find(said, "activation_fn", c.file)) key = "activation_fn", name = json_text(said, key, c.file);
  }
  if (name.ends_with(".Identity")) return score_kind::raw;
  if (!name.empty() && !name.ends_with(".Sigmoid"))
    fail({.file = c.file, .subject = key, .found = shown(name), .wanted = "torch's Sigmoid or Identity"});
  return score_kind::sigmoid;
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
      : classifier(runner<Spec, head>(directory, options)) {}
  /// Of what was read already.
  explicit classifier(model_source from, const pipeline_options& options = {})
      : classifier(runner<Spec, head>(std::move(from), options)) {}

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
    const auto s = scores(answer.logits);
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
  explicit classifier(runner<Spec, head> run)
      : runner_(std::move(run)), kind_(detail::score_kind_of(runner_.configuration())) {}

  classification one(const text_input& text) { return std::move(all(list<const text_input>(&text, 1)).front()); }

  void sort(const batch& in, std::vector<classification>& out) {
    const auto n = static_cast<index_t>(labels().size());
    std::vector<float> logits(static_cast<std::size_t>(in.sequences() * n));
    runner_.forward(in, matrix<float>(logits.data(), in.sequences(), n));
    for (index_t s = 0; s < in.sequences(); ++s) {
      const list<const float> row(logits.data() + s * n, n);
      const auto best = detail::best_of(row, 1).front();
      out.push_back({ranked(scores(row), best), {row.begin(), row.end()}});
    }
  }

  std::vector<float> scores(list<const float> logits) const {
    switch (kind_) {
      case score_kind::softmax:
        return detail::softmax_of(logits);
      case score_kind::sigmoid:
        return detail::sigmoid_of(logits);
      case score_kind::raw:
        break;
    }
    return {logits.begin(), logits.end()};
  }
  ranked_label ranked(const std::vector<float>& s, index_t i) const {
    const auto at = static_cast<std::size_t>(i);
    return {labels()[at], s[at], i};
  }

  runner<Spec, head> runner_;
  score_kind kind_ = score_kind::softmax;
};

}  // namespace weft
