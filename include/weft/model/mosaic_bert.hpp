#pragma once
// MosaicBERT (Portes et al. 2023, "MosaicBERT: A Bidirectional Encoder Optimized for Fast Pretraining"): BERT with
// scores that know distances, gated feed-forwards, and no table of positions.
#include <array>
#include <weft/ffn/gated.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/model/bert.hpp>
#include <weft/score/alibi.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of MosaicBERT's configurations that its types follow from, with the reference's defaults (BertConfig).
/// hidden_act is that of the masked language model; gates are those of GELU whatever it says.
struct mosaic_bert_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, intermediate_size = 3072;
  activation_name hidden_act = activation_name::gelu;
  decimal_number layer_norm_eps{1, -12};
};

/// How MosaicBERT's checkpoints spell layers.
inline constexpr std::array mosaic_bert_names{renamed{"attention.self.query_key_value", "attention.self.Wqkv"},
                                              renamed{"layer.#.intermediate.dense", "layer.#.mlp.gated_layers"},
                                              renamed{"layer.#.output.dense", "layer.#.mlp.wo"},
                                              renamed{"layer.#.output.LayerNorm", "layer.#.mlp.layernorm"}};

/// Which heads MosaicBERT's checkpoints carry.
template <class Activation = gelu>
struct mosaic_bert_tasks {
  using pooled = pooler;
  using masked_lm = weft::masked_lm<Activation>;
  using sequence_classification = pooled_classification<>;
};

/// MosaicBERT of any numbers.
template <mosaic_bert_numbers N = mosaic_bert_numbers{}>
struct mosaic_bert_of {
  static constexpr std::string_view family = "mosaic_bert", prefix = "bert";
  static constexpr auto names = mosaic_bert_names;
  static constexpr mosaic_bert_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using embedding = words_and_segments;
  using mixer = attention<full, alibi, true, none, true, projections_stored::as_one>;
  using feed_forward = gated<gelu, gate_stored::as_one, false, true>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = mosaic_bert_tasks<activation_of<N.hidden_act>>;
};

/// All that weft knows of MosaicBERT besides. Its model_type is BERT's; alibi_starting_size, how far the reference's
/// table of distances reaches before it grows, tells that it is this. A text may be of any length.
struct mosaic_bert_family : plain_family {
  using numbers = mosaic_bert_numbers;
  template <numbers N>
  using type = mosaic_bert_of<N>;
  static constexpr std::string_view name = "mosaic_bert", header = "mosaic_bert", tokenizer = "BertTokenizer";
  static constexpr std::string_view mark = "alibi_starting_size";
  template <class>
  static constexpr std::string_view model_type_of = "bert";
  static constexpr auto keys =
      spelt_keys(family_keys<numbers>({.positions = 16'777'216},
                                      std::array{integer_key("alibi_starting_size", 512, 1, 16'777'216)}),
                 std::array{renamed{"max_position_embeddings", ""}});
  template <class Spec>
  static void say(const auto& says) {
    says.integer("hidden_size", Spec::shape.width);
    says.integer("num_attention_heads", Spec::shape.heads);
    says.integer("intermediate_size", Spec::shape.hidden);
    if constexpr (requires { Spec::norm::epsilon; }) says.number("layer_norm_eps", Spec::norm::epsilon);
    if constexpr (requires { Spec::embedding::options; })
      if (!Spec::embedding::options.segments) says.integer("type_vocab_size", 0);
  }
  /// The head's norm has an epsilon of its own in the reference.
  template <class Spec, class Head>
  static void say_head(const auto& says) {
    if constexpr (requires {
                    requires Head::kind == "masked_lm";
                    Spec::norm::epsilon;
                  })
      says.fixed("the epsilon of the masked language model's norm", 1e-12, Spec::norm::epsilon);
  }
};

/// mosaic-bert-base
struct mosaicbert_base : mosaic_bert_of<> {};

struct mosaicbert_large
    : mosaic_bert_of<mosaic_bert_numbers{.hidden_size = 1024, .num_attention_heads = 16, .intermediate_size = 4096}> {};

}  // namespace weft
