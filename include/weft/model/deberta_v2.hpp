#pragma once
// DeBERTa v2 (He et al. 2021) and v3 (He et al. 2021, "DeBERTaV3"), which differ in how they were trained.
#include <weft/layout/convolved.hpp>
#include <weft/model/deberta.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The words of a configuration's norm_rel_ebd: what the table of relative positions goes through.
enum class deberta_table_norm { none, layer_norm };
template <>
struct words_of<deberta_table_norm> {
  static constexpr std::string_view type = "deberta_table_norm";
  static constexpr std::array<std::string_view, 2> all{"none", "layer_norm"};
};

/// The keys of configurations of DeBERTa v2 and v3 that their types follow from, with the reference's defaults
/// (DebertaV2Config).
struct deberta_v2_numbers {
  index_t hidden_size = 1536, num_attention_heads = 24, intermediate_size = 6144;
  bool relative_attention = false;
  index_t pos_att_type = 0;             ///< a bit for each of deberta_terms: 0b11 for the first two
  index_t max_relative_positions = -1;  ///< below 1: max_position_embeddings
  index_t position_buckets = -1;        ///< below 1: distances as they are
  bool share_att_key = false;
  deberta_table_norm norm_rel_ebd = deberta_table_norm::none;
  bool position_biased_input = true;  ///< tokens' rows get absolute positions
  index_t conv_kernel_size = 0;       ///< of the convolution beside the first layer; 0: none
  index_t conv_groups = 1;
  activation_name conv_act = activation_name::tanh;
  index_t embedding_size = 0;  ///< 0: hidden_size
  activation_name pooler_hidden_act = activation_name::gelu;
  bool legacy = true;  ///< the names of the masked language model
  activation_name hidden_act = activation_name::gelu;
  decimal_number layer_norm_eps{1, -7};
  index_t max_position_embeddings = 512, type_vocab_size = 0;
};

/// How checkpoints of DeBERTa v2 and v3 spell layers. The layers' tables of relative positions are one, and so are
/// those tables' norms.
inline constexpr std::array deberta_v2_names{
    renamed{"encoder.layer.#.attention.self.rel_embeddings.LayerNorm", "encoder.LayerNorm"},
    renamed{"encoder.layer.#.attention.self.rel_embeddings", "encoder.rel_embeddings"},
    renamed{"encoder.layer.#.convolution", "encoder.conv"},
    renamed{"attention.self.query", "attention.self.query_proj"},
    renamed{"attention.self.key", "attention.self.key_proj"},
    renamed{"attention.self.value", "attention.self.value_proj"},
    renamed{"attention.self.position_query", "attention.self.pos_query_proj"},
    renamed{"attention.self.position_key", "attention.self.pos_key_proj"}};

namespace detail {
template <index_t Buckets, index_t Reach>
constexpr auto told_distances() {
  if constexpr (Buckets < 1)
    return clamped_distances<Reach>{};
  else
    return logarithmic_buckets<Buckets, Reach>{};
}
template <index_t Kernel, index_t Groups, class Activation>
constexpr auto convolved_first() {
  if constexpr (Kernel < 1)
    return post_norm{};
  else
    return layers<repeated<1, convolved<Kernel, Groups, Activation>>, post_norm>{};
}
}  // namespace detail

/// DeBERTa v2 or v3 of any numbers.
template <deberta_v2_numbers N = deberta_v2_numbers{}>
struct deberta_v2_of {
  static constexpr std::string_view family = "deberta-v2", prefix = "deberta";
  static constexpr auto names = deberta_v2_names;
  static constexpr auto older_names = detail::deberta_older_names<N.legacy>;
  static constexpr bool compares_visible_rows = true;
  static constexpr deberta_v2_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using embedding = typename detail::deberta_parts<N>::embedding;
  using mixer = attention<
      full, disentangled<
                detail::deberta_parts<N>::terms((N.pos_att_type & 1) + (N.pos_att_type >> 1 & 1)),
                decltype(detail::told_distances<N.position_buckets, detail::deberta_parts<N>::reach>()),
                std::conditional_t<N.share_att_key, shared_projections, own_projections<>>,
                std::conditional_t<N.norm_rel_ebd == deberta_table_norm::none, none, layer_norm_of<N.layer_norm_eps>>>>;
  using feed_forward = dense<activation_of<N.hidden_act>>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = decltype(detail::convolved_first<N.conv_kernel_size, N.conv_groups, activation_of<N.conv_act>>());
  using numeric = float32;
  using tasks =
      deberta_tasks<activation_of<N.hidden_act>, activation_of<N.pooler_hidden_act>, N.legacy, N.position_biased_input>;
};

