#pragma once
// DistilBERT (Sanh et al. 2019): BERT's layers without segments and pooler, under other names.
#include <array>
#include <weft/head/dense_classification.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/model/bert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of DistilBERT's configurations that its types follow from, as most families spell them, with the
/// reference's defaults (DistilBertConfig).
struct distilbert_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, intermediate_size = 3072;
  activation_name hidden_act = activation_name::gelu;
};

/// How DistilBERT's checkpoints spell layers and heads.
inline constexpr std::array distilbert_names{renamed{"encoder.layer", "transformer.layer"},
                                             renamed{"attention.self.query", "attention.q_lin"},
                                             renamed{"attention.self.key", "attention.k_lin"},
                                             renamed{"attention.self.value", "attention.v_lin"},
                                             renamed{"attention.output.dense", "attention.out_lin"},
                                             renamed{"attention.output.LayerNorm", "sa_layer_norm"},
                                             renamed{"intermediate.dense", "ffn.lin1"},
                                             renamed{"output.dense", "ffn.lin2"},
                                             renamed{"output.LayerNorm", "output_layer_norm"},
                                             renamed{"cls.predictions.transform.dense", "vocab_transform"},
                                             renamed{"cls.predictions.transform.LayerNorm", "vocab_layer_norm"},
                                             renamed{"cls.predictions.decoder", "vocab_projector"},
                                             renamed{"cls.predictions", "vocab_projector"},
                                             renamed{"classifier.dense", "pre_classifier"},
                                             renamed{"classifier.out_proj", "classifier"},
                                             renamed{"sequence_summary.summary", "pre_classifier"}};

/// Which heads DistilBERT's checkpoints carry; those of whole texts have a ReLU whatever `activation` says.
template <class Activation = gelu>
struct distilbert_tasks {
  using masked_lm = weft::masked_lm<Activation>;
  using sequence_classification = dense_classification<relu>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = summary_choice<relu>;
};

/// DistilBERT of any numbers.
template <distilbert_numbers N = distilbert_numbers{}>
struct distilbert_of {
  static constexpr std::string_view family = "distilbert", prefix = "distilbert";
  static constexpr auto names = distilbert_names;
  static constexpr distilbert_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using embedding = words_and_positions;
  using mixer = attention<full>;
  using feed_forward = dense<activation_of<N.hidden_act>>;
  using norm = layer_norm<>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = distilbert_tasks<activation_of<N.hidden_act>>;
};

/// All that weft knows of DistilBERT besides.
struct distilbert_family : plain_family {
  using numbers = distilbert_numbers;
  template <numbers N>
  using type = distilbert_of<N>;
  static constexpr std::string_view name = "distilbert", header = "distilbert", tokenizer = "BertTokenizer";
  // sinusoidal_pos_embds says how the stored table was made, which is read either way.
  static constexpr auto keys = spelt_keys(
      family_keys<numbers>({.layers = 6, .segments = 0}, std::array{flag_key("sinusoidal_pos_embds", false)}),
      std::array{renamed{"hidden_size", "dim"}, renamed{"num_hidden_layers", "n_layers"},
                 renamed{"num_attention_heads", "n_heads"}, renamed{"intermediate_size", "hidden_dim"},
                 renamed{"hidden_act", "activation"}});
  template <class Spec>
  static void say(const auto& says) {
    say_common<Spec>(says);
  }
};

struct distilbert_base : distilbert_of<> {};

}  // namespace weft
