#pragma once
// RoBERTa (Liu et al. 2019) and XLM-RoBERTa (Conneau et al. 2020): BERT with other positions, heads and names.
#include <array>
#include <weft/head/dense_classification.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/model/bert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How RoBERTa's checkpoints spell the masked language model.
inline constexpr std::array roberta_names{renamed{"cls.predictions.transform.dense", "lm_head.dense"},
                                          renamed{"cls.predictions.transform.LayerNorm", "lm_head.layer_norm"},
                                          renamed{"cls.predictions", "lm_head"}};

/// Which heads RoBERTa's checkpoints carry. Their activations do not follow hidden_act.
struct roberta_tasks {
  using pooled = pooler;
  using masked_lm = weft::masked_lm<gelu>;
  using sequence_classification = dense_classification<hyperbolic_tangent>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = pooled_choice<>;
};

struct roberta_base : bert_base {
  static constexpr std::string_view family = "roberta", prefix = "roberta";
  static constexpr auto names = roberta_names;
  using embedding = summed_after_padding;
  using norm = layer_norm<std::ratio<1, 100'000>>;
  using tasks = roberta_tasks;
};

struct roberta_large : roberta_base {
  static constexpr model_shape shape{.width = 1024, .heads = 16, .hidden = 4096};
};

struct xlm_roberta_base : roberta_base {
  static constexpr std::string_view family = "xlm-roberta";
};

struct xlm_roberta_large : roberta_large {
  static constexpr std::string_view family = "xlm-roberta";
};

}  // namespace weft
