#pragma once
// The tokenizer classes of transformers that weft knows, and what each makes of its files where they say nothing.
#include <array>
#include <string>
#include <string_view>
#include <weft/io/families.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// How a class builds its tokenizer. All but `stored` take the options of tokenizer_config.json, or their own defaults,
/// rather than those of tokenizer.json.
enum class tokenizer_kind {
  stored,
  bert,
  mpnet,
  roberta,
  xlm_roberta,
  camembert,
  albert,
  big_bird,
  deberta,
  deberta_v2
};

struct tokenizer_class {
  std::string_view name;  ///< without "Fast"
  tokenizer_kind kind;
  bool segments;  ///< whether its model_input_names have token_type_ids
};

/// Source: transformers 5.23, models/*/tokenization_*.py; aliases are here under their own names.
inline constexpr std::array<tokenizer_class, 23> tokenizer_classes{{
    {"BertTokenizer", tokenizer_kind::bert, true},
    {"ElectraTokenizer", tokenizer_kind::bert, true},
    {"ConvBertTokenizer", tokenizer_kind::bert, true},
    {"MobileBertTokenizer", tokenizer_kind::bert, true},
    {"DistilBertTokenizer", tokenizer_kind::bert, false},
    {"LayoutLMTokenizer", tokenizer_kind::bert, true},
    {"SqueezeBertTokenizer", tokenizer_kind::bert, true},
    {"DPRQuestionEncoderTokenizer", tokenizer_kind::bert, true},
    {"DPRContextEncoderTokenizer", tokenizer_kind::bert, true},
    {"MPNetTokenizer", tokenizer_kind::mpnet, false},
    {"RobertaTokenizer", tokenizer_kind::roberta, false},
    {"LongformerTokenizer", tokenizer_kind::roberta, false},
    {"BartTokenizer", tokenizer_kind::roberta, false},
    {"LEDTokenizer", tokenizer_kind::roberta, false},
    {"XLMRobertaTokenizer", tokenizer_kind::xlm_roberta, false},
    {"CamembertTokenizer", tokenizer_kind::camembert, false},
    {"AlbertTokenizer", tokenizer_kind::albert, false},
    {"BigBirdTokenizer", tokenizer_kind::big_bird, false},
    {"DebertaTokenizer", tokenizer_kind::deberta, true},
    {"DebertaV2Tokenizer", tokenizer_kind::stored, true},
    {"PreTrainedTokenizer", tokenizer_kind::stored, false},
    {"PreTrainedTokenizerFast", tokenizer_kind::stored, false},
    {"TokenizersBackend", tokenizer_kind::stored, false},
}};

/// The entry of a class; null if weft does not know it.
constexpr const tokenizer_class* find_tokenizer_class(std::string_view name) {
  for (const auto& c : tokenizer_classes)
    if (c.name == name) return &c;
  return name.ends_with("Fast") ? find_tokenizer_class(name.substr(0, name.size() - 4)) : nullptr;
}

/// The class of a model_type where no file names one; null where there is none that weft knows.
constexpr const tokenizer_class* class_of_family(std::string_view model_type) {
  const auto* const family = find_family(model_type);
  if (!family) return nullptr;
  const auto* const other = same_as(*family, model_type);
  return find_tokenizer_class(other ? other->tokenizer : family->tokenizer);
}

/// The keys of tokenizer_config.json and special_tokens_map.json that name special tokens.
inline constexpr std::array<std::string_view, 7> special_token_keys{"bos_token", "eos_token", "unk_token", "sep_token",
                                                                    "pad_token", "cls_token", "mask_token"};

/// What a kind calls them where no file does, in the order of the keys.
constexpr std::array<std::string_view, 7> default_special_tokens(tokenizer_kind kind) {
  switch (kind) {
    case tokenizer_kind::bert:
      return {"", "", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"};
    case tokenizer_kind::mpnet:
      return {"<s>", "</s>", "[UNK]", "</s>", "<pad>", "<s>", "<mask>"};
    case tokenizer_kind::roberta:
    case tokenizer_kind::xlm_roberta:
    case tokenizer_kind::camembert:
      return {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"};
    case tokenizer_kind::albert:
      return {"[CLS]", "[SEP]", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]"};
    case tokenizer_kind::big_bird:
      return {"<s>", "</s>", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]"};
    case tokenizer_kind::deberta:
    case tokenizer_kind::deberta_v2:
      return {"[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"};
    case tokenizer_kind::stored:
      break;
  }
  return {};
}

}  // namespace weft::detail
