#pragma once
// BERT (Devlin et al. 2019) and students of its shape.
#include <string_view>
#include <weft/embedding/summed.hpp>
#include <weft/ffn/dense.hpp>
#include <weft/head/masked_lm.hpp>
#include <weft/head/pooled_linear.hpp>
#include <weft/head/token_linear.hpp>
#include <weft/layout/post_norm.hpp>
#include <weft/mixer/attention.hpp>
#include <weft/model/common_keys.hpp>
#include <weft/norm/layer_norm.hpp>
#include <weft/numeric/float32.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of BERT's configurations that its types follow from, with the reference's defaults (BertConfig).
struct bert_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, intermediate_size = 3072;
  activation_name hidden_act = activation_name::gelu;
  decimal_number layer_norm_eps{1, -12};
};

/// Which heads BERT's checkpoints carry.
template <class Activation = gelu>
struct bert_tasks {
  using pooled = pooler;
  using masked_lm = weft::masked_lm<Activation>;
  using sequence_classification = pooled_classification<>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = pooled_choice<>;
  using next_sentence = weft::next_sentence<>;
};

/// BERT of any numbers.
template <bert_numbers N = bert_numbers{}>
struct bert_of {
  static constexpr std::string_view family = "bert", prefix = "bert";
  static constexpr bert_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using embedding = summed;
  using mixer = attention<full>;
  using feed_forward = dense<activation_of<N.hidden_act>>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = bert_tasks<activation_of<N.hidden_act>>;
};

/// All that weft knows of BERT besides.
struct bert_family : plain_family {
  using numbers = bert_numbers;
  template <numbers N>
  using type = bert_of<N>;
  static constexpr std::string_view name = "bert", header = "bert", tokenizer = "BertTokenizer";
  static constexpr bool plain_layers = true;
  static constexpr auto keys = family_keys<numbers>({});
  static constexpr std::array<std::string_view, 2> pre_training{"masked_lm", "next_sentence"};
  template <class Spec>
  static void say(const auto& says) {
    say_common<Spec>(says);
  }
};

/// ERNIE (Sun et al. 2019) and the encoders of DPR (Karpukhin et al. 2020).
template <>
inline constexpr std::array<same_models, 2> same_models_of<bert_family>{
    {{"ernie", "BertTokenizer", 30522, "Bert"}, {"dpr", "DPRQuestionEncoderTokenizer", 30522, "Bert"}}};

struct bert_base : bert_of<> {};

struct bert_large : bert_of<bert_numbers{.hidden_size = 1024, .num_attention_heads = 16, .intermediate_size = 4096}> {};

/// all-MiniLM-L6-v2 and its relatives.
struct minilm_l6 : bert_of<bert_numbers{.hidden_size = 384, .intermediate_size = 1536}> {};

}  // namespace weft
