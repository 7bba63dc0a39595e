#pragma once
// What fine_tuner needs to know of texts that are sorted into kinds.
#include <map>
#include <string>
#include <vector>
#include <weft/io/write_model.hpp>
#include <weft/pipeline/fine_tuning_options.hpp>
#include <weft/pipeline/labelled_texts.hpp>
#include <weft/pipeline/training_example.hpp>
#include <weft/text/tokenizer.hpp>
#include <weft/train/loss.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// One label a text, or a pair of texts. The loss is cross-entropy; a score is better where more texts are right.
class sort_texts {
 public:
  template <class Spec>
  using head = typename Spec::tasks::sequence_classification;

  /// The labels are the model's or, for a new head, those of the texts. Throws weft::error for one label alone.
  sort_texts(const configuration& model, const labelled_texts& texts, const fine_tuning_options& how)
      : smoothing_(how.smoothing) {
    std::map<std::string, index_t> seen;
    for (const auto& t : texts.all) ++seen[t.label];
    if (how.new_head || how.fresh) {
      for (const auto& [label, count] : seen) labels_.push_back(label);
    } else {
      labels_ = model.labels;
    }
    for (std::size_t i = 0; i < labels_.size(); ++i) number_[labels_[i]] = static_cast<std::int32_t>(i);
    if (seen.size() < 2)
      fail({.file = texts.file,
            .found = "one label alone, " + detail::shown(seen.begin()->first),
            .wanted = "two or more"});
  }

  const std::vector<std::string>& labels() const { return labels_; }
  index_t outputs() const { return static_cast<index_t>(labels_.size()); }
  std::string configuration_of(const configuration& c) const { return classifier_configuration(c, labels_); }

  /// The example of a text. Returns whether tokens were cut. Throws weft::error for a label that the model does not
  /// have.
  bool add(std::vector<training_example>& to, const labelled_texts& from, const labelled_text& t,
           const tokenizer& words, const truncation& at_most) const {
    const auto e = t.second.empty() ? words.encode(t.text, at_most) : words.encode_pair(t.text, t.second, at_most);
    to.push_back({{e.ids.begin(), e.ids.end()}, {e.segments.begin(), e.segments.end()}, {number_of(from, t)}, {}});
    return e.size() == at_most.max_length;
  }
  /// The loss of a batch, which must outlive it.
  cross_entropy loss(const training_batch& of) const { return cross_entropy(of.labels, smoothing_); }

  /// Adds up what a model says of batches: how many of those that have a label are right.
  class counted {
   public:
    cross_entropy loss(const training_batch& of) const { return cross_entropy(of.labels); }
    void see(matrix<const float>, index_t, const training_batch&) {}
    void add(const cross_entropy& loss) {
      labelled_ += loss.counted(), right_ += loss.right();
      sum_ += loss.loss() * static_cast<double>(loss.counted());
    }
    fine_tuning_score score() const {
      const auto all = static_cast<double>(std::max<index_t>(labelled_, 1));
      const double accuracy = static_cast<double>(right_) / all;
      return {sum_ / all, right_, labelled_, accuracy, {{"accuracy", accuracy}}};
    }

   private:
    index_t labelled_ = 0, right_ = 0;
    double sum_ = 0;
  };
  class judgement : public counted {
   public:
    explicit judgement(const sort_texts&) {}
  };

 private:
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

  double smoothing_;
  std::vector<std::string> labels_;
  std::map<std::string, std::int32_t> number_;
};

}  // namespace weft
