#pragma once
// What fine_tuner needs to know of questions whose answers stand in a context.
#include <algorithm>
#include <string>
#include <vector>
#include <weft/io/write_model.hpp>
#include <weft/pipeline/fine_tuning_options.hpp>
#include <weft/pipeline/labelled_texts.hpp>
#include <weft/pipeline/training_example.hpp>
#include <weft/text/tokenizer.hpp>
#include <weft/train/span_loss.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A question (`text`), a context (`second`) and its part that answers (`label`), of which the first in the context
/// counts; an empty one says that there is none. A context that does not fit is cut into windows that overlap, an
/// example each; where the whole answer is not in a window, its first token is what is to be found (reference:
/// transformers' examples of question answering). A score is better where more spans are found exactly.
class find_answers {
 public:
  template <class Spec>
  using head = typename Spec::tasks::question_answering;

  find_answers(const configuration&, const labelled_texts&, const fine_tuning_options& how) : stride_(how.stride) {}

  const std::vector<std::string>& labels() const { return labels_; }
  index_t outputs() const { return 2; }
  std::string configuration_of(const configuration& c) const {
    return classifier_configuration(c, {}, {"ForQuestionAnswering", nullptr});
  }

  /// Throws weft::error for an answer that is not in its context, and for a question that leaves the context no room.
  bool add(std::vector<training_example>& to, const labelled_texts& from, const labelled_text& t,
           const tokenizer& words, const truncation& at_most) const {
    const auto where = "line " + std::to_string(t.line);
    const auto found = t.second.find(t.label);
    if (found == t.second.npos)
      fail({.file = from.file,
            .subject = where,
            .found = "the answer " + detail::shown(t.label),
            .wanted = "a part of its context, letter by letter"});
    const index_t special = words.special_tokens(true), length = words.pieces(t.text).size();
    const index_t room = at_most.max_length - special - length;
    if (room < 1)
      fail({.file = from.file,
            .subject = where,
            .found = "a question of " + std::to_string(length) + " tokens",
            .wanted = "at most " + std::to_string(at_most.max_length - special - 1)});
    const auto begin = static_cast<index_t>(found), end = begin + static_cast<index_t>(t.label.size());
    const auto windows = words.windows_pair(
        t.text, t.second,
        {at_most.max_length, truncation_strategy::only_second, std::min(stride_, room / 2), at_most.side});
    for (const auto& e : windows) {
      std::int32_t first = 0, last = 0;
      if (end > begin) {
        const auto offset = [&](index_t i) { return e.offsets[static_cast<std::size_t>(i)]; };
        for (index_t i = e.second.begin; i < e.second.end; ++i) {
          if (first == 0 && offset(i).begin <= begin && offset(i).end > begin) first = static_cast<std::int32_t>(i);
          if (offset(i).begin < end && offset(i).end >= end) last = static_cast<std::int32_t>(i);
        }
        if (first == 0 || last < first) first = last = 0;
      }
      to.push_back({{e.ids.begin(), e.ids.end()}, {e.segments.begin(), e.segments.end()}, {first, last}, {}});
    }
    return windows.size() > 1;
  }
  span_cross_entropy loss(const training_batch& of) const {
    return span_cross_entropy(of.labels, of.tokens.view().offsets);
  }

  class judgement {
   public:
    explicit judgement(const find_answers& task) : task_(task) {}
    span_cross_entropy loss(const training_batch& of) const { return task_.loss(of); }
    void see(matrix<const float>, index_t, const training_batch&) {}
    void add(const span_cross_entropy& loss) {
      texts_ += loss.counted(), right_ += loss.right(), sum_ += loss.loss() * static_cast<double>(loss.counted());
    }
    fine_tuning_score score() const {
      const auto all = static_cast<double>(std::max<index_t>(texts_, 1));
      const double exact = static_cast<double>(right_) / all;
      return {sum_ / all, right_, texts_, exact, {{"exact", exact}}};
    }

   private:
    const find_answers& task_;
    index_t texts_ = 0, right_ = 0;
    double sum_ = 0;
  };

 private:
  index_t stride_;
  std::vector<std::string> labels_;
};

}  // namespace weft
