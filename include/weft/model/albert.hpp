#pragma once
// ALBERT (Lan et al. 2020): BERT's layers that share weights, and factorised tables.
#include <array>
#include <weft/embedding/factorised.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/model/bert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How ALBERT's checkpoints spell groups of layers, the projection and the masked language model.
inline constexpr std::array albert_names{renamed{"encoder.layer.#", "encoder.albert_layer_groups.#.albert_layers.0"},
                                         renamed{"attention.self.query", "attention.query"},
                                         renamed{"attention.self.key", "attention.key"},
                                         renamed{"attention.self.value", "attention.value"},
                                         renamed{"attention.output.dense", "attention.dense"},
                                         renamed{"attention.output.LayerNorm", "attention.LayerNorm"},
                                         renamed{"intermediate.dense", "ffn"},
                                         renamed{"output.dense", "ffn_output"},
                                         renamed{"output.LayerNorm", "full_layer_layer_norm"},
                                         renamed{"embeddings_project", "encoder.embedding_hidden_mapping_in"},
                                         renamed{"cls.predictions.transform", "predictions"},
                                         renamed{"cls.predictions", "predictions"}};

/// Which heads ALBERT's checkpoints carry.
template <class Activation = gelu_tanh>
struct albert_tasks {
  using pooled = bare_pooler;
  using masked_lm = factorised_lm<Activation>;
  using sequence_classification = pooled_classification<bare_pooler>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = pooled_choice<bare_pooler>;
};

/// Version 2; version 1 has dense<gelu> and albert_tasks<gelu>. Which layers share weights is a run-time size
/// (sizes::groups).
struct albert_base : bert_base {
  static constexpr std::string_view family = "albert", prefix = "albert";
  static constexpr auto names = albert_names;
  using embedding = factorised<128>;
  using feed_forward = dense<gelu_tanh>;
  using tasks = albert_tasks<>;
};

struct albert_large : albert_base {
  static constexpr model_shape shape{.width = 1024, .heads = 16, .hidden = 4096};
};

struct albert_xlarge : albert_base {
  static constexpr model_shape shape{.width = 2048, .heads = 16, .hidden = 8192};
};

struct albert_xxlarge : albert_base {
  static constexpr model_shape shape{.width = 4096, .heads = 64, .hidden = 16384};
};

}  // namespace weft
