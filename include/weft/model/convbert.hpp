#pragma once
// ConvBERT (Jiang et al. 2020).
#include <weft/ffn/grouped.hpp>
#include <weft/head/dense_classification.hpp>
#include <weft/mixer/mixed_attention.hpp>
#include <weft/mixer/span_convolution.hpp>
#include <weft/model/electra.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of ConvBERT's configurations that its types follow from, with the reference's defaults (ConvBertConfig).
struct convbert_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, intermediate_size = 3072, embedding_size = 768;
  index_t head_ratio = 2, conv_kernel_size = 9, num_groups = 1;
  activation_name hidden_act = activation_name::gelu;
  decimal_number layer_norm_eps{1, -12};
};

/// Which heads ConvBERT's checkpoints carry.
template <class Activation = gelu>
struct convbert_tasks {
  using masked_lm = generator_lm;
  using sequence_classification = dense_classification<Activation>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = last_token_choice;
  using replaced_token_detection = weft::replaced_token_detection<Activation>;
};

/// ConvBERT of any numbers.
template <convbert_numbers N = convbert_numbers{}>
struct convbert_of {
  static constexpr std::string_view family = "convbert", prefix = "convbert";
  static constexpr convbert_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using activation = activation_of<N.hidden_act>;
  using embedding = summed_or_factorised<N.embedding_size, N.hidden_size>;
  using mixer = mixed_attention<full, span_convolution<N.conv_kernel_size>, head_ratio<N.head_ratio>>;
  using feed_forward = std::conditional_t<N.num_groups == 1, dense<activation>, grouped<N.num_groups, activation>>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = convbert_tasks<activation>;
};

/// All that weft knows of ConvBERT besides.
struct convbert_family : plain_family {
  using numbers = convbert_numbers;
  template <numbers N>
  using type = convbert_of<N>;
  static constexpr std::string_view name = "convbert", header = "convbert", tokenizer = "BertTokenizer";
  static constexpr auto keys = family_keys<numbers>(
      {.padding = 1}, std::array{number_key("embedding_size", numbers{}.embedding_size, 1, 65'536),
                                 number_key("head_ratio", numbers{}.head_ratio, 1, 4'096),
                                 number_key("conv_kernel_size", numbers{}.conv_kernel_size, 1, 1'023),
                                 number_key("num_groups", numbers{}.num_groups, 1, 4'096)});
  static void check(const key_values& v) {
    if (v("conv_kernel_size") % 2 == 0) v.refuse("conv_kernel_size", "an odd number of taps");
    const auto attending = std::max<index_t>(1, v("num_attention_heads") / v("head_ratio"));
    if (v("hidden_size") % (2 * attending) != 0)
      v.refuse("head_ratio", unit_string("one that leaves ") + decimal(attending) + " heads, twice which divides " +
                                 "hidden_size, " + decimal(v("hidden_size")));
    if (v("hidden_size") % v("num_groups") != 0 || v("intermediate_size") % v("num_groups") != 0)
      v.refuse("num_groups", unit_string("a divisor of hidden_size, ") + decimal(v("hidden_size")) +
                                 ", and of intermediate_size, " + decimal(v("intermediate_size")));
  }
  template <class Spec>
  static void say(const auto& says) {
    using mixer = typename Spec::mixer;
    say_projected_only_if_narrow<Spec>(says);
    say_common<Spec>(says);
    if constexpr (requires { mixer::ratio; }) says.integer("head_ratio", mixer::ratio);
    if constexpr (requires { mixer::companion_type::taps; })
      says.integer("conv_kernel_size", mixer::companion_type::taps);
    if constexpr (requires { Spec::feed_forward::groups; }) says.integer("num_groups", Spec::feed_forward::groups);
  }
  template <class Spec, class Head>
  static void say_head(const auto& says) {
    if constexpr (std::is_same_v<Head, last_token_choice>) {
      says.one_of("summary_type", std::array{"last"}, "last");
      says.flag("summary_use_proj", false, false);
      says.one_of("summary_activation", std::array{""}, "");
    }
  }
};

struct convbert_base : convbert_of<> {};

struct convbert_medium_small : convbert_of<convbert_numbers{.hidden_size = 384,
                                                            .num_attention_heads = 8,
                                                            .intermediate_size = 1536,
                                                            .embedding_size = 128,
                                                            .num_groups = 2}> {};

struct convbert_small
    : convbert_of<convbert_numbers{
          .hidden_size = 256, .num_attention_heads = 4, .intermediate_size = 1024, .embedding_size = 128}> {};

}  // namespace weft
