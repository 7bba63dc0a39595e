#pragma once
// ModernBERT (Warner et al. 2024, "Smarter, Better, Faster, Longer"): layers that see all and layers that see a window,
// each with a rotation of its own, gated feed-forwards, norms before what they normalise for.
#include <array>
#include <weft/ffn/gated.hpp>
#include <weft/head/normed_linear.hpp>
#include <weft/layout/final_norm.hpp>
#include <weft/layout/pre_norm.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/model/bert.hpp>
#include <weft/norm/without_bias.hpp>
#include <weft/pattern/per_layer.hpp>
#include <weft/pattern/window.hpp>
#include <weft/position/per_layer.hpp>
#include <weft/position/rotary.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The words of a configuration's classifier_pooling: the rows that heads of whole sequences read.
enum class modernbert_pooling { cls, mean };
template <>
struct words_of<modernbert_pooling> {
  static constexpr std::string_view type = "modernbert_pooling";
  static constexpr std::array<std::string_view, 2> all{"cls", "mean"};
};

/// The keys of ModernBERT's configurations that its types follow from, with the reference's defaults
/// (ModernBertConfig).
struct modernbert_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, intermediate_size = 1152;
  index_t global_attn_every_n_layers = 3;  ///< layers 0, 3, 6 ... see all
  index_t local_attention = 128;           ///< of the others: half as many keys on each side
  index_t global_rope_theta = 160'000, local_rope_theta = 10'000;
  bool attention_bias = false, mlp_bias = false, norm_bias = false, classifier_bias = false, decoder_bias = true;
  modernbert_pooling classifier_pooling = modernbert_pooling::cls;
  activation_name classifier_activation = activation_name::gelu;
  activation_name hidden_act = activation_name::gelu;
  decimal_number layer_norm_eps{1, -5};
  /// Which layers see a window, where they are in no regular order: bit i for layer i. 0: global_attn_every_n_layers
  /// says it.
  index_t layer_types = 0;
};

/// How ModernBERT's checkpoints spell embeddings and layers.
inline constexpr std::array modernbert_names{renamed{"embeddings.word_embeddings", "embeddings.tok_embeddings"},
                                             renamed{"embeddings.LayerNorm", "embeddings.norm"},
                                             renamed{"encoder.layer.#", "layers.#"},
                                             renamed{"attention.LayerNorm", "attn_norm"},
                                             renamed{"attention.self.query_key_value", "attn.Wqkv"},
                                             renamed{"attention.output.dense", "attn.Wo"},
                                             renamed{"intermediate.LayerNorm", "mlp_norm"},
                                             renamed{"intermediate.dense", "mlp.Wi"},
                                             renamed{"output.dense", "mlp.Wo"}};

/// Which heads ModernBERT's checkpoints carry. Rows is what those of whole sequences read.
template <class Activation = gelu, reads Rows = reads::first_token, bool DenseBias = false, bool DecoderBias = true>
struct modernbert_tasks {
  using masked_lm = normed_lm<Activation, DenseBias, DecoderBias>;
  using sequence_classification = normed_classification<Rows, Activation, DenseBias>;
  using token_classification = normed_token_classification<Activation, DenseBias>;
  using question_answering = normed_question_answering<Activation, DenseBias>;
  using multiple_choice = normed_choice<Rows, Activation, DenseBias>;
};

/// ModernBERT of any numbers.
template <modernbert_numbers N = modernbert_numbers{}>
struct modernbert_of {
  static constexpr std::string_view family = "modernbert", prefix = "model";
  static constexpr auto names = modernbert_names;
  static constexpr bool reports_last = true, compares_visible_rows = true;
  static constexpr modernbert_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  /// Global in the layers that see all, Local in those that see a window.
  template <class Global, class Local>
  using by_kind =
      std::conditional_t<N.layer_types == 0, by_layer<every_layer<N.global_attn_every_n_layers>, Global, Local>,
                         by_layer<listed_layers<N.layer_types>, Local, Global>>;

  using embedding = words_alone;
  using mixer = attention<by_kind<full, window<N.local_attention / 2>>, scaled, N.attention_bias,
                          by_kind<rotary<N.global_rope_theta>, rotary<N.local_rope_theta>>, N.attention_bias,
                          projections_stored::as_one>;
  using feed_forward = gated<activation_of<N.hidden_act>, gate_stored::as_one, N.mlp_bias>;
  using norm =
      std::conditional_t<N.norm_bias, layer_norm_of<N.layer_norm_eps>, without_bias<layer_norm_of<N.layer_norm_eps>>>;
  using first = pre_norm_first;
  using layout = pre_norm;
  using last = final_norm<>;
  using numeric = float32;
  using tasks =
      modernbert_tasks<activation_of<N.classifier_activation>,
                       N.classifier_pooling == modernbert_pooling::mean ? reads::sequences_as_one : reads::first_token,
                       N.classifier_bias, N.decoder_bias>;
};

