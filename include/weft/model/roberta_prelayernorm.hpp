#pragma once
// RoBERTa-PreLayerNorm (Ott et al. 2019, fairseq's encoder_normalize_before; reference: RobertaPreLayerNormModel):
// RoBERTa whose norms stand before what they normalise for, and one behind the last layer.
#include <array>
#include <weft/layout/final_norm.hpp>
#include <weft/layout/pre_norm.hpp>
#include <weft/model/roberta.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of its configurations that its types follow from: BERT's, with the same defaults.
using roberta_prelayernorm_numbers = bert_numbers;

/// How its checkpoints spell the last norm and the masked language model.
inline constexpr std::array roberta_prelayernorm_names{renamed{"final_norm", "LayerNorm"}, roberta_names[0],
                                                       roberta_names[1], roberta_names[2]};

/// RoBERTa-PreLayerNorm of any numbers.
template <roberta_prelayernorm_numbers N = roberta_prelayernorm_numbers{}>
struct roberta_prelayernorm_of : roberta_of<N> {
  static constexpr std::string_view family = "roberta-prelayernorm", prefix = "roberta_prelayernorm";
  static constexpr auto names = roberta_prelayernorm_names;
  static constexpr bool reports_last = true;
  using layout = pre_norm;
  using last = final_norm<>;
};

/// All that weft knows of it besides.
struct roberta_prelayernorm_family : roberta_family {
  template <numbers N>
  using type = roberta_prelayernorm_of<N>;
  static constexpr std::string_view name = "roberta_prelayernorm", header = "roberta_prelayernorm";
};

/// efficient_mlm_m0.40 and its relatives have RoBERTa-large's widths.
struct roberta_prelayernorm_large : roberta_prelayernorm_of<roberta_large::numbers> {};

}  // namespace weft
