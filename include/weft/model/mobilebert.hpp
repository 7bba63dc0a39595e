#pragma once
// MobileBERT and its inverted-bottleneck teacher (Sun et al. 2020).
#include <weft/embedding/projected.hpp>
#include <weft/embedding/trigram.hpp>
#include <weft/head/concatenated_lm.hpp>
#include <weft/layout/bottleneck.hpp>
#include <weft/layout/stacked.hpp>
#include <weft/model/bert.hpp>
#include <weft/norm/affine.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The words of a configuration's normalization_type.
enum class mobilebert_norm { no_norm, layer_norm };
template <>
struct words_of<mobilebert_norm> {
  static constexpr std::string_view type = "mobilebert_norm";
  static constexpr std::array<std::string_view, 2> all{"no_norm", "layer_norm"};
};

/// The keys of MobileBERT's configurations that its types follow from, with the reference's defaults
/// (MobileBertConfig).
struct mobilebert_numbers {
  index_t hidden_size = 512, num_attention_heads = 4, intermediate_size = 512, embedding_size = 128;
  index_t intra_bottleneck_size = 128, num_feedforward_networks = 4;
  bool use_bottleneck = true, use_bottleneck_attention = false, key_query_shared_bottleneck = true;
  bool trigram_input = true, classifier_activation = true;
  mobilebert_norm normalization_type = mobilebert_norm::no_norm;
  activation_name hidden_act = activation_name::relu;
  decimal_number layer_norm_eps{1, -12};
};

/// Which heads MobileBERT's checkpoints carry. Pooler is first_token_pooler where `classifier_activation` is false.
template <class Activation = relu, class Pooler = first_token_pooler, class Norm = layer_norm<>>
struct mobilebert_tasks {
  using pooled = Pooler;
  using masked_lm = concatenated_lm<Activation, Norm>;
  using sequence_classification = pooled_classification<Pooler>;
  using token_classification = weft::token_classification;
  using question_answering = weft::question_answering;
  using multiple_choice = pooled_choice<Pooler>;
  using next_sentence = weft::next_sentence<Pooler>;
};

/// MobileBERT of any numbers.
template <mobilebert_numbers N = mobilebert_numbers{}>
struct mobilebert_of {
  static constexpr std::string_view family = "mobilebert", prefix = "mobilebert";
  static constexpr mobilebert_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using activation = activation_of<N.hidden_act>;
  static constexpr bool plain = N.normalization_type == mobilebert_norm::layer_norm;
  /// The last norm of a layer and of the embedding: where they are layer norms the reference gives them its
  /// framework's epsilon, whatever layer_norm_eps says.
  using last_norm = std::conditional_t<plain, layer_norm<std::ratio<1, 100'000>>, void>;
  static constexpr narrowed narrow = N.use_bottleneck_attention      ? narrowed::all
                                     : N.key_query_shared_bottleneck ? narrowed::query_key
                                                                     : narrowed::none;
  using embedding = std::conditional_t<
      N.trigram_input, trigram<N.embedding_size, last_norm>,
      std::conditional_t<N.embedding_size == N.hidden_size, summed, projected<N.embedding_size, last_norm>>>;
  using mixer = attention<full>;
  using feed_forward = dense<activation>;
  using norm = std::conditional_t<plain, layer_norm_of<N.layer_norm_eps>, affine>;
  using layout = std::conditional_t<N.use_bottleneck,
                                    bottleneck<N.intra_bottleneck_size, N.num_feedforward_networks, narrow, last_norm>,
                                    stacked<N.num_feedforward_networks, last_norm>>;
  using numeric = float32;
  using tasks = mobilebert_tasks<activation, std::conditional_t<N.classifier_activation, pooler, first_token_pooler>,
                                 layer_norm_of<N.layer_norm_eps>>;
};

