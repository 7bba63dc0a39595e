#pragma once
// What a tokenizer's files say beside how to cut: which tokens pad and mask, and lengths.
#include <optional>
#include <string>
#include <weft/text/truncate.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

struct tokenizer_options {
  std::string padding = "[PAD]";                                         ///< need not be in the vocabulary
  std::string mask = "[MASK]";                                           ///< need not be in the vocabulary
  std::optional<weft::truncation> truncation = {};                       ///< what encode does where it is told nothing
  weft::truncation_side truncation_side = weft::truncation_side::right;  ///< where pipelines cut
  std::optional<index_t> model_max_length = {};  ///< tokens that the model takes, where its files say so; for callers
  std::string file = {};                         ///< where the tokenizer came from, for messages
};

}  // namespace weft
