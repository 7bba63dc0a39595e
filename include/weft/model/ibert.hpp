#pragma once
// I-BERT (Kim et al. 2021, "I-BERT: Integer-only BERT Quantization"; reference: IBertModel): RoBERTa, prepared to be
// run on whole numbers.
#include <array>
#include <weft/model/roberta.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of I-BERT's configurations that its types follow from: BERT's, with the same defaults (IBertConfig).
using ibert_numbers = bert_numbers;

/// I-BERT of any numbers.
template <ibert_numbers N = ibert_numbers{}>
struct ibert_of : roberta_of<N> {
  static constexpr std::string_view family = "ibert", prefix = "ibert";
};

/// All that weft knows of I-BERT besides.
struct ibert_family : roberta_family {
  template <numbers N>
  using type = ibert_of<N>;
  static constexpr std::string_view name = "ibert", header = "ibert";
  static constexpr std::array<std::string_view, 1> activations{"gelu"};
  static constexpr std::array<std::string_view, 5> forced{"none", "gelu", "softmax", "layernorm", "nonlinear"};
  static constexpr auto keys = [] {
    auto all = family_keys<numbers>({.padding = 1},
                                    std::array{flag_key("quant_mode", false), word_key("force_dequant", forced)});
    for (auto& k : all)
      if (k.name == "hidden_act") k = word_key(k.name, activations);
    return all;
  }();
  static void check(const key_values& v) {
    if (v("quant_mode") != 0) v.refuse("quant_mode", "true", "false: weft computes I-BERT in floating point");
  }
};

/// ibert-roberta-base and -large, whose published checkpoints are RoBERTa's.
struct ibert_base : ibert_of<roberta_base::numbers> {};

struct ibert_large : ibert_of<roberta_large::numbers> {};

}  // namespace weft
