#pragma once
// RoBERTa (Liu et al. 2019) and XLM-RoBERTa (Conneau et al. 2020): BERT with other positions, heads and names.
#include <array>
#include <weft/head/dense_classification.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/model/bert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of RoBERTa's configurations that its types follow from: BERT's, with the same defaults (RobertaConfig). All
/// published models have a layer_norm_eps of 1e-5.
using roberta_numbers = bert_numbers;
using xlm_roberta_numbers = bert_numbers;

/// How RoBERTa's checkpoints spell the masked language model.
inline constexpr std::array roberta_names{renamed{"cls.predictions.transform.dense", "lm_head.dense"},
                                          renamed{"cls.predictions.transform.LayerNorm", "lm_head.layer_norm"},
                                          renamed{"cls.predictions", "lm_head"}};

/// Which heads RoBERTa's checkpoints carry. Their activations do not follow hidden_act.
struct roberta_tasks {
  using pooled = pooler;
  using masked_lm = weft::masked_lm<gelu>;
  using sequence_classification = dense_classification<hyperbolic_tangent>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = pooled_choice<>;
};

/// RoBERTa of any numbers.
template <roberta_numbers N = roberta_numbers{}>
struct roberta_of : bert_of<N> {
  static constexpr std::string_view family = "roberta", prefix = "roberta";
  static constexpr auto names = roberta_names;
  using embedding = summed_after_padding;
  using tasks = roberta_tasks;
};

/// XLM-RoBERTa of any numbers.
template <xlm_roberta_numbers N = xlm_roberta_numbers{}>
struct xlm_roberta_of : roberta_of<N> {
  static constexpr std::string_view family = "xlm-roberta";
};

/// All that weft knows of RoBERTa besides.
struct roberta_family : bert_family {
  template <numbers N>
  using type = roberta_of<N>;
  static constexpr std::string_view name = "roberta", header = "roberta", tokenizer = "RobertaTokenizer";
  static constexpr auto keys = family_keys<numbers>({.vocabulary = 50265, .padding = 1});
  static constexpr std::array<std::string_view, 0> pre_training{};
  /// Positions count from behind the padding's id.
  static index_t first_position(const key_values& v) { return v("pad_token_id") + 1; }
};

/// And of XLM-RoBERTa.
struct xlm_roberta_family : roberta_family {
  template <numbers N>
  using type = xlm_roberta_of<N>;
  static constexpr std::string_view name = "xlm_roberta", tokenizer = "XLMRobertaTokenizer";
  static constexpr auto keys = family_keys<numbers>({.padding = 1});
};

/// CamemBERT (Martin et al. 2020).
template <>
inline constexpr std::array<same_models, 1> same_models_of<roberta_family>{
    {{"camembert", "CamembertTokenizer", 30522}}};

struct roberta_base : roberta_of<roberta_numbers{.layer_norm_eps = {1, -5}}> {};

struct roberta_large
    : roberta_of<roberta_numbers{
          .hidden_size = 1024, .num_attention_heads = 16, .intermediate_size = 4096, .layer_norm_eps = {1, -5}}> {};

struct xlm_roberta_base : xlm_roberta_of<roberta_base::numbers> {};

struct xlm_roberta_large : xlm_roberta_of<roberta_large::numbers> {};

}  // namespace weft