/// All that weft knows of MobileBERT besides.
struct mobilebert_family : plain_family {
  using numbers = mobilebert_numbers;
  template <numbers N>
  using type = mobilebert_of<N>;
  static constexpr std::string_view name = "mobilebert", header = "mobilebert", tokenizer = "BertTokenizer";
  static constexpr auto keys = family_keys<numbers>(
      {.layers = 24}, std::array{number_key("embedding_size", numbers{}.embedding_size, 1, 65'536),
                                 number_key("intra_bottleneck_size", numbers{}.intra_bottleneck_size, 1, 65'536),
                                 number_key("num_feedforward_networks", numbers{}.num_feedforward_networks, 1, 64),
                                 number_key("use_bottleneck", numbers{}.use_bottleneck),
                                 number_key("use_bottleneck_attention", numbers{}.use_bottleneck_attention),
                                 number_key("key_query_shared_bottleneck", numbers{}.key_query_shared_bottleneck),
                                 number_key("trigram_input", numbers{}.trigram_input),
                                 number_key("classifier_activation", numbers{}.classifier_activation),
                                 number_key("normalization_type", numbers{}.normalization_type)});
  static constexpr std::array<std::string_view, 2> pre_training{"masked_lm", "next_sentence"};
  static void check(const key_values& v) {
    if (v("use_bottleneck") && v("intra_bottleneck_size") % v("num_attention_heads") != 0)
      v.refuse("num_attention_heads", "a divisor of " + v.what("intra_bottleneck_size"));
    if (v("embedding_size") > v("hidden_size")) v.refuse("embedding_size", "at most " + v.what("hidden_size"));
  }
  /// What has no type: a layer norm behind tables alone, for which the reference has an epsilon of its own.
  static void check_type(const key_values& v) {
    if (v("normalization_type") == 1 && !v("trigram_input") && v("embedding_size") == v("hidden_size"))
      v.refuse("normalization_type", "\"layer_norm\" with trigram_input false and embedding_size equal to hidden_size",
               "a combination that is published", "write the spec by hand; see docs/how-to/write-an-embedding.md");
  }
  template <class Spec>
  static void say(const auto& says) {
    using embedding = typename Spec::embedding;
    using layout = typename Spec::layout;
    say_common<Spec>(says);
    if constexpr (requires { embedding::words; }) {
      says.flag("trigram_input", embedding::words == 3);
      if (embedding::words == 1 && embedding::template bind<Spec>::table_width == Spec::shape.width)
        says.refuse("embedding_size", "hidden_size without trigram_input, which the reference does not project",
                    "a projection");
      say_last_norm<Spec, typename embedding::norm_type>(says);
    } else if constexpr (requires { embedding::options; }) {
      says.flag("trigram_input", false);
    }
    if constexpr (requires { layout::inner; }) {
      says.flag("use_bottleneck", true);
      says.integer("intra_bottleneck_size", layout::inner);
      says.flag("use_bottleneck_attention", layout::narrow == narrowed::all);
      if (layout::narrow != narrowed::all)
        says.flag("key_query_shared_bottleneck", layout::narrow == narrowed::query_key);
    } else if constexpr (requires { layout::feed_forwards; }) {
      says.flag("use_bottleneck", false);
    }
    if constexpr (requires { layout::feed_forwards; }) says.integer("num_feedforward_networks", layout::feed_forwards);
    if constexpr (requires { typename layout::last_norm; }) say_last_norm<Spec, typename layout::last_norm>(says);
    if constexpr (requires { Spec::norm::configuration_names; })
      says.one_of("normalization_type", Spec::norm::configuration_names);
  }
  template <class Spec, class Norm>
  static void say_last_norm(const auto& says) {
    using norm = typename with_norm<Spec, Norm>::norm;
    if constexpr (requires { norm::configuration_names; }) says.one_of("normalization_type", norm::configuration_names);
    if constexpr (requires { norm::epsilon; })
      says.fixed("the epsilon of the embedding's norm and of a layer's last", 1e-5, norm::epsilon);
  }
  template <class Spec, class Head>
  static void say_head(const auto& says) {
    using pooler_type = typename pooler_within<Head>::type;
    if constexpr (std::is_same_v<pooler_type, first_token_pooler>) says.flag("classifier_activation", false);
    if constexpr (std::is_same_v<pooler_type, pooler> || std::is_same_v<pooler_type, bare_pooler>)
      says.flag("classifier_activation", true);
    if constexpr (requires { Head::norm_type::epsilon; }) says.number("layer_norm_eps", Head::norm_type::epsilon);
  }
  template <class Head>
  struct pooler_within {
    using type = Head;
  };
  template <class Head>
  requires requires { typename Head::pooler_type; }
  struct pooler_within<Head> {
    using type = typename Head::pooler_type;
  };
};

struct mobilebert : mobilebert_of<mobilebert_numbers{.classifier_activation = false}> {};

struct mobilebert_tiny : mobilebert_of<mobilebert_numbers{.num_feedforward_networks = 2,
                                                          .use_bottleneck_attention = true,
                                                          .key_query_shared_bottleneck = false,
                                                          .classifier_activation = false}> {};

/// The teacher of MobileBERT: wide inside, one feed-forward, layer norm, GELU in its tanh form.
struct ib_bert : mobilebert_of<mobilebert_numbers{.intermediate_size = 4096,
                                                  .intra_bottleneck_size = 1024,
                                                  .num_feedforward_networks = 1,
                                                  .key_query_shared_bottleneck = false,
                                                  .normalization_type = mobilebert_norm::layer_norm,
                                                  .hidden_act = activation_name::gelu_new}> {};

}  // namespace weft
