#pragma once
// What fine_tuner needs to know of texts that have numbers: one, or as the subjective questions of QUEST twenty.
#include <cmath>
#include <string>
#include <vector>
#include <weft/io/write_model.hpp>
#include <weft/pipeline/correlation.hpp>
#include <weft/pipeline/fine_tuning_options.hpp>
#include <weft/pipeline/labelled_texts.hpp>
#include <weft/pipeline/training_example.hpp>
#include <weft/text/tokenizer.hpp>
#include <weft/train/loss.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Several numbers a text, or a pair of texts. The loss is the squared error of the outputs; or, of targets from 0 to
/// 1, the binary cross-entropy of their sigmoids. A score is better where the squared error is smaller.
class estimate_values {
 public:
  template <class Spec>
  using head = typename Spec::tasks::sequence_classification;

  /// Throws weft::error for another number of targets than the model has outputs (unless it gets a new head), and for
  /// targets outside of 0 to 1 where sigmoids are wanted.
  estimate_values(const configuration& model, const labelled_texts& texts, const fine_tuning_options& how)
      : names_(texts.targets), what_(how.binary ? outputs_are::logits : outputs_are::values) {
    if (!how.new_head && !how.fresh && model.labels.size() != names_.size())
      fail({.file = texts.file,
            .found = std::to_string(names_.size()) + " targets",
            .wanted = std::to_string(model.labels.size()) + ", as the model has outputs",
            .remedy = "name as many columns by --targets, or let the model have a fresh head by --new-head"});
  }

  const std::vector<std::string>& labels() const { return names_; }
  index_t outputs() const { return static_cast<index_t>(names_.size()); }
  std::string configuration_of(const configuration& c) const {
    return classifier_configuration(
        c, names_, {.problem_type = what_ == outputs_are::logits ? "multi_label_classification" : "regression"});
  }

  bool add(std::vector<training_example>& to, const labelled_texts& from, const labelled_text& t,
           const tokenizer& words, const truncation& at_most) const {
    if (t.targets.size() != names_.size())
      refuse(from, t, std::to_string(t.targets.size()) + " targets", std::to_string(names_.size()));
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (what_ == outputs_are::logits && !(t.targets[i] >= 0 && t.targets[i] <= 1))
        refuse(from, t, names_[i] + " = " + detail::shortest(double{t.targets[i]}),
               "targets from 0 to 1 for a sigmoid");
    const auto e = t.second.empty() ? words.encode(t.text, at_most) : words.encode_pair(t.text, t.second, at_most);
    to.push_back({{e.ids.begin(), e.ids.end()}, {e.segments.begin(), e.segments.end()}, {}, t.targets});
    return e.size() == at_most.max_length;
  }

  /// One of both losses.
  class loss_type {
   public:
    loss_type(list<const float> targets, outputs_are what)
        : what_(what), squared_(targets), binary_(targets, outputs_are::logits) {}
    void operator()(matrix<const float> z, matrix<float> d, index_t first) {
      what_ == outputs_are::logits ? binary_(z, d, first) : squared_(z, d, first);
    }
    double loss() const { return what_ == outputs_are::logits ? binary_.loss() : squared_.loss(); }

   private:
    outputs_are what_;
    mean_squared_error squared_;
    binary_cross_entropy binary_;
  };
  loss_type loss(const training_batch& of) const { return {of.targets, what_}; }

  class judgement {
   public:
    explicit judgement(const estimate_values& task) : task_(task), columns_(task.names_.size()) {}
    loss_type loss(const training_batch& of) const { return task_.loss(of); }
    void see(matrix<const float> out, index_t first, const training_batch& of) {
      for (index_t i = 0; i < out.count; ++i)
        for (index_t c = 0; c < out.width; ++c) {
          auto& of_target = columns_[static_cast<std::size_t>(c)];
          const double z = double{out.row(i)[c]};
          of_target.told.push_back(task_.what_ == outputs_are::logits ? detail::sigmoid_of(z) : z);
          of_target.wanted.push_back(double{of.targets[static_cast<std::size_t>((first + i) * out.width + c)]});
        }
      texts_ += out.count;
    }
    void add(const loss_type& loss) { sum_ += loss.loss(), ++batches_; }
    fine_tuning_score score() const {
      double squared = 0, absolute = 0, explained = 0, ranked = 0;
      for (const auto& c : columns_) {
        const auto n = static_cast<double>(c.told.size());
        double mean = 0, off = 0, all = 0;
        for (const double y : c.wanted) mean += y / n;
        for (std::size_t i = 0; i < c.told.size(); ++i) {
          const double error = c.told[i] - c.wanted[i];
          off += error * error, all += (c.wanted[i] - mean) * (c.wanted[i] - mean), absolute += std::abs(error) / n;
        }
        squared += off / n, explained += all > 0 ? 1 - off / all : 0, ranked += rank_correlation_of(c.told, c.wanted);
      }
      const auto n = static_cast<double>(columns_.size());
      return {sum_ / static_cast<double>(std::max<index_t>(batches_, 1)),
              -1,
              texts_,
              -squared / n,
              {{"mse", squared / n}, {"mae", absolute / n}, {"r2", explained / n}, {"spearman", ranked / n}}};
    }

   private:
    struct column {
      std::vector<double> told, wanted;
    };
    const estimate_values& task_;
    std::vector<column> columns_;
    index_t texts_ = 0, batches_ = 0;
    double sum_ = 0;
  };

 private:
  [[noreturn]] static void refuse(const labelled_texts& from, const labelled_text& t, const std::string& found,
                                  const std::string& wanted) {
    const auto where = "line " + std::to_string(t.line);
    fail({.file = from.file, .subject = where, .found = found, .wanted = wanted});
  }
  std::vector<std::string> names_;
  outputs_are what_;
};

}  // namespace weft
