#pragma once
// RoFormer (Su et al. 2021): BERT whose queries and keys turn by their positions, neighbours as pairs.
#include <array>
#include <weft/model/electra.hpp>
#include <weft/position/rotary_neighbours.hpp>
#include <weft/position/values_too.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of RoFormer's configurations that its types follow from, with the reference's defaults (RoFormerConfig).
struct roformer_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, intermediate_size = 3072;
  index_t embedding_size = 0;  ///< 0: hidden_size
  bool rotary_value = false;   ///< values turn, too
  activation_name hidden_act = activation_name::gelu;
  decimal_number layer_norm_eps{1, -12};
};

/// Which heads RoFormer's checkpoints carry.
template <class Activation = gelu>
struct roformer_tasks {
  using masked_lm = factorised_lm<Activation>;
  using sequence_classification = dense_classification<Activation>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = last_token_choice;
};

/// RoFormer of any numbers.
template <roformer_numbers N = roformer_numbers{}>
struct roformer_of {
  static constexpr std::string_view family = "roformer", prefix = "roformer";
  static constexpr roformer_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  static constexpr index_t table_width = N.embedding_size > 0 ? N.embedding_size : N.hidden_size;
  using embedding =
      std::conditional_t<table_width == N.hidden_size, words_and_segments, factorised<table_width, words_and_segments>>;
  using position = std::conditional_t<N.rotary_value, values_too<rotary_neighbours<>>, rotary_neighbours<>>;
  using mixer = attention<full, scaled, true, position>;
  using feed_forward = dense<activation_of<N.hidden_act>>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = roformer_tasks<activation_of<N.hidden_act>>;
};

/// All that weft knows of RoFormer besides.
struct roformer_family : plain_family {
  using numbers = roformer_numbers;
  template <numbers N>
  using type = roformer_of<N>;
  static constexpr std::string_view name = "roformer", header = "roformer", tokenizer = "RoFormerTokenizer";
  static constexpr auto keys = family_keys<numbers>(
      {.vocabulary = 50000, .positions = 1536},
      std::array{same_as("hidden_size", number_key("embedding_size", numbers{}.embedding_size, 1, 65'536)),
                 number_key("rotary_value", numbers{}.rotary_value)});
  static void check(const key_values& v) { check_even_heads(v); }
  template <class Spec>
  static void say(const auto& says) {
    say_projected_only_if_narrow<Spec>(says);
    say_common<Spec>(says);
    if constexpr (requires { typename Spec::mixer::position_type; }) {
      using position = typename Spec::mixer::position_type;
      says.flag("rotary_value", places_values<position>);
      if constexpr (requires { position::neighbours_theta; })
        says.fixed("the base of the rotation", 10'000, static_cast<double>(position::neighbours_theta));
    }
  }
  /// The keys of transformers' sequence summary.
  template <class Spec, class Head>
  static void say_head(const auto& says) {
    if constexpr (std::is_same_v<Head, last_token_choice>) {
      says.one_of("summary_type", std::array{"last"}, "last");
      says.flag("summary_use_proj", false, false);
      says.one_of("summary_activation", std::array{""}, "");
    }
  }
};

/// roformer_chinese_base and roformer_chinese_small.
struct roformer_base : roformer_of<> {};

struct roformer_small
    : roformer_of<roformer_numbers{.hidden_size = 384, .num_attention_heads = 6, .intermediate_size = 1536}> {};

}  // namespace weft
