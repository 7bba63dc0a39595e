#pragma once
// What fine_tuner needs to know of texts whose words have labels: names, parts of speech.
#include <map>
#include <string>
#include <string_view>
#include <vector>
#include <weft/pipeline/sort_texts.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A label for each word of a text; words and labels have blanks between. The first token of a word has its label, the
/// others have none (reference: transformers' examples of token classification). A score is better where more words
/// are right.
class tag_words {
 public:
  template <class Spec>
  using head = typename Spec::tasks::token_classification;

  tag_words(const configuration& model, const labelled_texts& texts, const fine_tuning_options& how)
      : smoothing_(how.smoothing) {
    std::map<std::string, index_t, std::less<>> seen;
    for (const auto& t : texts.all)
      for (const auto& label : words_of(t.label)) ++seen[std::string(label.text)];
    if (how.new_head || how.fresh) {
      for (const auto& [label, count] : seen) labels_.push_back(label);
    } else {
      labels_ = model.labels;
    }
    for (std::size_t i = 0; i < labels_.size(); ++i) number_[labels_[i]] = static_cast<std::int32_t>(i);
    if (seen.size() < 2)
      fail({.file = texts.file,
            .found = seen.empty() ? std::string("no label") : "one label alone, " + detail::shown(seen.begin()->first),
            .wanted = "two or more"});
  }

  const std::vector<std::string>& labels() const { return labels_; }
  index_t outputs() const { return static_cast<index_t>(labels_.size()); }
  std::string configuration_of(const configuration& c) const {
    return classifier_configuration(c, labels_, {"ForTokenClassification", nullptr});
  }

  bool add(std::vector<training_example>& to, const labelled_texts& from, const labelled_text& t,
           const tokenizer& words, const truncation& at_most) const {
    const auto in_text = words_of(t.text), labels = words_of(t.label);
    const auto where = "line " + std::to_string(t.line);
    if (in_text.size() != labels.size())
      fail({.file = from.file,
            .subject = where,
            .found = std::to_string(labels.size()) + " labels",
            .wanted = std::to_string(in_text.size()) + ", one for each word"});
    const auto e = words.encode(t.text, at_most);
    training_example one{{e.ids.begin(), e.ids.end()}, {e.segments.begin(), e.segments.end()}, {}, {}};
    one.labels.assign(one.ids.size(), ignored_label);
    std::size_t number = 0;
    for (index_t i = 0; i < e.size(); ++i) {
      const auto place = static_cast<std::size_t>(i);
      if (e.inserted(i)) continue;
      while (number < in_text.size() && in_text[number].end <= e.offsets[place].begin) ++number;
      if (number == in_text.size()) break;
      if (e.offsets[place].end <= in_text[number].begin) continue;
      one.labels[place] = number_of(from, where, labels[number].text);
      ++number;  // what follows of the word has no label
    }
    to.push_back(std::move(one));
    return e.size() == at_most.max_length;
  }
  cross_entropy loss(const training_batch& of) const { return cross_entropy(of.labels, smoothing_); }

  class judgement : public sort_texts::counted {
   public:
    explicit judgement(const tag_words&) {}
  };

 private:
  struct word {
    std::string_view text;
    index_t begin, end;
  };
  static std::vector<word> words_of(std::string_view text) {
    std::vector<word> words;
    for (std::size_t at = 0; at < text.size();) {
      const auto begin = text.find_first_not_of(" \t", at);
      if (begin == text.npos) break;
      const auto end = std::min(text.find_first_of(" \t", begin), text.size());
      words.push_back({text.substr(begin, end - begin), static_cast<index_t>(begin), static_cast<index_t>(end)});
      at = end;
    }
    return words;
  }
  std::int32_t number_of(const labelled_texts& from, const std::string& where, std::string_view label) const {
    const auto at = number_.find(label);
    if (at != number_.end()) return at->second;
    fail({.file = from.file,
          .subject = where,
          .found = "the label " + detail::shown(std::string(label)),
          .wanted = "one of the model's " + std::to_string(labels_.size()),
          .remedy = "with --new-head the model gets a fresh head for the labels of the training file"});
  }

  double smoothing_;
  std::vector<std::string> labels_;
  std::map<std::string, std::int32_t, std::less<>> number_;
};

}  // namespace weft
