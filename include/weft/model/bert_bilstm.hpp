#pragma once
// BertBiLSTM (Dahlmann and Lancewicki 2021, "Deploying a BERT-based Query-Title Relevance Classifier in a Production
// System"): a teacher's embedding, a recurrent layer and two more, distilled from a BERT. The paper's widths, pooling
// and names are not public: the defaults, the keys of config.json and the names of tensors are weft's own.
#include <array>
#include <weft/encoder/encoder.hpp>
#include <weft/head/pooled.hpp>
#include <weft/head/pooled_rows.hpp>
#include <weft/head/two_layers.hpp>
#include <weft/layout/mixer_alone.hpp>
#include <weft/layout/projection.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/mixer/bilstm.hpp>
#include <weft/model/bert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How one vector is made of a sequence's recurrent rows: where the directions end, the largest value of every column,
/// the mean, or a mean weighted by attention.
enum class bilstm_pooling { last, max, mean, attention };
template <>
struct words_of<bilstm_pooling> {
  static constexpr std::string_view type = "bilstm_pooling";
  static constexpr std::array<std::string_view, 4> all{"last", "max", "mean", "attention"};
};

/// The keys of a student's configuration that its type follows from. hidden_act is the activation of the head.
struct bert_bilstm_numbers {
  index_t hidden_size = 768;       ///< of the embedding
  index_t projection_size = 0;     ///< of the rows that the recurrent layer reads; 0: those of the embedding
  index_t lstm_hidden_size = 256;  ///< units of each direction
  index_t lstm_layers = 1;
  bilstm_pooling pooling = bilstm_pooling::max;
  index_t classifier_hidden_size = 256;
  activation_name hidden_act = activation_name::relu;
  decimal_number layer_norm_eps{1, -12};
};

/// How a student's checkpoints spell the projection and the recurrent layer.
inline constexpr std::array bert_bilstm_names{renamed{"encoder.layer.#.projection", "projection"},
                                              renamed{"encoder.layer.#.mixer", "lstm"}};

namespace detail {
template <bilstm_pooling Pooling, index_t Units>
constexpr auto bilstm_pooler() {
  if constexpr (Pooling == bilstm_pooling::last)
    return both_ends{};
  else if constexpr (Pooling == bilstm_pooling::max)
    return pooled<pooling::maximum>{};
  else if constexpr (Pooling == bilstm_pooling::mean)
    return pooled<pooling::mean>{};
  else
    return attention_pooled<Units>{};
}
template <index_t Width, index_t Projected, index_t Units>
struct bilstm_layout {
  using type = layers<repeated<1, projection<Width>, Projected>, repeated<1, mixer_alone<Projected>, 2 * Units>>;
};
template <index_t Width, index_t Units>
struct bilstm_layout<Width, 0, Units> {
  using type = layers<repeated<1, mixer_alone<Width>, 2 * Units>>;
};
}  // namespace detail

/// Which heads a student's checkpoints carry.
template <class Pooler = pooled<pooling::maximum>, index_t Hidden = 256, class Activation = relu>
struct bert_bilstm_tasks {
  using pooled = Pooler;
  using sequence_classification = two_layer_classification<Pooler, Hidden, Activation>;
};

/// A student of any numbers: as wide as both directions are.
template <bert_bilstm_numbers N = bert_bilstm_numbers{}>
struct bert_bilstm_of {
  static constexpr std::string_view family = "bert_bilstm", prefix = "";
  static constexpr auto names = bert_bilstm_names;
  static constexpr bool reports_projection = N.projection_size > 0;
  static constexpr bert_bilstm_numbers numbers = N;
  static constexpr model_shape shape{.width = 2 * N.lstm_hidden_size, .heads = 1, .hidden = 1};
  using embedding = summed;
  using mixer = bilstm<N.lstm_hidden_size, N.lstm_layers>;
  using feed_forward = none;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = typename detail::bilstm_layout<N.hidden_size, N.projection_size, N.lstm_hidden_size>::type;
  using numeric = float32;
  using tasks = bert_bilstm_tasks<decltype(detail::bilstm_pooler<N.pooling, N.lstm_hidden_size>()),
                                  N.classifier_hidden_size, activation_of<N.hidden_act>>;
};

/// All that weft knows of students besides.
struct bert_bilstm_family : plain_family {
  using numbers = bert_bilstm_numbers;
  template <numbers N>
  using type = bert_bilstm_of<N>;
  static constexpr std::string_view name = "bert_bilstm", header = "bert_bilstm", tokenizer = "BertTokenizer";
  static constexpr auto keys = spelt_keys(
      std::array{number_key("hidden_size", numbers{}.hidden_size, 1, 65'536),
                 number_key("projection_size", numbers{}.projection_size, 0, 65'536),
                 number_key("lstm_hidden_size", numbers{}.lstm_hidden_size, 1, 32'768),
                 number_key("lstm_layers", numbers{}.lstm_layers, 1, 10), number_key("pooling", numbers{}.pooling),
                 number_key("classifier_hidden_size", numbers{}.classifier_hidden_size, 1, 65'536),
                 number_key("hidden_act", numbers{}.hidden_act), number_key("layer_norm_eps", numbers{}.layer_norm_eps),
                 integer_key("vocab_size", 30522, 1, 16'777'216),
                 integer_key("max_position_embeddings", 512, 1, 16'777'216),
                 integer_key("type_vocab_size", 2, 1, 65'536), integer_key("pad_token_id", 0, 0, 16'777'215),
                 integer_key("num_attention_heads", 1, 1, 1), integer_key("intermediate_size", 1, 1, 1)},
      std::array{renamed{"num_attention_heads", ""}, renamed{"intermediate_size", ""}});
  static index_t layers(const key_values& v) { return v("projection_size") > 0 ? 2 : 1; }

  template <class Spec>
  static void say(const auto& says) {
    using mixer = typename Spec::mixer;
    says.integer("hidden_size", weft::detail::encoder_parts<Spec>::kinds::in);
    if constexpr (requires { Spec::numbers.projection_size; })
      says.integer("projection_size", Spec::numbers.projection_size);
    if constexpr (requires { mixer::recurrent_layers; }) {
      says.integer("lstm_hidden_size", mixer::units);
      says.integer("lstm_layers", mixer::recurrent_layers);
    }
    if constexpr (requires { Spec::norm::epsilon; }) says.number("layer_norm_eps", Spec::norm::epsilon);
  }
  template <class Spec, class Head>
  static void say_head(const auto& says) {
    if constexpr (requires {
                    Head::hidden;
                    typename Head::pooler_type;
                  }) {
      says.integer("classifier_hidden_size", Head::hidden);
      says_pooling<typename Head::pooler_type>(says);
    }
  }

 private:
  template <class Pooler>
  static void says_pooling(const auto& says) {
    const auto is = [&](const char* word) { says.one_of("pooling", std::array{word}); };
    if constexpr (std::is_same_v<Pooler, both_ends>) is("last");
    if constexpr (std::is_same_v<Pooler, pooled<pooling::maximum>>) is("max");
    if constexpr (std::is_same_v<Pooler, pooled<pooling::mean>>) is("mean");
    if constexpr (requires { Pooler::hidden; }) is("attention");
  }
};

/// A student of a BERT-base: its embedding, rows of 256 values, 256 units of each direction.
struct bert_bilstm_base : bert_bilstm_of<bert_bilstm_numbers{.projection_size = 256}> {};

}  // namespace weft
