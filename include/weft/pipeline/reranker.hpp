#pragma once
// A query and texts in, the texts in the order in which they answer it out.
#include <initializer_list>
#include <weft/pipeline/classifier.hpp>
#include <weft/pipeline/nearest.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Scores texts by a cross-encoder: a sequence classification checkpoint of one label that reads the query and a text
/// together (Nogueira and Cho 2019, "Passage re-ranking with BERT"; sentence-transformers' CrossEncoder).
///   weft::reranker<weft::bert_base> rank("cross-encoder");
///   for (const auto& [row, score] : rank("a big cat", texts, 10)) std::cout << texts[row] << "\n";
/// Of a query and a text that are too long together the longer is cut. One object serves one thread at a time; copies
/// share the weights.
template <class Spec>
class reranker {
 public:
  /// Loads a directory, or `organisation/name` from the local cache. Throws weft::error for what weft::classifier
  /// refuses, and for a model of more labels than one.
  explicit reranker(const std::filesystem::path& directory, const pipeline_options& options = {})
      : reranker(classifier<Spec>(directory, options)) {}
  /// Of what was read already.
  explicit reranker(model_source from, const pipeline_options& options = {})
      : reranker(classifier<Spec>(std::move(from), options)) {}

  /// How well each text answers the query, in order: the sigmoid of the model's value, or the value itself where the
  /// files name the identity (activation_fn of config_sentence_transformers.json or of sentence_transformers in
  /// config.json, sbert_ce_default_activation_function in older files). problem_type says nothing here. Each is the
  /// same, to the bit, as that of its text alone.
  template <std::ranges::input_range Texts>
  std::vector<float> scores(std::string_view query, Texts&& texts) {
    std::vector<text_input> pairs;
    for (const auto& text : texts) pairs.emplace_back(query, std::string_view(text));
    std::vector<float> all;
    for (const auto& answer : sort_.all(pairs)) all.push_back(detail::scores_of(kind_, answer.logits).front());
    return all;
  }
  std::vector<float> scores(std::string_view query, std::initializer_list<std::string_view> texts) {
    return scores(query, list<const std::string_view>(texts));
  }

  /// The k texts that answer the query best, the best first, of equals the earlier: places and scores.
  template <std::ranges::input_range Texts>
  std::vector<neighbour> operator()(std::string_view query, Texts&& texts, index_t k) {
    const auto all = scores(query, std::forward<Texts>(texts));
    std::vector<neighbour> best;
    for (const index_t i : detail::best_of(all, k)) best.push_back({i, all[static_cast<std::size_t>(i)]});
    return best;
  }
  std::vector<neighbour> operator()(std::string_view query, std::initializer_list<std::string_view> texts, index_t k) {
    return (*this)(query, list<const std::string_view>(texts), k);
  }

  score_kind kind() const { return kind_; }
  /// Tokens of a query and a text together at most, special ones included.
  index_t max_length() const { return sort_.max_length(); }
  const weft::tokenizer& tokenizer() const { return sort_.tokenizer(); }

 private:
  explicit reranker(classifier<Spec> sort) : sort_(std::move(sort)) {
    if (const auto& labels = sort_.labels(); labels.size() != 1)
      fail({.file = sort_.configuration().file,
            .subject = "id2label",
            .found = std::to_string(labels.size()) + " labels",
            .wanted = "one, how well a text answers a query",
            .remedy = "weft::classifier, at the prompt weft classify --pairs, gives the scores of all labels"});
    kind_ = detail::score_kind_of(sort_.configuration().cross_encoder);
  }

  classifier<Spec> sort_;
  score_kind kind_ = score_kind::sigmoid;
};

}  // namespace weft
