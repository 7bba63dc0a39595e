#pragma once
// How a model is fine-tuned, how far it is, and what it says of texts that it does not learn from.
#include <charconv>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/finite.hpp>
#include <weft/io/training_checkpoint.hpp>
#include <weft/memory/executor.hpp>
#include <weft/train/schedule.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How a classifier learns.
struct fine_tuning_options {
  executor run = {};
  double rate = 1e-4;           ///< the largest
  index_t epochs = 3;           ///< how often each text is seen
  index_t batch_tokens = 2048;  ///< tokens of a step, to which whole texts are put together
  double warm_up = 0.1;         ///< share of the steps in which the rate rises
  schedule_kind rates = schedule_kind::linear;
  double decay = 0.01, clip = 1, smoothing = 0;
  double dropout = 0.1;      ///< in the encoder and the head
  std::uint64_t seed = 1;    ///< of the order of texts, of dropout and of fresh weights
  index_t max_length = 0;    ///< tokens of a text, of which the rest is cut; 0: as many as the model takes
  index_t piece_tokens = 0;  ///< tokens that are forwarded at once, which bounds memory and changes no bit; 0: all
  index_t stride = 128;      ///< tokens of a context that a window repeats of the one before
  bool binary = false;       ///< targets are learnt through sigmoids, by binary cross-entropy
  double masked = 0.15;      ///< share of the tokens of plain text that are masked
  bool whole_words = false;  ///< all tokens of a word are masked, or none
  bool new_head = false;     ///< a fresh head for the labels of the file, whatever the model has
  bool fresh = false;        ///< fresh weights everywhere: of the model nothing but its configuration is read
};

/// Where learning is.
struct fine_tuning_progress : training_place {
  index_t epochs = 0, steps = 0;  ///< all
  double loss = 0, rate = 0;      ///< of the last step
};
/// What a model says of texts that it does not learn from.
struct fine_tuning_score {
  double loss = 0;
  index_t right = 0, texts = 0;                          ///< those it is right about, where one can be right, and all
  double value = 0;                                      ///< by which the best weights are chosen: more is better
  std::vector<std::pair<std::string, double>> measures;  ///< by name, the one that is `value` first

  double accuracy() const { return texts == 0 ? 0 : static_cast<double>(right) / static_cast<double>(texts); }
};

namespace detail {
/// The shortest decimal that reads back as the same number.
inline std::string shortest(double value) {
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// Fails where a share or a rate cannot be.
inline void check_options(const fine_tuning_options& how) {
  const auto refuse = [](const char* what, double found, const char* wanted) {
    fail({.subject = what, .found = shortest(found), .wanted = wanted});
  };
  if (!(how.rate > 0) || !is_finite(how.rate)) refuse("rate", how.rate, "a number above 0");
  if (!(how.dropout >= 0 && how.dropout < 1)) refuse("dropout", how.dropout, "0 to less than 1");
  if (!(how.warm_up >= 0 && how.warm_up <= 1)) refuse("warm-up", how.warm_up, "a share of the steps, 0 to 1");
  if (!(how.smoothing >= 0 && how.smoothing < 1)) refuse("smoothing", how.smoothing, "0 to less than 1");
}

/// What of the options decides bits.
inline training_facts options_as_facts(const fine_tuning_options& how) {
  training_facts facts;
  for (const auto& [name, value] : {std::pair("rate", how.rate),
                                    {"warm-up", how.warm_up},
                                    {"decay", how.decay},
                                    {"clip", how.clip},
                                    {"smoothing", how.smoothing},
                                    {"masked", how.masked},
                                    {"dropout", how.dropout}})
    facts.emplace_back(name, shortest(value));
  for (const auto& [name, value] : {std::pair("epochs", how.epochs),
                                    {"batch", how.batch_tokens},
                                    {"schedule", static_cast<index_t>(how.rates)},
                                    {"binary", index_t{how.binary}},
                                    {"whole-words", index_t{how.whole_words}},
                                    {"seed", static_cast<index_t>(how.seed)}})
    facts.emplace_back(name, std::to_string(value));
  return facts;
}
}  // namespace detail

}  // namespace weft
