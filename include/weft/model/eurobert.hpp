#pragma once
// EuroBERT (Boizard et al. 2025): Llama's layers looking both ways: root mean square norms before what they normalise
// for, gated feed-forwards, rotary positions, and heads that share keys.
#include <array>
#include <weft/embedding/not_normed.hpp>
#include <weft/ffn/gated.hpp>
#include <weft/head/averaged_classification.hpp>
#include <weft/head/linear_lm.hpp>
#include <weft/layout/final_norm.hpp>
#include <weft/layout/pre_norm.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/mixer/grouped_query_attention.hpp>
#include <weft/model/bert.hpp>
#include <weft/norm/rms_norm.hpp>
#include <weft/position/rotary.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The words of a configuration's classifier_pooling: the first row, the mean of rows, the mean of their logits.
enum class eurobert_pooling { bos, mean, late };
template <>
struct words_of<eurobert_pooling> {
  static constexpr std::string_view type = "eurobert_pooling";
  static constexpr std::array<std::string_view, 3> all{"bos", "mean", "late"};
};

/// The keys of EuroBERT's configurations that its types follow from, with the reference's defaults (EuroBertConfig).
/// rope_theta stands in rope_parameters.
struct eurobert_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, intermediate_size = 3072;
  index_t num_key_value_heads = 0;  ///< 0: num_attention_heads
  index_t rope_theta = 10'000;
  bool attention_bias = false, mlp_bias = false;
  eurobert_pooling classifier_pooling = eurobert_pooling::late;
  activation_name hidden_act = activation_name::silu;
  decimal_number layer_norm_eps{1, -5};
};

/// How EuroBERT's checkpoints spell embeddings and layers.
inline constexpr std::array eurobert_names{renamed{"embeddings.word_embeddings", "embed_tokens"},
                                           renamed{"encoder.layer.#", "layers.#"},
                                           renamed{"attention.LayerNorm", "input_layernorm"},
                                           renamed{"attention.self.query", "self_attn.q_proj"},
                                           renamed{"attention.self.key", "self_attn.k_proj"},
                                           renamed{"attention.self.value", "self_attn.v_proj"},
                                           renamed{"attention.output.dense", "self_attn.o_proj"},
                                           renamed{"intermediate.LayerNorm", "post_attention_layernorm"},
                                           renamed{"intermediate.gate", "mlp.gate_proj"},
                                           renamed{"intermediate.dense", "mlp.up_proj"},
                                           renamed{"output.dense", "mlp.down_proj"},
                                           renamed{"final_norm", "norm"}};

/// Which heads EuroBERT's checkpoints carry.
template <averaged Where = averaged::after_dense, bool DecoderBias = false>
struct eurobert_tasks {
  using masked_lm = linear_lm<DecoderBias>;
  using sequence_classification = averaged_classification<Where>;
  using token_classification = weft::token_classification;
};

/// EuroBERT of any numbers.
template <eurobert_numbers N = eurobert_numbers{}>
struct eurobert_of {
  static constexpr std::string_view family = "eurobert", prefix = "model";
  static constexpr auto names = eurobert_names;
  static constexpr bool reports_last = true;
  static constexpr eurobert_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  static constexpr index_t key_heads = N.num_key_value_heads > 0 ? N.num_key_value_heads : N.num_attention_heads;
  using embedding = not_normed<words_alone>;
  using mixer = std::conditional_t<
      key_heads == N.num_attention_heads,
      attention<full, scaled, N.attention_bias, rotary<N.rope_theta>, N.attention_bias>,
      grouped_query_attention<key_heads, full, scaled, N.attention_bias, rotary<N.rope_theta>, N.attention_bias>>;
  using feed_forward = gated<activation_of<N.hidden_act>, gate_stored::apart, N.mlp_bias>;
  using norm = rms_norm<ratio_of<N.layer_norm_eps>>;
  using layout = pre_norm;
  using last = final_norm<>;
  using numeric = float32;
  using tasks = eurobert_tasks<N.classifier_pooling == eurobert_pooling::bos    ? averaged::not_at_all
                               : N.classifier_pooling == eurobert_pooling::mean ? averaged::before_dense
                                                                                : averaged::after_dense,
                               N.mlp_bias>;
};

/// All that weft knows of EuroBERT besides.
struct eurobert_family : plain_family {
  using numbers = eurobert_numbers;
  template <numbers N>
  using type = eurobert_of<N>;
  static constexpr std::string_view name = "eurobert", header = "eurobert", tokenizer = "PreTrainedTokenizerFast";
  static constexpr auto rotation = rotation_keys<numbers>;
  static constexpr auto own_keys =
      std::array{same_as("num_attention_heads", number_key("num_key_value_heads", 0, 1, 4'096)),
                 rotation[0],
                 number_key("attention_bias", numbers{}.attention_bias),
                 number_key("mlp_bias", numbers{}.mlp_bias),
                 number_key("classifier_pooling", numbers{}.classifier_pooling),
                 rotation[1],
                 rotation[2],
                 rotation[3]};
  static constexpr auto keys =
      spelt_keys(spelt_rotation(family_keys<numbers>(
                     {.vocabulary = 128256, .positions = 8192, .segments = 0, .padding = 128001}, own_keys)),
                 std::array{renamed{"layer_norm_eps", "rms_norm_eps"}});
  static void check(const key_values& v) {
    check_rotated_heads(v);
    if (v("num_attention_heads") % v("num_key_value_heads") != 0)
      v.refuse("num_key_value_heads", unit_string("a divisor of ") + v.what("num_attention_heads"));
  }
  template <class Spec>
  static void say(const auto& says) {
    using mixer = typename Spec::mixer;
    say_common<Spec>(says);
    say_rotation<Spec>(says);
    if constexpr (requires { mixer::key_heads; })
      says.integer("num_key_value_heads", mixer::key_heads);
    else
      says.integer("num_key_value_heads", Spec::shape.heads);
    if constexpr (requires { mixer::projection_bias; }) says.flag("attention_bias", mixer::projection_bias);
    if constexpr (requires { mixer::output_bias; }) says.flag("attention_bias", mixer::output_bias);
    if constexpr (requires { Spec::feed_forward::bias; }) says.flag("mlp_bias", Spec::feed_forward::bias);
  }
  template <class Spec, class Head>
  static void say_head(const auto& says) {
    if constexpr (requires { Head::where; })
      says.one_of("classifier_pooling",
                  std::array{words_of<eurobert_pooling>::all[static_cast<std::size_t>(Head::where)]});
  }
};

/// EuroBERT-210m, -610m and -2.1B.
struct eurobert_210m : eurobert_of<eurobert_numbers{.rope_theta = 250'000}> {};
struct eurobert_610m : eurobert_of<eurobert_numbers{.hidden_size = 1152,
                                                    .num_attention_heads = 18,
                                                    .intermediate_size = 4096,
                                                    .num_key_value_heads = 6,
                                                    .rope_theta = 250'000}> {};

}  // namespace weft
