#pragma once
// DeBERTa (He et al. 2021): content and positions apart in every score, one table of relative positions for all layers;
// and what its later versions share with it.
#include <algorithm>
#include <array>
#include <bit>
#include <weft/embedding/projected_tables.hpp>
#include <weft/head/context_token_detection.hpp>
#include <weft/head/enhanced_masked_lm.hpp>
#include <weft/head/pooled_linear.hpp>
#include <weft/head/table_lm.hpp>
#include <weft/head/token_linear.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/model/bert.hpp>
#include <weft/score/disentangled.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The words of a configuration's pos_att_type, a bit each in the numbers, the lowest for the first. Nothing computes
/// the last.
inline constexpr std::array<std::string_view, 3> deberta_terms{"c2p", "p2c", "p2p"};

namespace detail {
/// What follows from the numbers of any version.
template <auto N>
struct deberta_parts {
  static constexpr index_t reach =
      std::min<index_t>(4'096, N.max_relative_positions < 1 ? N.max_position_embeddings : N.max_relative_positions);
  static constexpr summed_options tables{.segments = N.type_vocab_size > 0, .positions = N.position_biased_input};
  static constexpr index_t table_width = N.embedding_size > 0 ? N.embedding_size : N.hidden_size;
  using wide =
      std::conditional_t<tables.segments, std::conditional_t<tables.positions, weft::summed, words_and_segments>,
                         std::conditional_t<tables.positions, words_and_positions, words_alone>>;
  using embedding = std::conditional_t<table_width == N.hidden_size, wide, projected_tables<table_width, wide>>;
  static constexpr position_terms terms(index_t counted) {
    return {N.relative_attention, (N.pos_att_type & 1) != 0, (N.pos_att_type & 2) != 0, counted};
  }
};

/// How old checkpoints spell what begins with the family's name, and either of two names of a masked language model.
template <bool Legacy>
inline constexpr std::array deberta_older_names{
    renamed{"deberta", "bert"},
    Legacy ? renamed{"cls.predictions.transform.dense", "lm_predictions.lm_head.dense"}
           : renamed{"lm_predictions.lm_head.dense", "cls.predictions.transform.dense"},
    Legacy ? renamed{"cls.predictions.transform.LayerNorm", "lm_predictions.lm_head.LayerNorm"}
           : renamed{"lm_predictions.lm_head.LayerNorm", "cls.predictions.transform.LayerNorm"},
    Legacy ? renamed{"cls.predictions", "lm_predictions.lm_head"}
           : renamed{"lm_predictions.lm_head", "cls.predictions"}};
}  // namespace detail

/// Which heads DeBERTa's checkpoints carry.
/// Biased: tokens' rows have absolute positions, so that there is nothing to enhance.
template <class Activation = gelu, class PoolerActivation = gelu, bool Legacy = true, bool Biased = false>
struct deberta_tasks {
  using masked_lm = table_lm<Activation, Legacy>;
  using enhanced_masked_lm = std::conditional_t<Biased, masked_lm, weft::enhanced_masked_lm<masked_lm>>;
  using sequence_classification = pooled_classification<context_pooler<PoolerActivation>>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = pooled_choice<context_pooler<PoolerActivation>>;
  using replaced_token_detection = context_token_detection<Activation>;
};

/// What weft knows of every version.
struct any_deberta_family : plain_family {
  static constexpr std::array<std::string_view, 1> older_prefixes{"bert"};
  /// The distances for which weft makes tables.
  static constexpr index_t most_reach = 4'096;

  /// The key that says up to which distance positions are told apart, and what it says.
  static std::string_view reach_key(const key_values& v) {
    return v("max_relative_positions") < 1 ? "max_position_embeddings" : "max_relative_positions";
  }
  static index_t reach(const key_values& v) { return v(reach_key(v)); }

