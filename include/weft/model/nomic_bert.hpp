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
  static constexpr std::array<std::string_view, 1> published_activations{"swiglu"};
  /// Published configurations are of another program and have its spellings and switches, of which the type has one
  /// setting alone.
  static constexpr std::array<std::string_view, 6> switches{"prenorm",      "qkv_proj_bias",  "mlp_fc1_bias",
                                                            "mlp_fc2_bias", "parallel_block", "rotary_emb_interleaved"};
  static constexpr auto own_keys = [] {
    std::array<key, 12> all{};
    std::size_t n = 0;
    for (const auto& k : rotation_keys<numbers>) all[n++] = k;
    for (const auto name : switches) all[n++] = flag_key(name, false);
    all[n++] = word_key("activation_function", published_activations);
    all[n] = integer_key("rotary_emb_base", 0, 0, 1'000'000'000);
    all[n].with_point = true;
    return all;
  }();
  static constexpr auto keys =
      also_spelt_keys(spelt_rotation(family_keys<numbers>({.positions = 2048}, own_keys)),
                      std::array{renamed{"hidden_size", "n_embd"}, renamed{"num_attention_heads", "n_head"},
                                 renamed{"intermediate_size", "n_inner"}, renamed{"num_hidden_layers", "n_layer"},
                                 renamed{"layer_norm_eps", "layer_norm_epsilon"}});
  static void check(const key_values& v) {
    check_rotated_heads(v);
    for (const auto name : switches)
      if (v(name) != 0) v.refuse(name, "true", "false: weft has no part of Nomic BERT for it");
    if (const auto base = v("rotary_emb_base"); base != 0 && base != v("rope_theta"))
      v.refuse("rotary_emb_base", v.what("rope_theta"));
  }
  template <class Spec>
  static void say(const auto& says) {
    say_common<Spec>(says);
    say_rotation<Spec>(says);
  }
};

/// nomic-embed-text-v1.5
struct nomic_bert_base : nomic_bert_of<> {};

}  // namespace weft
