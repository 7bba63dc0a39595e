#pragma once
// MPNet (Song et al. 2020): BERT's layers with a bias of relative positions that all layers share.
#include <array>
#include <weft/memory/renamed.hpp>
#include <weft/model/roberta.hpp>
#include <weft/score/relative_bias.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How MPNet's checkpoints spell layers and the masked language model. The layers' tables of relative positions are
/// one.
inline constexpr std::array mpnet_names{
    renamed{"encoder.layer.#.attention.self.relative_attention_bias", "encoder.relative_attention_bias"},
    renamed{"attention.self.query", "attention.attn.q"},
    renamed{"attention.self.key", "attention.attn.k"},
    renamed{"attention.self.value", "attention.attn.v"},
    renamed{"attention.output.dense", "attention.attn.o"},
    renamed{"attention.output.LayerNorm", "attention.LayerNorm"},
    renamed{"cls.predictions.transform.dense", "lm_head.dense"},
    renamed{"cls.predictions.transform.LayerNorm", "lm_head.layer_norm"},
    renamed{"cls.predictions", "lm_head"}};

/// Which heads MPNet's checkpoints carry: RoBERTa's.
using mpnet_tasks = roberta_tasks;

struct mpnet_base : roberta_base {
  static constexpr std::string_view family = "mpnet", prefix = "mpnet";
  static constexpr auto names = mpnet_names;
  using embedding = words_and_positions_after_padding;
  using mixer = attention<full, relative_bias<>>;
  using tasks = mpnet_tasks;
};

}  // namespace weft
