#pragma once
// MoEBERT (Zuo et al. 2022, "MoEBERT: from BERT to Mixture-of-Experts via Importance-Guided Adaptation"): BERT whose
// feed-forwards were split into experts, one of which every token goes through.
#include <array>
#include <weft/encoder/split_experts.hpp>
#include <weft/ffn/mixture_of_experts.hpp>
#include <weft/ffn/residual_norm.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/model/bert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The words of a configuration's moebert_route_method, and how its program's versions spell them.
enum class moebert_routing { hash_random, hash_balance, gate, gate_token, gate_sentence };
template <>
struct words_of<moebert_routing> {
  static constexpr std::string_view type = "moebert_routing";
  static constexpr std::array<std::string_view, 5> all{"hash-random", "hash-balance", "gate", "gate-token",
                                                       "gate-sentence"};
  static constexpr std::array<std::string_view, 5> enumerators{"hash_random", "hash_balance", "gate", "gate_token",
                                                               "gate_sentence"};
};

/// The keys of MoEBERT's configurations that its types follow from, with its program's defaults. Its
/// intermediate_size is that of the feed-forwards before they were split.
struct moebert_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, moebert_expert_dim = 768, moebert_expert_num = 4;
  moebert_routing moebert_route_method = moebert_routing::hash_random;
  activation_name hidden_act = activation_name::gelu;
  decimal_number layer_norm_eps{1, -12};
};

/// How MoEBERT's checkpoints spell experts.
inline constexpr std::array moebert_names{renamed{"experts.#.intermediate.dense", "experts.#.fc1"},
                                          renamed{"experts.#.output.dense", "experts.#.fc2"},
                                          renamed{"experts.#.output.LayerNorm", "experts.#.LayerNorm"}};

namespace detail {
template <moebert_routing Method, bool Factor>
constexpr auto moebert_router() {
  using enum moebert_routing;
  if constexpr (Method == hash_random || Method == hash_balance)
    return by_table{};
  else if constexpr (Method == gate_sentence)
    return by_sentence_gate<Factor>{};
  else
    return by_gate{};
}
// The same without the factor, to be compared with what the program computes of one text.
template <class Type, bool Has>
struct moebert_without_factor {};
template <class Type>
struct moebert_without_factor<Type, true> {
  using without_factor = Type;
};
}  // namespace detail

/// MoEBERT of any numbers. SentenceFactor: with gate-sentence, the probability of the chosen expert multiplies what it
/// wrote; its program leaves it out for a batch of one, where a result must not depend on the batch.
template <moebert_numbers N = moebert_numbers{}, bool SentenceFactor = true>
struct moebert_of
    : detail::moebert_without_factor<moebert_of<N, false>,
                                     N.moebert_route_method == moebert_routing::gate_sentence && SentenceFactor> {
  static constexpr std::string_view family = "moebert", prefix = "bert";
  static constexpr auto names = moebert_names;
  static constexpr moebert_numbers numbers = N;
  static constexpr model_shape shape{
      .width = N.hidden_size, .heads = N.num_attention_heads, .hidden = N.moebert_expert_dim};
  using embedding = summed;
  using mixer = attention<full>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using feed_forward = mixture_of_experts<residual_norm<dense<activation_of<N.hidden_act>>, norm>,
                                          decltype(detail::moebert_router<N.moebert_route_method, SentenceFactor>()),
                                          N.moebert_expert_num>;
  using layout = post_norm;
  using numeric = float32;
  using tasks = bert_tasks<activation_of<N.hidden_act>>;

  /// Which neurons of a dense feed-forward the experts of a model of this configuration copy.
  static unit_vector<index_t> split(const key_values& v, list<const float> importance) {
    return expert_neurons(importance, N.moebert_expert_num, N.moebert_expert_dim, v("moebert_share_importance"));
  }
};

/// All that weft knows of MoEBERT besides. Its model_type is BERT's; moebert tells that it is this.
struct moebert_family : plain_family {
  using numbers = moebert_numbers;
  template <numbers N>
  using type = moebert_of<N>;
  static constexpr std::string_view name = "moebert", header = "moebert", tokenizer = "BertTokenizer";
  static constexpr std::string_view mark = "moebert";
  using dense = bert_family;  ///< whose feed-forwards are split
  template <class>
  static constexpr std::string_view model_type_of = "bert";
  static constexpr std::array<std::string_view, 1> kinds{"moe"};
  static constexpr std::array keys{number_key("hidden_size", numbers{}.hidden_size, 1, 65'536),
                                   number_key("num_attention_heads", numbers{}.num_attention_heads, 1, 4'096),
                                   number_key("moebert_expert_dim", numbers{}.moebert_expert_dim, 1, 1'048'576),
                                   number_key("moebert_expert_num", numbers{}.moebert_expert_num, 2, 256),
                                   number_key("moebert_route_method", numbers{}.moebert_route_method),
                                   number_key("hidden_act", numbers{}.hidden_act),
                                   number_key("layer_norm_eps", numbers{}.layer_norm_eps),
                                   integer_key("intermediate_size", 3072, 1, 1'048'576),
                                   integer_key("num_hidden_layers", 12, 1, 4'096),
                                   integer_key("vocab_size", 30522, 1, 16'777'216),
                                   integer_key("max_position_embeddings", 512, 1, 16'777'216),
                                   integer_key("type_vocab_size", 2, 1, 65'536),
                                   integer_key("pad_token_id", 0, 0, 16'777'215),
                                   integer_key("moebert_share_importance", 512, 0, 1'048'576),
                                   word_key("moebert", kinds)};
  static constexpr std::array<std::string_view, 2> pre_training{"masked_lm", "next_sentence"};

  template <class Spec>
  static void say(const auto& says) {
    using mixture = typename Spec::feed_forward;
    says.integer("hidden_size", Spec::shape.width);
    says.integer("num_attention_heads", Spec::shape.heads);
    says.integer("moebert_expert_dim", Spec::shape.hidden);
    if constexpr (requires { mixture::experts; }) says.integer("moebert_expert_num", mixture::experts);
    if constexpr (requires { typename mixture::router_type; }) say_router<typename mixture::router_type>(says);
    if constexpr (requires { mixture::expert_type::activation::configuration_names; })
      says.one_of("hidden_act", mixture::expert_type::activation::configuration_names);
    if constexpr (requires { Spec::norm::epsilon; }) says.number("layer_norm_eps", Spec::norm::epsilon);
    if constexpr (requires { Spec::embedding::options; }) {
      if constexpr (!Spec::embedding::options.segments) says.integer("type_vocab_size", 0);
      says.begins(Spec::embedding::options.after_padding);
    }
  }

 private:
  template <class Router>
  static void say_router(const auto& says) {
    if constexpr (std::is_same_v<Router, by_table>)
      says.one_of("moebert_route_method", std::array{"hash-random", "hash-balance"});
    if constexpr (std::is_same_v<Router, by_gate>)
      says.one_of("moebert_route_method", std::array{"gate", "gate-token"});
    if constexpr (std::is_same_v<Router, by_sentence_gate<true>> || std::is_same_v<Router, by_sentence_gate<false>>)
      says.one_of("moebert_route_method", std::array{"gate-sentence"});
  }
};

/// BERT-base split into four experts of 768 in every layer, with tables.
struct moebert_base : moebert_of<> {};

}  // namespace weft