/// All that weft knows of DeBERTa v2 and v3 besides.
struct deberta_v2_family : any_deberta_family {
  using numbers = deberta_v2_numbers;
  template <numbers N>
  using type = deberta_v2_of<N>;
  static constexpr std::string_view name = "deberta_v2", header = "deberta_v2", tokenizer = "DebertaV2Tokenizer";
  static constexpr auto own_keys =
      std::array{number_key("relative_attention", numbers{}.relative_attention),
                 set_key("pos_att_type", deberta_terms),
                 number_key("max_relative_positions", numbers{}.max_relative_positions, -1, most_reach),
                 number_key("position_buckets", numbers{}.position_buckets, -1, most_reach),
                 number_key("share_att_key", numbers{}.share_att_key),
                 number_key("norm_rel_ebd", numbers{}.norm_rel_ebd),
                 number_key("position_biased_input", numbers{}.position_biased_input),
                 number_key("conv_kernel_size", numbers{}.conv_kernel_size, 0, 63),
                 number_key("conv_groups", numbers{}.conv_groups, 1, 65'536),
                 number_key("conv_act", numbers{}.conv_act),
                 same_as("hidden_size", number_key("embedding_size", numbers{}.embedding_size, 1, 65'536)),
                 number_key("pooler_hidden_act", numbers{}.pooler_hidden_act),
                 number_key("legacy", numbers{}.legacy),
                 same_as("hidden_size", integer_key("pooler_hidden_size", 0, 1, 65'536)),
                 integer_key("attention_head_size", 0, 0, 65'536)};
  static constexpr auto keys =
      spelt_keys(numbers_too(family_keys<numbers>({.layers = 24, .vocabulary = 128100, .segments = 0}, own_keys),
                             std::array<std::string_view, 2>{"max_position_embeddings", "type_vocab_size"}),
                 std::array{renamed{"type_vocab_size", "type_vocab_size"}});

  static void check(const key_values& v) {
    check_common(v);
    if (const auto buckets = v("position_buckets"); buckets > 0) {
      if (buckets % 2 != 0)
        v.refuse("position_buckets", "an even number, 2 or more, or -1 where distances are told apart as they are");
      if (reach(v) > most_reach) v.refuse(reach_key(v), "at most " + decimal(most_reach) + " where there are buckets");
      if (buckets / 2 + 1 >= reach(v))
        v.refuse("position_buckets", "at most " + decimal(2 * reach(v) - 4) + ": the buckets reach as far as " +
                                         v.what(reach_key(v)) + ", and half of them are one distance each");
    }
    const auto kernel = v("conv_kernel_size"), groups = v("conv_groups"), width = v("hidden_size");
    if (kernel > 0 && kernel % 2 == 0) v.refuse("conv_kernel_size", "an odd number, or 0 for no convolution");
    if (width % groups != 0) v.refuse("conv_groups", "a divisor of " + v.what("hidden_size"));
    if (width / groups * kernel > 131'072)
      v.refuse("conv_kernel_size", "at most 131072 inputs of the convolution, hidden_size / conv_groups of each row");
  }
  static void check_stored(const key_values& v, const stored_rows& rows_of) {
    const auto buckets = v("position_buckets");
    check_table(v, rows_of, buckets > 0 ? buckets : reach(v), buckets > 0 ? "position_buckets" : reach_key(v));
    if (v("relative_attention") == 0) return;
    for (const std::string_view tensor :
         {"encoder.layer.0.attention.self.pos_key_proj.weight", "encoder.layer.0.attention.self.pos_query_proj.weight"})
      if (const bool is_stored = rows_of(tensor) >= 0; is_stored && v("share_att_key") != 0)
        v.refuse("share_att_key", "true", "false: the checkpoint has projections of positions, " + unit_string(tensor));
      else if (const auto bit = tensor.find("key") != tensor.npos ? 1 : 2;
               !is_stored && v("share_att_key") == 0 && (v("pos_att_type") & bit) != 0)
        v.refuse("share_att_key", "false", "true: the checkpoint has no " + unit_string(tensor));
  }

  template <class Spec>
  static void say(const auto& says) {
    const auto v = says.values();
    say_all<Spec>(says, (v("pos_att_type") & 1) + (v("pos_att_type") >> 1 & 1));
    if constexpr (requires { Spec::mixer::score_type::terms.relative; }) {
      using score = typename Spec::mixer::score_type;
      says.computed("position_buckets", std::max<index_t>(v("position_buckets"), 0), score::told::buckets);
      says.flag("share_att_key", score::projections::shared);
      constexpr bool normed = !std::is_same_v<typename score::norm, none>;
      says.one_of("norm_rel_ebd", std::array{normed ? "layer_norm" : "none"});
      if constexpr (requires { score::norm::epsilon; }) says.number("layer_norm_eps", score::norm::epsilon);
    }
    say_convolution<Spec>(says, std::type_identity<typename Spec::layout>{});
  }

 private:
  template <class Spec, index_t Kernel, index_t Groups, class Activation, class Layout, class... Others>
  static void say_convolution(
      const auto& says,
      std::type_identity<weft::layers<repeated<1, convolved<Kernel, Groups, Activation, Layout>>, Others...>>) {
    says.integer("conv_kernel_size", Kernel);
    says.integer("conv_groups", Groups);
    if constexpr (requires { Activation::configuration_names; })
      says.one_of("conv_act", Activation::configuration_names);
  }
  // Without one, the other keys say nothing, but they are the type's.
  template <class Spec>
  static void say_convolution(const auto& says, std::type_identity<post_norm>) {
    says.integer("conv_kernel_size", 0);
    if constexpr (requires { Spec::numbers.conv_act; }) {
      says.integer("conv_groups", Spec::numbers.conv_groups);
      says.one_of("conv_act",
                  std::array{words_of<activation_name>::all[static_cast<std::size_t>(Spec::numbers.conv_act)]});
    }
  }
  template <class Spec>
  static void say_convolution(const auto&, auto) {}
};

namespace detail {
/// What the published models of DeBERTa v2 and v3 have in common.
inline constexpr deberta_v2_numbers deberta_v3_numbers(index_t width, index_t heads, index_t hidden,
                                                       index_t kernel = 0) {
  return {.hidden_size = width,
          .num_attention_heads = heads,
          .intermediate_size = hidden,
          .relative_attention = true,
          .pos_att_type = 0b11,
          .position_buckets = 256,
          .share_att_key = true,
          .norm_rel_ebd = deberta_table_norm::layer_norm,
          .position_biased_input = false,
          .conv_kernel_size = kernel,
          .conv_act = kernel > 0 ? activation_name::gelu : activation_name::tanh};
}
}  // namespace detail

struct deberta_v3_base : deberta_v2_of<detail::deberta_v3_numbers(768, 12, 3072)> {};
struct deberta_v3_xsmall : deberta_v2_of<detail::deberta_v3_numbers(384, 6, 1536)> {};
struct deberta_v3_large : deberta_v2_of<detail::deberta_v3_numbers(1024, 16, 4096)> {};

/// Half as many layers as deberta_v3_base, of the same numbers.
struct deberta_v3_small : deberta_v3_base {};
/// Many languages: more words, the same numbers.
struct mdeberta_v3_base : deberta_v3_base {};

struct deberta_v2_xlarge : deberta_v2_of<detail::deberta_v3_numbers(1536, 24, 6144, 3)> {};
/// Twice as many layers as deberta_v2_xlarge, of the same numbers.
struct deberta_v2_xxlarge : deberta_v2_xlarge {};

}  // namespace weft
