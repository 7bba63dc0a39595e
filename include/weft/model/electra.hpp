#pragma once
// ELECTRA (Clark et al. 2020): discriminators, and the generators that they are trained with.
#include <weft/embedding/factorised.hpp>
#include <weft/head/dense_classification.hpp>
#include <weft/head/replaced_token_detection.hpp>
#include <weft/model/bert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of ELECTRA's configurations that its types follow from, with the reference's defaults (ElectraConfig).
struct electra_numbers {
  index_t hidden_size = 256, num_attention_heads = 4, intermediate_size = 1024, embedding_size = 128;
  activation_name hidden_act = activation_name::gelu;
  decimal_number layer_norm_eps{1, -12};
};

/// Which heads ELECTRA's checkpoints carry.
template <class Activation = gelu>
struct electra_tasks {
  using masked_lm = generator_lm;
  using sequence_classification = dense_classification<>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = summary_choice<>;
  using replaced_token_detection = weft::replaced_token_detection<Activation>;
};

/// Tables as wide as the rows, or narrower ones and a projection.
template <index_t TableWidth, index_t Width>
using summed_or_factorised = std::conditional_t<TableWidth == Width, summed, factorised<TableWidth>>;

/// ELECTRA of any numbers.
template <electra_numbers N = electra_numbers{}>
struct electra_of {
  static constexpr std::string_view family = "electra", prefix = "electra";
  static constexpr electra_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using embedding = summed_or_factorised<N.embedding_size, N.hidden_size>;
  using mixer = attention<full>;
  using feed_forward = dense<activation_of<N.hidden_act>>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = electra_tasks<activation_of<N.hidden_act>>;
};

/// Refuses a projection where the reference has none: it compares two widths.
template <class Spec>
void say_projected_only_if_narrow(const auto& says) {
  if constexpr (requires { Spec::embedding::projects; })
    if (constexpr auto table = Spec::embedding::template bind<Spec>::table_width; table == Spec::shape.width) {
      says.integer("embedding_size", table);
      says.refuse("embedding_size", "hidden_size, where the reference does not project", "a projection");
    }
}

/// All that weft knows of ELECTRA besides.
struct electra_family : plain_family {
  using numbers = electra_numbers;
  template <numbers N>
  using type = electra_of<N>;
  static constexpr std::string_view name = "electra", header = "electra", tokenizer = "BertTokenizer";
  static constexpr bool plain_layers = true;
  static constexpr auto keys =
      family_keys<numbers>({}, std::array{number_key("embedding_size", numbers{}.embedding_size, 1, 65'536)});
  static constexpr std::array<std::string_view, 1> pre_training{"replaced_token_detection"};
  static constexpr std::string_view own_activation = "choice";
  template <class Spec>
  static void say(const auto& says) {
    say_projected_only_if_narrow<Spec>(says);
    say_common<Spec>(says);
  }
  /// The keys of transformers' sequence summary.
  template <class Spec, class Head>
  static void say_head(const auto& says) {
    if constexpr (requires { requires Head::kind == "choice"; }) {
      says.one_of("summary_type", std::array{"first"}, "first");
      says.flag("summary_use_proj", true, true);
      if constexpr (requires { Head::activation::configuration_names; })
        says.one_of("summary_activation", Head::activation::configuration_names, "gelu");
    }
  }
};

struct electra_small : electra_of<> {};

struct electra_base
    : electra_of<electra_numbers{
          .hidden_size = 768, .num_attention_heads = 12, .intermediate_size = 3072, .embedding_size = 768}> {};

struct electra_large
    : electra_of<electra_numbers{
          .hidden_size = 1024, .num_attention_heads = 16, .intermediate_size = 4096, .embedding_size = 1024}> {};

/// The released small generator has the discriminator's shape.
struct electra_small_generator : electra_of<> {};

struct electra_base_generator : electra_of<electra_numbers{.embedding_size = 768}> {};

struct electra_large_generator : electra_of<electra_numbers{.embedding_size = 1024}> {};

}  // namespace weft
