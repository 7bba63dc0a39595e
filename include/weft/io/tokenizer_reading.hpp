#pragma once
// How to read a tokenizer's files.
#include <optional>
#include <string>
#include <weft/text/sentencepiece_source.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

class tokenizer;

/// What to do otherwise than the files say.
struct tokenizer_reading {
  /// Unset: as the files say. The second and third are for WordPiece.
  std::optional<bool> lowercase = {}, strip_accents = {}, chinese_characters = {};
  bool stored_truncation = false;  ///< obey the truncation in tokenizer.json; stored padding is never obeyed
  /// The model_type where config.json has none, which tells the class where no file does.
  std::string family = {};
  /// What reads spiece.model where there is nothing else: weft::read_sentencepiece of text/sentencepiece.hpp, which
  /// needs the component weft::sentencepiece. Without it such a directory is refused.
  tokenizer (*sentencepiece)(const sentencepiece_source&) = nullptr;
};

}  // namespace weft