  static void check_common(const key_values& v) {
    const auto width = v("hidden_size") / v("num_attention_heads");
    if (v("attention_head_size") != 0 && v("attention_head_size") != width)
      v.refuse("attention_head_size", decimal(width) + ", hidden_size divided by num_attention_heads");
    if (v("pooler_hidden_size") != v("hidden_size")) v.refuse("pooler_hidden_size", v.what("hidden_size"));
    if (v("relative_attention") != 0 && reach(v) > most_reach)
      v.refuse(reach_key(v), "at most " + decimal(most_reach) + ", the distances for which weft makes tables");
  }
  /// The table of relative positions has two rows for each of `half`, which `key` says.
  static void check_table(const key_values& v, const stored_rows& rows_of, index_t half, std::string_view key) {
    if (v("relative_attention") == 0 || (v("pos_att_type") & 3) == 0) return;
    const index_t rows = rows_of("encoder.rel_embeddings.weight");
    if (rows >= 0 && rows != 2 * half)
      v.refuse(key, decimal(half),
               "half of " + decimal(rows) + ", the rows of the checkpoint's encoder.rel_embeddings.weight");
  }

  /// Few checkpoints keep the table of positions that the enhanced decoder adds; no key says whether one does, but one
  /// says that the encoder has none.
  template <class Head>
  static void check_stored_head([[maybe_unused]] const key_values& v, [[maybe_unused]] const stored_rows& rows_of) {
    if constexpr (requires { Head::adds_positions; })
      if (rows_of("embeddings.position_embeddings.weight") < 0)
        v.refuse("position_biased_input", "false, and no embeddings.position_embeddings.weight in the checkpoint",
                 "a table of positions, which the enhanced mask decoder adds", "masked_lm needs none");
  }

  /// What policies that all versions have say; `counted` are the terms of pos_att_type that a scale counts.
  template <class Spec>
  static void say_all(const auto& says, index_t counted) {
    say_common<Spec>(says);
    const auto v = says.values();
    say_segments<Spec>(says);
    if constexpr (requires { Spec::embedding::options; })
      says.flag("position_biased_input", Spec::embedding::options.positions);
    if constexpr (requires { typename Spec::mixer::score_type; }) {
      using score = typename Spec::mixer::score_type;
      if constexpr (requires { score::terms.relative; }) {
        says.flag("relative_attention", score::terms.relative);
        const index_t named = (score::terms.content_to_position ? 1 : 0) + (score::terms.position_to_content ? 2 : 0);
        says.set("pos_att_type", named, 3);
        if (score::terms.counted != counted) says.computed("pos_att_type", counted, score::terms.counted);
        says.computed(reach_key(v), std::min(most_reach, reach(v)), score::told::reach);
      } else if constexpr (std::is_same_v<score, scaled>) {
        says.flag("relative_attention", false);
        says.set("pos_att_type", 0, 3);
      }
    }
  }
  template <class Spec, class Head>
  static void say_head(const auto& says) {
    if constexpr (requires { Head::pooler_type::pooler_activation::configuration_names; })
      says.one_of("pooler_hidden_act", Head::pooler_type::pooler_activation::configuration_names);
    if constexpr (requires { Head::legacy; }) says.flag("legacy", Head::legacy);
  }
};

/// The keys of configurations of DeBERTa v1 that its types follow from, with the reference's defaults (DebertaConfig).
struct deberta_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, intermediate_size = 3072;
  bool relative_attention = false;
  index_t pos_att_type = 0;             ///< a bit for each of deberta_terms: 0b11 for the first two
  index_t max_relative_positions = -1;  ///< below 1: max_position_embeddings
  bool position_biased_input = true;    ///< tokens' rows get absolute positions
  index_t embedding_size = 0;           ///< 0: hidden_size
  activation_name pooler_hidden_act = activation_name::gelu;
  bool legacy = true;  ///< the names of the masked language model
  activation_name hidden_act = activation_name::gelu;
  decimal_number layer_norm_eps{1, -7};
  index_t max_position_embeddings = 512, type_vocab_size = 0;
};

