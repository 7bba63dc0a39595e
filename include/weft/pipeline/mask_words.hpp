#pragma once
// What fine_tuner needs to know of plain text, of which masked words are to be told: pre-training.
#include <filesystem>
#include <string>
#include <vector>
#include <weft/io/write_model.hpp>
#include <weft/pipeline/fine_tuning_options.hpp>
#include <weft/pipeline/model_source.hpp>
#include <weft/pipeline/sort_texts.hpp>
#include <weft/pipeline/token_masking.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A text to be read, and where its tokens may be stored.
struct plain_text {
  std::filesystem::path file, tokens;
};

/// Masked language modelling of plain text (Devlin et al. 2019). Which words are masked follows from the seed, the
/// epoch and the example's number, so that each epoch masks others. Logits are made of masked tokens only. A score is
/// better where more of them are told.
class mask_words {
 public:
  template <class Spec>
  using head = typename Spec::tasks::masked_lm;
  using texts_type = plain_text;

  mask_words(const configuration& model, const plain_text&, const fine_tuning_options& how)
      : outputs_(static_cast<index_t>(model.labels.size())),
        smoothing_(how.smoothing),
        masking_{.share = how.masked, .whole_words = how.whole_words} {
    if (!(how.masked > 0 && how.masked < 1))
      fail({.subject = "masked", .found = detail::shortest(how.masked), .wanted = "a share above 0 and below 1"});
  }

  const std::vector<std::string>& labels() const { return labels_; }
  index_t outputs() const { return outputs_; }  ///< of other heads, which stay as many
  std::string configuration_of(const configuration& c) const {
    return classifier_configuration(c, {}, {"ForMaskedLM", nullptr});
  }
  cross_entropy loss(const training_batch& of) const { return cross_entropy(of.labels, smoothing_); }

  /// The examples of a text.
  class examples {
   public:
    examples(const mask_words& task, const plain_text& from, const model_source& source, const fine_tuning_options& how)
        : corpus_(token_corpus::build(from.file, from.tokens, source.tokenizer, how.max_length, how.seed)),
          masking_(task.masking_),
          seed_(how.seed) {
      masking_.mask = source.tokenizer.mask_id();
      masking_.vocabulary = std::min(source.tokenizer.size(), sizes_of(source.configuration).vocabulary);
      if (masking_.mask < 0)
        fail({.file = from.file.string(), .subject = "tokenizer", .found = "no mask token", .wanted = "one"});
    }
    index_t size() const { return corpus_.size(); }
    index_t length(index_t i) const { return corpus_.length(i); }
    index_t cut() const { return 0; }
    const token_corpus& corpus() const { return corpus_; }
    void digest(sha256& all) const { corpus_.digest(all); }
    void add_to(training_batch& batch, index_t i, index_t epoch) const {
      training_example one;
      for (index_t at = 0; at < length(i); ++at) {
        const auto token = corpus_.token(i, at);
        one.ids.push_back(token.id), one.segments.push_back(token.second);
      }
      auto mixed = random_source(seed_).bits() + static_cast<std::uint64_t>(epoch + 1);
      mixed = random_source(mixed).bits() + static_cast<std::uint64_t>(i);
      const index_t first = batch.tokens.tokens();
      for (const auto& [place, shown] : choose_masked(corpus_, i, masking_, random_source(mixed))) {
        one.labels.push_back(one.ids[static_cast<std::size_t>(place)]);
        one.ids[static_cast<std::size_t>(place)] = shown;
        batch.chosen.push_back(first + place);
      }
      batch.add(one);
    }

   private:
    token_corpus corpus_;
    masking masking_;
    std::uint64_t seed_;
  };

  class judgement : public sort_texts::counted {
   public:
    explicit judgement(const mask_words&) {}
  };

 private:
  index_t outputs_;
  double smoothing_;
  masking masking_;
  std::vector<std::string> labels_;
};

}  // namespace weft
