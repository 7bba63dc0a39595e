#pragma once
// GTE's second generation (Zhang et al. 2024, "mGTE"): BERT with rotary positions and a gated feed-forward, and with
// segments or without. Reference: GteModel, whose published files keep other names.
#include <array>
#include <weft/ffn/gated.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/model/bert.hpp>
#include <weft/position/rotary.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of GTE's configurations that its types follow from, with the reference's defaults (GteConfig). rope_theta
/// stands in rope_parameters.
struct gte_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, intermediate_size = 3072, rope_theta = 160'000;
  activation_name hidden_act = activation_name::gelu;
  decimal_number layer_norm_eps{1, -12};
  index_t type_vocab_size = 1;  ///< 0: no table of segments
};

/// How GTE's checkpoints spell layers and the masked language model.
inline constexpr std::array gte_names{renamed{"attention.self.query_key_value", "attention.qkv_proj"},
                                      renamed{"attention.output.dense", "attention.o_proj"},
                                      renamed{"attention.output.LayerNorm", "attn_ln"},
                                      renamed{"intermediate.dense", "mlp.up_gate_proj"},
                                      renamed{"output.dense", "mlp.down_proj"},
                                      renamed{"output.LayerNorm", "mlp_ln"},
                                      renamed{"cls.predictions.transform.dense", "lm_head.dense"},
                                      renamed{"cls.predictions.transform.LayerNorm", "lm_head.norm"},
                                      renamed{"cls.predictions", "lm_head"}};

/// Which heads GTE's checkpoints carry.
struct gte_tasks {
  using pooled = pooler;
  using masked_lm = weft::masked_lm<gelu>;
  using sequence_classification = pooled_classification<>;
  using token_classification = weft::token_classification;
};

/// GTE of any numbers.
template <gte_numbers N = gte_numbers{}>
struct gte_of {
  static constexpr std::string_view family = "gte", prefix = "gte";
  static constexpr auto names = gte_names;
  static constexpr auto older_names = std::array{renamed{"gte", "new"}};
  static constexpr gte_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using embedding = std::conditional_t<(N.type_vocab_size > 0), words_and_segments, words_alone>;
  using mixer = attention<full, scaled, true, rotary<N.rope_theta>, true, projections_stored::as_one>;
  using feed_forward = gated<activation_of<N.hidden_act>, gate_stored::value_first, false, true>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = gte_tasks;
};

/// All that weft knows of GTE besides.
struct gte_family : plain_family {
  using numbers = gte_numbers;
  template <numbers N>
  using type = gte_of<N>;
  static constexpr std::string_view name = "gte", header = "gte", tokenizer = "XLMRobertaTokenizer";
  static constexpr std::array<std::string_view, 1> older_prefixes{"new"};
  static constexpr auto keys = spelt_rotation(numbers_too(family_keys<numbers>({.vocabulary = 250048,
                                                                                .positions = 8192,
                                                                                .segments = numbers{}.type_vocab_size,
                                                                                .padding = 1,
                                                                                .may_lack_segments = true},
                                                                               rotation_keys<numbers>),
                                                          std::array<std::string_view, 1>{"type_vocab_size"}));
  static void check(const key_values& v) { check_rotated_heads(v); }
  template <class Spec>
  static void say(const auto& says) {
    say_common<Spec>(says);
    say_segments<Spec>(says);
    if constexpr (requires { Spec::numbers.type_vocab_size; })
      says.integer("type_vocab_size", Spec::numbers.type_vocab_size);
    say_rotation<Spec>(says);
  }
};

/// gte-multilingual-base.
struct gte_base : gte_of<> {};

/// gte-base-en-v1.5 and gte-large-en-v1.5, which have no segments.
struct gte_base_en : gte_of<gte_numbers{.type_vocab_size = 0}> {};
struct gte_large_en
    : gte_of<gte_numbers{
          .hidden_size = 1024, .num_attention_heads = 16, .intermediate_size = 4096, .type_vocab_size = 0}> {};

}  // namespace weft
