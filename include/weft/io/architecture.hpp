#pragma once
// Which heads a checkpoint carries: the one place that reads Hugging Face's class names.
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/io/configuration.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The heads of the class that a configuration names first, by their names in a family's tasks (model/bert.hpp):
/// "BertForPreTraining" has "masked_lm" and "next_sentence". Empty for an encoder alone, and where the configuration
/// names no class; nothing for a class that weft does not have.
inline std::optional<std::vector<std::string_view>> tasks_of(const configuration& c) {
  using tasks = std::vector<std::string_view>;
  if (c.architectures.empty()) return tasks{};
  const std::string_view architecture = c.architectures.front();
  const auto is = [&](std::string_view suffix) { return architecture.ends_with(suffix); };
  if (is("ForMaskedLM")) return tasks{"masked_lm"};
  if (is("ForSequenceClassification")) return tasks{"sequence_classification"};
  if (is("ForTokenClassification")) return tasks{"token_classification"};
  if (is("ForQuestionAnswering")) return tasks{"question_answering"};
  if (is("ForMultipleChoice")) return tasks{"multiple_choice"};
  if (c.family == "electra" && is("ForPreTraining")) return tasks{"replaced_token_detection"};
  const bool pairs = c.family == "bert" || c.family == "big_bird" || c.family == "mobilebert";
  if (pairs && is("ForPreTraining")) return tasks{"masked_lm", "next_sentence"};
  if (pairs && is("ForNextSentencePrediction")) return tasks{"next_sentence"};
  if (is("Model")) return tasks{};
  return {};
}

}  // namespace weft