/// All that weft knows of ModernBERT besides.
struct modernbert_family : plain_family {
  using numbers = modernbert_numbers;
  template <numbers N>
  using type = modernbert_of<N>;
  static constexpr std::string_view name = "modernbert", header = "modernbert", tokenizer = "PreTrainedTokenizerFast";
  static constexpr std::array<std::string_view, 2> layer_kinds{"full_attention", "sliding_attention"};
  static constexpr auto own_keys =
      std::array{number_key("global_attn_every_n_layers", numbers{}.global_attn_every_n_layers, 1, 4'096),
                 number_key("local_attention", numbers{}.local_attention, 1, 16'777'216),
                 pointed_key("global_rope_theta", numbers{}.global_rope_theta, 2, 1'000'000'000),
                 pointed_key("local_rope_theta", numbers{}.local_rope_theta, 2, 1'000'000'000),
                 number_key("attention_bias", numbers{}.attention_bias),
                 number_key("mlp_bias", numbers{}.mlp_bias),
                 number_key("norm_bias", numbers{}.norm_bias),
                 number_key("classifier_bias", numbers{}.classifier_bias),
                 number_key("decoder_bias", numbers{}.decoder_bias),
                 number_key("classifier_pooling", numbers{}.classifier_pooling),
                 number_key("classifier_activation", numbers{}.classifier_activation),
                 integer_key("head_dim", 0, 0, 65'536),
                 word_key("global_rope_type", rope_types),
                 word_key("local_rope_type", rope_types),
                 word_key("rope_scaling_type", rope_types)};
  /// Configurations of transformers 5 have rope_parameters and layer_types, older ones a key for each number.
  static constexpr auto keys = also_spelt_keys(
      spelt_keys(with_key(family_keys<numbers>(
                              {.layers = 22, .vocabulary = 50368, .positions = 8192, .segments = 0, .padding = 50283},
                              own_keys),
                          layers_key("layer_types", "global_attn_every_n_layers", layer_kinds)),
                 std::array{renamed{"global_rope_theta", "rope_parameters.full_attention.rope_theta"},
                            renamed{"local_rope_theta", "rope_parameters.sliding_attention.rope_theta"},
                            renamed{"global_rope_type", "rope_parameters.full_attention.rope_type"},
                            renamed{"local_rope_type", "rope_parameters.sliding_attention.rope_type"},
                            renamed{"rope_scaling_type", "rope_scaling.rope_type"},
                            renamed{"hidden_act", "hidden_activation"}, renamed{"layer_norm_eps", "norm_eps"}}),
      std::array{renamed{"global_rope_theta", "global_rope_theta"}, renamed{"local_rope_theta", "local_rope_theta"},
                 renamed{"rope_scaling_type", "rope_scaling.type"}});

  static void check(const key_values& v) { check_rotated_heads(v); }
  template <class Spec>
  static void say(const auto& says) {
    using mixer = typename Spec::mixer;
    say_common<Spec>(says);
    if constexpr (requires { mixer::projection_bias; }) says.flag("attention_bias", mixer::projection_bias);
    if constexpr (requires { mixer::output_bias; }) says.flag("attention_bias", mixer::output_bias);
    if constexpr (requires { Spec::feed_forward::bias; }) says.flag("mlp_bias", Spec::feed_forward::bias);
    if constexpr (requires { Spec::feed_forward::output_bias; }) says.flag("mlp_bias", Spec::feed_forward::output_bias);
    if constexpr (requires { Spec::norm::bias; }) says.flag("norm_bias", Spec::norm::bias);
    if constexpr (requires { typename mixer::pattern_type; }) say_kinds<typename mixer::pattern_type>(says);
    if constexpr (requires { typename mixer::position_type; }) say_kinds<typename mixer::position_type>(says);
  }
  template <class Spec, class Head>
  static void say_head(const auto& says) {
    if constexpr (requires { Head::dense_activation::configuration_names; })
      says.one_of("classifier_activation", Head::dense_activation::configuration_names);
    if constexpr (requires { Head::options.dense_bias; }) {
      says.flag("classifier_bias", Head::options.dense_bias);
      if (Head::kind == "masked_lm") says.flag("decoder_bias", Head::options.bias);
      if (Head::kind == "classification" || Head::kind == "choice")
        says.one_of("classifier_pooling", std::array{Head::reads_rows == reads::first_token ? "cls" : "mean"});
    }
  }

 private:
  template <class>
  struct kinds_of {};
  template <index_t Every, class Global, class Local>
  struct kinds_of<by_layer<every_layer<Every>, Global, Local>> {
    using global = Global;
    using local = Local;
    static constexpr index_t every = Every, bits = 0;
  };
  template <index_t Bits, class Local, class Global>
  struct kinds_of<by_layer<listed_layers<Bits>, Local, Global>> {
    using global = Global;
    using local = Local;
    static constexpr index_t every = 0, bits = Bits;
  };
  // What policies say that differ by layer.
  template <class Policy>
  static void say_kinds(const auto& says) {
    using kinds = kinds_of<Policy>;
    if constexpr (requires { kinds::bits; }) {
      says.layers("layer_types", kinds::bits);
      if (kinds::every > 0) says.integer("global_attn_every_n_layers", kinds::every);
      if constexpr (requires { kinds::local::reach; }) says.half("local_attention", kinds::local::reach);
      if constexpr (requires { kinds::global::theta; }) says.integer("global_rope_theta", kinds::global::theta);
      if constexpr (requires { kinds::local::theta; }) says.integer("local_rope_theta", kinds::local::theta);
    }
  }
};

/// ModernBERT-base, and what is made of it: gte-modernbert-base, modernbert-embed-base, granite's embedding models.
struct modernbert_base : modernbert_of<modernbert_numbers{.classifier_pooling = modernbert_pooling::mean}> {};

struct modernbert_large : modernbert_of<modernbert_numbers{.hidden_size = 1024,
                                                           .num_attention_heads = 16,
                                                           .intermediate_size = 2624,
                                                           .classifier_pooling = modernbert_pooling::mean}> {};

}  // namespace weft
