#pragma once
// What a pipeline is made of, read already.
#include <filesystem>
#include <string>
#include <weft/base/error.hpp>
#include <weft/base/shape.hpp>
#include <weft/io/checkpoint.hpp>
#include <weft/io/configuration.hpp>
#include <weft/io/sentence_modules.hpp>
#include <weft/io/tokenizer_json.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A model's configuration, weights and tokenizer, wherever they come from. A program that reads them in one place
/// (configuration::parse, checkpoint::parse and parse_tokenizer read memory) and runs them in another compiles the
/// readers once.
///   weft::classifier<Spec> sort(weft::model_source{...});
struct model_source {
  weft::configuration configuration;
  checkpoint weights;
  weft::tokenizer tokenizer;
};

/// Fails unless a model has a row for every token and positions for texts of `max_length` tokens (0: its own limit).
inline void check_fits(const tokenizer& words, const configuration& c, const sizes& limits, index_t max_length) {
  if (words.size() > limits.vocabulary)
    fail({.file = words.options().file,
          .subject = "vocabulary",
          .found = std::to_string(words.size()) + " tokens",
          .wanted = "at most " + std::to_string(limits.vocabulary) + ", the rows of the model's word table",
          .remedy = "check that the tokenizer belongs to the model"});
  if (max_length < 0 || max_length > limits.longest())
    fail({.file = c.file,
          .subject = "max_length",
          .found = std::to_string(max_length),
          .wanted = "0 to " + std::to_string(limits.longest()) + ", the positions of this model"});
}

/// How to read the tokenizer of a sentence-transformers directory. sentence-transformers lower-cases the text before
/// the tokenizer sees it; accents stay what the files say.
inline tokenizer_reading reading_of(const sentence_modules& m, tokenizer_reading how) {
  if (!m.lowercase) return how;
  const auto words = read_tokenizer(m.model, how);
  if (const auto* pieces = words.as<wordpiece>(); pieces && !pieces->options().other_steps)
    how.strip_accents = pieces->options().steps().strip_accents;
  how.lowercase = true;
  return how;
}

}  // namespace weft
