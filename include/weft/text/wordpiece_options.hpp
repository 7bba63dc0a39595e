#pragma once
// The settings of a WordPiece tokenizer.
#include <optional>
#include <string>
#include <vector>
#include <weft/text/added_tokens.hpp>
#include <weft/text/text_splits.hpp>
#include <weft/text/text_steps.hpp>
#include <weft/text/truncate.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

struct wordpiece_options {
  bool lowercase = true;                                     ///< as uncased vocabularies want it
  std::optional<bool> strip_accents = {};                    ///< unset: as `lowercase`
  bool chinese_characters = true;                            ///< each a word of its own
  bool clean_text = true;                                    ///< delete control characters
  std::optional<std::vector<text_step>> other_steps = {};    ///< instead of BERT's normaliser, the four above
  std::optional<std::vector<text_split>> other_splits = {};  ///< instead of BERT's words
  std::string unknown = "[UNK]";                    ///< stands for a word that has no pieces; must be in the vocabulary
  std::string separator = "[SEP]";                  ///< ends each text; must be in the vocabulary
  std::string classifier = "[CLS]";                 ///< begins the first text; must be in the vocabulary
  std::string padding = "[PAD]";                    ///< need not be in the vocabulary
  std::string mask = "[MASK]";                      ///< need not be in the vocabulary
  std::vector<added_token> added = {};              ///< further ones, or the five above with other flags
  std::string continuing_prefix = "##";             ///< begins pieces that continue a word
  index_t max_characters = 100;                     ///< longer words are unknown
  bool trim_offsets = false;                        ///< offsets of added tokens leave out white space at their ends
  bool trim_keeps_prefix = false;                   ///< but not a space in front of the text
  std::optional<weft::truncation> truncation = {};  ///< what encode does where it is told nothing
  bool clean_up = true;                             ///< what decode does where it is told nothing (see decode.hpp)
  std::optional<index_t> model_max_length = {};  ///< tokens that the model takes, where its files say so; for callers
  std::string file = {};                         ///< where the vocabulary came from, for messages

  normalisation steps() const { return {clean_text, chinese_characters, strip_accents.value_or(lowercase), lowercase}; }
};

}  // namespace weft
