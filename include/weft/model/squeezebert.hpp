#pragma once
// SqueezeBERT (Iandola et al. 2020): BERT whose linears are cut into groups, stored as convolutions of one tap.
#include <array>
#include <weft/ffn/pointwise.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/mixer/grouped_attention.hpp>
#include <weft/model/bert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The keys of SqueezeBERT's configurations that its types follow from, with the reference's defaults
/// (SqueezeBertConfig).
struct squeezebert_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, intermediate_size = 3072;
  index_t q_groups = 4, k_groups = 4, v_groups = 4, post_attention_groups = 1, intermediate_groups = 4,
          output_groups = 4;
  activation_name hidden_act = activation_name::gelu;
};

/// How SqueezeBERT's checkpoints spell layers.
inline constexpr std::array squeezebert_names{renamed{"encoder.layer.#", "encoder.layers.#"},
                                              renamed{"attention.self", "attention"},
                                              renamed{"attention.output.dense", "post_attention.conv1d"},
                                              renamed{"attention.output.LayerNorm", "post_attention.layernorm"},
                                              renamed{"layers.#.intermediate.dense", "layers.#.intermediate.conv1d"},
                                              renamed{"layers.#.output.dense", "layers.#.output.conv1d"},
                                              renamed{"layers.#.output.LayerNorm", "layers.#.output.layernorm"}};

/// Which heads SqueezeBERT's checkpoints carry.
template <class Activation = gelu>
struct squeezebert_tasks {
  using pooled = pooler;
  using masked_lm = weft::masked_lm<Activation>;
  using sequence_classification = pooled_classification<>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = pooled_choice<>;
};

/// SqueezeBERT of any numbers.
template <squeezebert_numbers N = squeezebert_numbers{}>
struct squeezebert_of {
  static constexpr std::string_view family = "squeezebert", prefix = "transformer";
  static constexpr auto names = squeezebert_names;
  static constexpr squeezebert_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using embedding = summed;
  using mixer = grouped_attention<attention_groups{N.q_groups, N.k_groups, N.v_groups, N.post_attention_groups}>;
  using feed_forward = pointwise<N.intermediate_groups, N.output_groups, activation_of<N.hidden_act>>;
  using norm = layer_norm<>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = squeezebert_tasks<activation_of<N.hidden_act>>;
};

/// All that weft knows of SqueezeBERT besides. The reference's norms have an epsilon of 1e-12 in every layer, whatever
/// layer_norm_eps says of the embedding's.
struct squeezebert_family : plain_family {
  using numbers = squeezebert_numbers;
  template <numbers N>
  using type = squeezebert_of<N>;
  static constexpr std::string_view name = "squeezebert", header = "squeezebert", tokenizer = "BertTokenizer";
  static constexpr auto keys =
      spelt_keys(family_keys<numbers>(
                     {}, std::array{number_key("q_groups", numbers{}.q_groups, 1, 65'536),
                                    number_key("k_groups", numbers{}.k_groups, 1, 65'536),
                                    number_key("v_groups", numbers{}.v_groups, 1, 65'536),
                                    number_key("post_attention_groups", numbers{}.post_attention_groups, 1, 65'536),
                                    number_key("intermediate_groups", numbers{}.intermediate_groups, 1, 65'536),
                                    number_key("output_groups", numbers{}.output_groups, 1, 65'536),
                                    integer_key("embedding_size", 768, 1, 65'536)}),
                 std::array{renamed{"layer_norm_eps", "layer_norm_eps"}});
  static void check(const key_values& v) {
    const auto divides = [&](const char* groups, const char* width) {
      if (v(width) % v(groups) != 0) v.refuse(groups, unit_string("a divisor of ") + v.what(width));
    };
    for (const auto* groups : {"q_groups", "k_groups", "v_groups", "post_attention_groups", "intermediate_groups"})
      divides(groups, "hidden_size");
    divides("intermediate_groups", "intermediate_size");
    divides("output_groups", "intermediate_size"), divides("output_groups", "hidden_size");
  }
  template <class Spec>
  static void say(const auto& says) {
    using mixer = typename Spec::mixer;
    using feed = typename Spec::feed_forward;
    say_common<Spec>(says);
    if constexpr (requires { mixer::groups; }) {
      says.integer("q_groups", mixer::groups.query);
      says.integer("k_groups", mixer::groups.key);
      says.integer("v_groups", mixer::groups.value);
      says.integer("post_attention_groups", mixer::groups.output);
    }
    if constexpr (requires { feed::up_groups; }) {
      says.integer("intermediate_groups", feed::up_groups);
      says.integer("output_groups", feed::down_groups);
    }
  }
};

/// squeezebert-uncased and squeezebert-mnli.
struct squeezebert_base : squeezebert_of<> {};

}  // namespace weft
