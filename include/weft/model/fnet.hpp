#pragma once
// FNet (Lee-Thorp et al. 2021, "FNet: Mixing Tokens with Fourier Transforms"): BERT without attention.
#include <array>
#include <weft/embedding/factorised.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/mixer/fourier.hpp>
#include <weft/model/bert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of FNet's configurations that its types follow from, with the reference's defaults (FNetConfig).
struct fnet_numbers {
  index_t hidden_size = 768, intermediate_size = 3072;
  activation_name hidden_act = activation_name::gelu_new;
  decimal_number layer_norm_eps{1, -12};
};

/// How FNet's checkpoints spell the projection behind the tables and the mixer's norm.
inline constexpr std::array fnet_names{renamed{"embeddings_project", "embeddings.projection"},
                                       renamed{"attention.output.LayerNorm", "fourier.output.LayerNorm"}};

/// Which heads FNet's checkpoints carry.
template <class Activation = gelu_tanh>
struct fnet_tasks {
  using pooled = pooler;
  using masked_lm = weft::masked_lm<Activation>;
  using sequence_classification = pooled_classification<>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = pooled_choice<>;
  using next_sentence = weft::next_sentence<>;
};

/// FNet of any numbers.
template <fnet_numbers N = fnet_numbers{}>
struct fnet_of {
  static constexpr std::string_view family = "fnet", prefix = "fnet";
  static constexpr auto names = fnet_names;
  static constexpr fnet_numbers numbers = N;
  static constexpr model_shape shape{.width = N.hidden_size, .heads = 1, .hidden = N.intermediate_size};
  using embedding = factorised<N.hidden_size>;
  using mixer = fourier;
  using feed_forward = dense<activation_of<N.hidden_act>>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = fnet_tasks<activation_of<N.hidden_act>>;
};

/// All that weft knows of FNet besides.
struct fnet_family : plain_family {
  using numbers = fnet_numbers;
  template <numbers N>
  using type = fnet_of<N>;
  static constexpr std::string_view name = "fnet", header = "fnet", tokenizer = "AlbertTokenizer";
  static constexpr std::array<std::string_view, 2> pre_training{"masked_lm", "next_sentence"};
  static constexpr auto keys = spelt_keys(
      std::array{number_key("hidden_size", numbers{}.hidden_size, 1, 65'536),
                 number_key("intermediate_size", numbers{}.intermediate_size, 1, 1'048'576),
                 number_key("hidden_act", numbers{}.hidden_act), number_key("layer_norm_eps", numbers{}.layer_norm_eps),
                 integer_key("num_hidden_layers", 12, 1, 4'096), integer_key("vocab_size", 32000, 1, 16'777'216),
                 integer_key("max_position_embeddings", 512, 1, 16'777'216),
                 integer_key("type_vocab_size", 4, 1, 65'536), integer_key("pad_token_id", 3, 0, 16'777'215),
                 integer_key("num_attention_heads", 1, 1, 1)},
      std::array{renamed{"num_attention_heads", ""}});
  template <class Spec>
  static void say(const auto& says) {
    say_common<Spec>(says);
  }
};

struct fnet_base : fnet_of<> {};

struct fnet_large : fnet_of<fnet_numbers{.hidden_size = 1024, .intermediate_size = 4096}> {};

}  // namespace weft