/// How checkpoints of DeBERTa v1 spell layers, whose tables of relative positions are one.
inline constexpr std::array deberta_names{
    renamed{"encoder.layer.#.attention.self.rel_embeddings", "encoder.rel_embeddings"},
    renamed{"attention.self.query_key_value.query_bias", "attention.self.q_bias"},
    renamed{"attention.self.query_key_value.value_bias", "attention.self.v_bias"},
    renamed{"attention.self.query_key_value", "attention.self.in_proj"},
    renamed{"attention.self.position_key", "attention.self.pos_proj"},
    renamed{"attention.self.position_query", "attention.self.pos_q_proj"}};

/// DeBERTa v1 of any numbers. Its scale counts every term that is named.
template <deberta_numbers N = deberta_numbers{}>
struct deberta_of {
  static constexpr std::string_view family = "deberta", prefix = "deberta";
  static constexpr auto names = deberta_names;
  static constexpr auto older_names = detail::deberta_older_names<N.legacy>;
  static constexpr bool compares_visible_rows = true;
  static constexpr deberta_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using embedding = typename detail::deberta_parts<N>::embedding;
  using mixer =
      attention<full,
                disentangled<detail::deberta_parts<N>::terms(std::popcount(static_cast<std::size_t>(N.pos_att_type))),
                             clamped_distances<detail::deberta_parts<N>::reach>, own_projections<false, true>>,
                true, none, true, projections_stored::by_head>;
  using feed_forward = dense<activation_of<N.hidden_act>>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = post_norm;
  using numeric = float32;
  using tasks =
      deberta_tasks<activation_of<N.hidden_act>, activation_of<N.pooler_hidden_act>, N.legacy, N.position_biased_input>;
};

/// All that weft knows of DeBERTa v1 besides.
struct deberta_family : any_deberta_family {
  using numbers = deberta_numbers;
  template <numbers N>
  using type = deberta_of<N>;
  static constexpr std::string_view name = "deberta", header = "deberta", tokenizer = "DebertaTokenizer";
  static constexpr auto own_keys =
      std::array{number_key("relative_attention", numbers{}.relative_attention),
                 set_key("pos_att_type", deberta_terms),
                 number_key("max_relative_positions", numbers{}.max_relative_positions, -1, most_reach),
                 number_key("position_biased_input", numbers{}.position_biased_input),
                 same_as("hidden_size", number_key("embedding_size", numbers{}.embedding_size, 1, 65'536)),
                 number_key("pooler_hidden_act", numbers{}.pooler_hidden_act),
                 number_key("legacy", numbers{}.legacy),
                 same_as("hidden_size", integer_key("pooler_hidden_size", 0, 1, 65'536)),
                 integer_key("attention_head_size", 0, 0, 65'536),
                 flag_key("talking_head", false)};
  static constexpr auto keys =
      spelt_keys(numbers_too(family_keys<numbers>({.vocabulary = 50265, .segments = 0}, own_keys),
                             std::array<std::string_view, 2>{"max_position_embeddings", "type_vocab_size"}),
                 std::array{renamed{"type_vocab_size", "type_vocab_size"}});

  static void check(const key_values& v) {
    check_common(v);
    if (v("talking_head") != 0)
      v.refuse("talking_head", "true", "false: no published model mixes heads, and weft has no part that does");
  }
  static void check_stored(const key_values& v, const stored_rows& rows_of) {
    check_table(v, rows_of, reach(v), reach_key(v));
  }
  template <class Spec>
  static void say(const auto& says) {
    say_all<Spec>(says, std::popcount(static_cast<std::size_t>(says.values()("pos_att_type"))));
  }
};

struct deberta_base
    : deberta_of<deberta_numbers{.relative_attention = true, .pos_att_type = 0b11, .position_biased_input = false}> {};

struct deberta_large : deberta_of<deberta_numbers{.hidden_size = 1024,
                                                  .num_attention_heads = 16,
                                                  .intermediate_size = 4096,
                                                  .relative_attention = true,
                                                  .pos_att_type = 0b11,
                                                  .position_biased_input = false}> {};

}  // namespace weft
