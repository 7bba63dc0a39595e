#pragma once
// Jina Embeddings v3 (Sturua et al. 2024): XLM-RoBERTa's layers with rotary positions instead of a table. Reference:
// JinaEmbeddingsV3Model, whose published files keep other names; adapters of single tasks are not read.
#include <array>
#include <weft/model/roberta.hpp>
#include <weft/position/rotary.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of its configurations that its types follow from, with the reference's defaults (JinaEmbeddingsV3Config).
/// rope_theta stands in rope_parameters.
struct jina_embeddings_v3_numbers {
  index_t hidden_size = 1024, num_attention_heads = 16, intermediate_size = 4096, rope_theta = 20'000;
  activation_name hidden_act = activation_name::gelu;
  decimal_number layer_norm_eps{1, -5};
};

/// How its checkpoints spell embeddings, layers and the masked language model.
inline constexpr std::array jina_embeddings_v3_names{renamed{"embeddings.LayerNorm", "emb_ln"},
                                                     renamed{"encoder.layer.#", "encoder.layers.#"},
                                                     renamed{"attention.self.query_key_value", "mixer.Wqkv"},
                                                     renamed{"attention.output.dense", "mixer.out_proj"},
                                                     renamed{"attention.output.LayerNorm", "norm1"},
                                                     renamed{"intermediate.dense", "mlp.fc1"},
                                                     renamed{"output.dense", "mlp.fc2"},
                                                     renamed{"output.LayerNorm", "norm2"},
                                                     roberta_names[0],
                                                     roberta_names[1],
                                                     roberta_names[2]};

/// Which heads its checkpoints carry: RoBERTa's, without choices.
struct jina_embeddings_v3_tasks {
  using pooled = pooler;
  using masked_lm = weft::masked_lm<gelu>;
  using sequence_classification = dense_classification<hyperbolic_tangent>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
};

/// Jina Embeddings v3 of any numbers.
template <jina_embeddings_v3_numbers N = jina_embeddings_v3_numbers{}>
struct jina_embeddings_v3_of {
  static constexpr std::string_view family = "jina_embeddings_v3", prefix = "roberta";
  static constexpr auto names = jina_embeddings_v3_names;
  static constexpr jina_embeddings_v3_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using embedding = words_and_segments;
  using mixer = attention<full, scaled, true, rotary<N.rope_theta>, true, projections_stored::as_one>;
  using feed_forward = dense<activation_of<N.hidden_act>>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = jina_embeddings_v3_tasks;
};

/// All that weft knows of it besides.
struct jina_embeddings_v3_family : plain_family {
  using numbers = jina_embeddings_v3_numbers;
  template <numbers N>
  using type = jina_embeddings_v3_of<N>;
  static constexpr std::string_view name = "jina_embeddings_v3", header = "jina_embeddings_v3",
                                    tokenizer = "XLMRobertaTokenizer";
  static constexpr auto keys = spelt_rotation(family_keys<numbers>(
      {.layers = 24, .vocabulary = 250002, .positions = 8194, .segments = 1, .padding = 1}, rotation_keys<numbers>));
  static void check(const key_values& v) { check_rotated_heads(v); }
  template <class Spec>
  static void say(const auto& says) {
    say_common<Spec>(says);
    say_rotation<Spec>(says);
  }
};

/// jina-embeddings-v3, as jinaai/jina-embeddings-v3-hf has it.
struct jina_embeddings_v3 : jina_embeddings_v3_of<> {};

}  // namespace weft
