#pragma once
// Which heads a checkpoint carries: the one place that reads Hugging Face's class names.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/io/configuration.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How Hugging Face's classes with one head end, and the head's name in a family's tasks (model/bert.hpp).
struct class_ending {
  std::string_view ending, task;
};
inline constexpr std::array<class_ending, 6> class_endings{{
    {"ForMaskedLM", "masked_lm"},
    {"ForSequenceClassification", "sequence_classification"},
    {"ForTokenClassification", "token_classification"},
    {"ForQuestionAnswering", "question_answering"},
    {"ForMultipleChoice", "multiple_choice"},
    {"ForNextSentencePrediction", "next_sentence"},
}};

/// How classes of an encoder alone end: transformers', and those of Contriever and of ColBERT, whose head is no part of
/// their model_type.
inline constexpr std::array<std::string_view, 4> encoder_endings{"Model", "Encoder", "Contriever", "ColBERT"};

/// The heads of the class that a configuration names first, by their names in a family's tasks: "BertForPreTraining"
/// has "masked_lm" and "next_sentence". Empty for an encoder alone, and where the configuration names no class; nothing
/// for a class that weft does not have.
inline std::optional<std::vector<std::string_view>> tasks_of(const configuration& c) {
  using tasks = std::vector<std::string_view>;
  if (c.architectures.empty()) return tasks{};
  const std::string_view architecture = c.architectures.front();
  const auto& all = c.facts().tasks;
  for (const auto& e : class_endings)
    if (architecture.ends_with(e.ending) && std::find(all.begin(), all.end(), e.task) != all.end())
      return tasks{e.task};
  const auto& trained = c.facts().pre_training;
  if (!trained.empty() && architecture.ends_with("ForPreTraining")) return tasks(trained.begin(), trained.end());
  for (const auto ending : encoder_endings)
    if (architecture.ends_with(ending)) return tasks{};
  return {};
}

}  // namespace weft
