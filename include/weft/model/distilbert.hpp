#pragma once
// DistilBERT (Sanh et al. 2019): BERT's layers without segments and pooler, under other names.
#include <array>
#include <weft/head/dense_classification.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/model/bert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How DistilBERT's checkpoints spell layers and heads.
inline constexpr std::array distilbert_names{renamed{"encoder.layer", "transformer.layer"},
                                             renamed{"attention.self.query", "attention.q_lin"},
                                             renamed{"attention.self.key", "attention.k_lin"},
                                             renamed{"attention.self.value", "attention.v_lin"},
                                             renamed{"attention.output.dense", "attention.out_lin"},
                                             renamed{"attention.output.LayerNorm", "sa_layer_norm"},
                                             renamed{"intermediate.dense", "ffn.lin1"},
                                             renamed{"output.dense", "ffn.lin2"},
                                             renamed{"output.LayerNorm", "output_layer_norm"},
                                             renamed{"cls.predictions.transform.dense", "vocab_transform"},
                                             renamed{"cls.predictions.transform.LayerNorm", "vocab_layer_norm"},
                                             renamed{"cls.predictions.decoder", "vocab_projector"},
                                             renamed{"cls.predictions", "vocab_projector"},
                                             renamed{"classifier.dense", "pre_classifier"},
                                             renamed{"classifier.out_proj", "classifier"},
                                             renamed{"sequence_summary.summary", "pre_classifier"}};

/// Which heads DistilBERT's checkpoints carry; those of whole texts have a ReLU whatever `activation` says.
template <class Activation = gelu>
struct distilbert_tasks {
  using masked_lm = weft::masked_lm<Activation>;
  using sequence_classification = dense_classification<relu>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = summary_choice<relu>;
};

struct distilbert_base : bert_base {
  static constexpr std::string_view family = "distilbert", prefix = "distilbert";
  static constexpr auto names = distilbert_names;
  using embedding = words_and_positions;
  using tasks = distilbert_tasks<>;
};

}  // namespace weft
