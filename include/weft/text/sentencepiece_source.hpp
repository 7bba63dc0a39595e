#pragma once
// What a directory holds of a SentencePiece model. It is here, apart from sentencepiece.hpp, for those who have not got
// the library.
#include <string>
#include <string_view>
#include <weft/text/tokenizer_options.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

struct sentencepiece_source {
  std::string_view bytes = {};     ///< of the file spiece.model
  tokenizer_options options = {};  ///< what tokenizer_config.json says
  std::string classifier = {};     ///< begins the first text; empty: [CLS] or <s>, if the model has one
  std::string separator = {};      ///< ends each text; empty: [SEP] or </s>, if the model has one
};

}  // namespace weft
