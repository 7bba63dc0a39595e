#pragma once
// BigBird (Zaheer et al. 2020), the internal construction: some of a text's own blocks are global.
#include <weft/head/dense_classification.hpp>
#include <weft/head/long_question_answering.hpp>
#include <weft/model/bert.hpp>
#include <weft/pattern/bigbird_blocks.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The words of a configuration's attention_type.
enum class bigbird_attention { block_sparse, original_full };
template <>
struct words_of<bigbird_attention> {
  static constexpr std::string_view type = "bigbird_attention";
  static constexpr std::array<std::string_view, 2> all{"block_sparse", "original_full"};
};

/// The keys of BigBird's configurations that its types follow from, with the reference's defaults (BigBirdConfig).
struct bigbird_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, intermediate_size = 3072;
  bigbird_attention attention_type = bigbird_attention::block_sparse;
  index_t block_size = 64, num_random_blocks = 3, sep_token_id = 66;
  bool use_bias = true, rescale_embeddings = false;
  activation_name hidden_act = activation_name::gelu_new;
  decimal_number layer_norm_eps{1, -12};
};

/// Which heads BigBird's checkpoints carry. Separator is the id that ends a question.
template <class Activation = gelu_tanh, std::int32_t Separator = 66>
struct bigbird_tasks {
  using pooled = bare_pooler;
  using masked_lm = weft::masked_lm<Activation>;
  using sequence_classification = dense_classification<Activation>;
  using token_classification = weft::token_classification;
  using question_answering = long_question_answering<Activation, Separator>;
  using multiple_choice = pooled_choice<bare_pooler>;
  using next_sentence = weft::next_sentence<bare_pooler>;
};

/// BigBird of any numbers. Plan says which random blocks there are (pattern/bigbird_plans.hpp).
template <bigbird_numbers N = bigbird_numbers{}, class Plan = evaluation_plan>
struct bigbird_of {
  static constexpr std::string_view family = "big_bird", prefix = "bert";
  static constexpr bigbird_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using activation = activation_of<N.hidden_act>;
  using embedding = std::conditional_t<N.rescale_embeddings, summed_rescaled, summed>;
  using pattern = std::conditional_t<N.attention_type == bigbird_attention::original_full, full,
                                     bigbird_blocks<N.block_size, N.num_random_blocks, Plan>>;
  using mixer = attention<pattern, scaled, N.use_bias>;
  using feed_forward = dense<activation>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = bigbird_tasks<activation, static_cast<std::int32_t>(N.sep_token_id)>;
};

/// All that weft knows of BigBird besides.
struct bigbird_family : plain_family {
  using numbers = bigbird_numbers;
  template <numbers N>
  using type = bigbird_of<N>;
  static constexpr std::string_view name = "bigbird", header = "bigbird", tokenizer = "BigBirdTokenizer";
  static constexpr bool takes_plan = true;
  static constexpr auto keys =
      family_keys<numbers>({.vocabulary = 50358, .positions = 4096},
                           std::array{number_key("attention_type", numbers{}.attention_type),
                                      number_key("block_size", numbers{}.block_size, 1, 65'536),
                                      number_key("num_random_blocks", numbers{}.num_random_blocks, 0, 64),
                                      number_key("sep_token_id", numbers{}.sep_token_id, 0, 16'777'215),
                                      number_key("use_bias", numbers{}.use_bias),
                                      number_key("rescale_embeddings", numbers{}.rescale_embeddings)});
  static constexpr std::array<std::string_view, 2> pre_training{"masked_lm", "next_sentence"};
  /// A pattern of another kind, as a window, takes the blocks' keys out of the comparison.
  template <class Spec>
  static void say(const auto& says) {
    using mixer = typename Spec::mixer;
    say_common<Spec>(says);
    if constexpr (requires { mixer::projection_bias; }) says.flag("use_bias", mixer::projection_bias);
    if constexpr (requires { typename mixer::pattern_type; }) {
      using pattern = typename mixer::pattern_type;
      if constexpr (std::is_same_v<pattern, full>) says.one_of("attention_type", std::array{"original_full"});
      if constexpr (requires { pattern::shape.random; }) {
        says.one_of("attention_type", std::array{"block_sparse"});
        says.integer("block_size", pattern::shape.block);
        says.integer("num_random_blocks", pattern::shape.random);
      }
    }
    if constexpr (requires { Spec::embedding::options; })
      says.flag("rescale_embeddings", Spec::embedding::options.rescaled);
  }
  template <class Spec, class Head>
  static void say_head(const auto& says) {
    if constexpr (requires { Head::separator; }) says.integer("sep_token_id", Head::separator);
  }
};

/// bigbird-roberta-base and bigbird-base-trivia-itc. Sequences of up to 704 tokens see everything.
struct bigbird_base : bigbird_of<> {};

struct bigbird_large
    : bigbird_of<bigbird_numbers{.hidden_size = 1024, .num_attention_heads = 16, .intermediate_size = 4096}> {};

}  // namespace weft
