#pragma once
// ALBERT (Lan et al. 2020): BERT's layers that share weights, and factorised tables.
#include <array>
#include <weft/embedding/factorised.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/model/bert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of ALBERT's configurations that its types follow from, with the reference's defaults (AlbertConfig).
struct albert_numbers {
  index_t hidden_size = 4096, num_attention_heads = 64, intermediate_size = 16384, embedding_size = 128;
  activation_name hidden_act = activation_name::gelu_new;
  decimal_number layer_norm_eps{1, -12};
};

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

/// ALBERT of any numbers. Which layers share weights is a run-time size (sizes::groups).
template <albert_numbers N = albert_numbers{}>
struct albert_of {
  static constexpr std::string_view family = "albert", prefix = "albert";
  static constexpr auto names = albert_names;
  static constexpr albert_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using embedding = factorised<N.embedding_size>;
  using mixer = attention<full>;
  using feed_forward = dense<activation_of<N.hidden_act>>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = albert_tasks<activation_of<N.hidden_act>>;
};

/// All that weft knows of ALBERT besides.
struct albert_family : plain_family {
  using numbers = albert_numbers;
  template <numbers N>
  using type = albert_of<N>;
  static constexpr std::string_view name = "albert", header = "albert", tokenizer = "AlbertTokenizer";
  static constexpr auto keys = family_keys<numbers>(
      {.vocabulary = 30000},
      std::array{number_key("embedding_size", numbers{}.embedding_size, 1, 65'536),
                 integer_key("num_hidden_groups", 1, 1, 4'096), integer_key("inner_group_num", 1, 1, 4'096)});
  static void check(const key_values& v) {
    if (v("num_hidden_groups") > v("num_hidden_layers"))
      v.refuse("num_hidden_groups", "at most " + v.what("num_hidden_layers"));
    if (v("inner_group_num") != 1) v.refuse("inner_group_num", "1, as every published model has");
  }
  static index_t groups(const key_values& v) { return v("num_hidden_groups"); }
  /// The reference projects also where both widths are equal.
  template <class Spec>
  static void say(const auto& says) {
    using embedding = typename Spec::embedding;
    if constexpr (
        requires { embedding::options; } && !requires { embedding::projects; })
      says.refuse("the embedding", "tables and a projection", "tables alone");
    say_common<Spec>(says);
  }
};

/// Version 2; version 1 has activation_name::gelu.
struct albert_base
    : albert_of<albert_numbers{.hidden_size = 768, .num_attention_heads = 12, .intermediate_size = 3072}> {};

struct albert_large
    : albert_of<albert_numbers{.hidden_size = 1024, .num_attention_heads = 16, .intermediate_size = 4096}> {};

struct albert_xlarge
    : albert_of<albert_numbers{.hidden_size = 2048, .num_attention_heads = 16, .intermediate_size = 8192}> {};

struct albert_xxlarge : albert_of<> {};

}  // namespace weft
