#pragma once
// Nomic BERT (Nussbaum et al. 2024, "Nomic Embed"): BERT with rotary positions, a gated feed-forward and no biases.
#include <array>
#include <weft/ffn/gated.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/model/bert.hpp>
#include <weft/position/rotary.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of Nomic BERT's configurations that its types follow from, with the reference's defaults
/// (NomicBertConfig). rope_theta stands in rope_parameters.
struct nomic_bert_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, intermediate_size = 3072, rope_theta = 1000;
  activation_name hidden_act = activation_name::silu;
  decimal_number layer_norm_eps{1, -12};
};

/// How Nomic BERT's checkpoints spell embeddings, layers and the masked language model.
inline constexpr std::array nomic_bert_names{renamed{"embeddings.LayerNorm", "emb_ln"},
                                             renamed{"encoder.layer.#", "encoder.layers.#"},
                                             renamed{"attention.self.query_key_value", "attn.Wqkv"},
                                             renamed{"attention.output.dense", "attn.out_proj"},
                                             renamed{"attention.output.LayerNorm", "norm1"},
                                             renamed{"intermediate.dense", "mlp.fc11"},
                                             renamed{"intermediate.gate", "mlp.fc12"},
                                             renamed{"output.dense", "mlp.fc2"},
                                             renamed{"output.LayerNorm", "norm2"},
                                             renamed{"transform.LayerNorm", "transform.layer_norm"}};

/// Which heads Nomic BERT's checkpoints carry.
template <class Activation = silu>
struct nomic_bert_tasks {
  using masked_lm = weft::masked_lm<Activation>;
  using token_classification = weft::token_classification;
};

/// Nomic BERT of any numbers.
template <nomic_bert_numbers N = nomic_bert_numbers{}>
struct nomic_bert_of {
  static constexpr std::string_view family = "nomic_bert", prefix = "nomic_bert";
  static constexpr auto names = nomic_bert_names;
  static constexpr nomic_bert_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using embedding = words_and_segments;
  using mixer = attention<full, scaled, false, rotary<N.rope_theta>, false, projections_stored::as_one>;
  using feed_forward = gated<activation_of<N.hidden_act>, gate_stored::apart, false>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = nomic_bert_tasks<activation_of<N.hidden_act>>;
};

/// All that weft knows of Nomic BERT besides.
struct nomic_bert_family : plain_family {
  using numbers = nomic_bert_numbers;
  template <numbers N>
  using type = nomic_bert_of<N>;
  static constexpr std::string_view name = "nomic_bert", header = "nomic_bert", tokenizer = "BertTokenizer";
  static constexpr auto keys = spelt_rotation(family_keys<numbers>({.positions = 2048}, rotation_keys<numbers>));
  static void check(const key_values& v) { check_rotated_heads(v); }
  template <class Spec>
  static void say(const auto& says) {
    say_common<Spec>(says);
    say_rotation<Spec>(says);
  }
};

/// nomic-embed-text-v1.5
struct nomic_bert_base : nomic_bert_of<> {};

}  // namespace weft
