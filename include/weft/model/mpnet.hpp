#pragma once
// MPNet (Song et al. 2020): BERT's layers with a bias of relative positions that all layers share.
#include <array>
#include <weft/memory/renamed.hpp>
#include <weft/model/roberta.hpp>
#include <weft/score/relative_bias.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of MPNet's configurations that its types follow from: BERT's, with the same defaults (MPNetConfig).
using mpnet_numbers = bert_numbers;

/// How MPNet's checkpoints spell layers and the masked language model. The layers' tables of relative positions are
/// one.
inline constexpr std::array mpnet_names{
    renamed{"encoder.layer.#.attention.self.relative_attention_bias", "encoder.relative_attention_bias"},
    renamed{"attention.self.query", "attention.attn.q"},
    renamed{"attention.self.key", "attention.attn.k"},
    renamed{"attention.self.value", "attention.attn.v"},
    renamed{"attention.output.dense", "attention.attn.o"},
    renamed{"attention.output.LayerNorm", "attention.LayerNorm"},
    renamed{"cls.predictions.transform.dense", "lm_head.dense"},
    renamed{"cls.predictions.transform.LayerNorm", "lm_head.layer_norm"},
    renamed{"cls.predictions", "lm_head"}};

/// Which heads MPNet's checkpoints carry: RoBERTa's.
using mpnet_tasks = roberta_tasks;

/// MPNet of any numbers.
template <mpnet_numbers N = mpnet_numbers{}>
struct mpnet_of : bert_of<N> {
  static constexpr std::string_view family = "mpnet", prefix = "mpnet";
  static constexpr auto names = mpnet_names;
  using embedding = words_and_positions_after_padding;
  using mixer = attention<full, relative_bias<>>;
  using tasks = mpnet_tasks;
};

/// All that weft knows of MPNet besides.
struct mpnet_family : plain_family {
  using numbers = mpnet_numbers;
  template <numbers N>
  using type = mpnet_of<N>;
  static constexpr std::string_view name = "mpnet", header = "mpnet", tokenizer = "MPNetTokenizer";
  static constexpr auto keys =
      family_keys<numbers>({.vocabulary = 30527, .segments = 0, .padding = 1},
                           std::array{integer_key("relative_attention_num_buckets", 32, 1, 65'536)});
  /// The reference computes 32 buckets whatever this says.
  static void check(const key_values& v) {
    if (v("relative_attention_num_buckets") != 32)
      v.refuse("relative_attention_num_buckets", "32, as every published model has");
  }
  /// Whatever the padding's id is.
  static index_t first_position(const key_values&) { return 2; }
  template <class Spec>
  static void say(const auto& says) {
    say_common<Spec>(says);
    if constexpr (requires { typename Spec::mixer::score_type; }) {
      using score = typename Spec::mixer::score_type;
      if constexpr (std::is_same_v<score, scaled>) says.integer("relative_attention_num_buckets", 0);
      if constexpr (requires { score::buckets; }) {
        says.integer("relative_attention_num_buckets", score::buckets);
        says.fixed("the distance from which all share a bucket of relative positions", 128, score::max_distance);
        says.fixed("the sides that relative positions tell apart", 2, score::told == sides::both ? 2 : 1);
      }
    }
  }
};

struct mpnet_base : mpnet_of<mpnet_numbers{.layer_norm_eps = {1, -5}}> {};

}  // namespace weft
