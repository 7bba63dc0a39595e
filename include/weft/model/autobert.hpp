#pragma once
// AutoBERT-Zero (Gao et al. 2021, "AutoBERT-Zero: Evolving BERT Backbone from Scratch"): layers that convolve and
// layers that attend by formulas that were searched for, each of its own kind.
#include <array>
#include <utility>
#include <weft/layout/layers.hpp>
#include <weft/layout/named_layer.hpp>
#include <weft/layout/with_mixer.hpp>
#include <weft/memory/renamed.hpp>
#include <weft/mixer/formula_attention.hpp>
#include <weft/mixer/light_convolution.hpp>
#include <weft/model/bert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The kinds of layers of the search: a convolution of so many taps, or the attention that was found at that layer of
/// the paper's backbone, counted from 1.
enum class autobert_layer { conv3, conv5, conv7, conv9, conv15, conv31, conv65, att2, att4, att6, att8, att10, att12 };
template <>
struct words_of<autobert_layer> {
  static constexpr std::string_view type = "autobert_layer";
  static constexpr std::array<std::string_view, 13> all{"conv3",  "conv5",  "conv7", "conv9", "conv15",
                                                        "conv31", "conv65", "att2",  "att4",  "att6",
                                                        "att8",   "att10",  "att12"};
};

/// The backbone that was found, of 12 layers.
inline constexpr word_list<autobert_layer> autobert_backbone{
    autobert_layer::conv65, autobert_layer::att2,  autobert_layer::conv9, autobert_layer::att4,
    autobert_layer::conv3,  autobert_layer::att6,  autobert_layer::conv7, autobert_layer::att8,
    autobert_layer::conv7,  autobert_layer::att10, autobert_layer::conv3, autobert_layer::att12};

/// The keys of AutoBERT-Zero's configurations that its types follow from; `layers` is weft's own.
struct autobert_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, intermediate_size = 3072;
  activation_name hidden_act = activation_name::gelu;
  decimal_number layer_norm_eps{1, -12};
  word_list<autobert_layer> layers = autobert_backbone;
};

/// How AutoBERT-Zero's checkpoints spell layers: convolutions otherwise than attention.
inline constexpr std::array autobert_names{renamed{"encoder.layer.#", "layer.#"},
                                           renamed{"convolution.attention.self.dense", "Linear1"},
                                           renamed{"convolution.attention.self.conv", "conv"},
                                           renamed{"convolution.attention.output.dense", "Linear2"},
                                           renamed{"convolution.attention.output.LayerNorm", "layer_norms.0"},
                                           renamed{"convolution.intermediate.dense", "fc1"},
                                           renamed{"convolution.output.dense", "fc2"},
                                           renamed{"convolution.output.LayerNorm", "layer_norms.1"},
                                           renamed{"layer.#.output", "layer.#.intermediate_output"},
                                           renamed{"attention.self", "self_attention"},
                                           renamed{"attention.output", "self_output"}};

namespace detail {
struct autobert_convolution {
  static constexpr const char* text = "convolution";
};
template <autobert_layer Kind>
constexpr auto autobert_mixer() {
  namespace f = formula;
  using enum autobert_layer;
  if constexpr (Kind == att2)
    return formula_attention<f::softplus<f::key>, f::sum<f::query, f::key>>{};
  else if constexpr (Kind == att4)
    return formula_attention<f::softplus<f::negative<f::sum<f::sum<f::logsigmoid<f::query>, f::query>, f::key>>>,
                             f::query>{};
  else if constexpr (Kind == att6 || Kind == att8)
    return formula_attention<f::softplus<f::negative<f::key>>, f::query>{};
  else if constexpr (Kind == att10)
    return formula_attention<
        f::sum<f::over_root<f::key>, f::sum<f::softsign<f::over_root<f::softsign<f::key>>>, f::value>>, f::value>{};
  else if constexpr (Kind == att12)
    return formula_attention<f::sum<f::over_root<f::key>, f::value>, f::value>{};
  else
    return light_convolution<std::array{3, 5, 7, 9, 15, 31, 65}[static_cast<std::size_t>(Kind)]>{};
}
template <autobert_layer Kind>
struct autobert_layer_of {
  using mixed = with_mixer<decltype(autobert_mixer<Kind>())>;
  using type = std::conditional_t<(Kind <= autobert_layer::conv65), named_layer<autobert_convolution, mixed>, mixed>;
};
template <word_list<autobert_layer> List, class Numbers>
struct autobert_layers;
template <word_list<autobert_layer> List, index_t... I>
struct autobert_layers<List, std::integer_sequence<index_t, I...>> {
  using type = layers<repeated<1, typename autobert_layer_of<List[I]>::type>...>;
};
}  // namespace detail

/// AutoBERT-Zero of any numbers: the layers of the list, each once.
template <autobert_numbers N = autobert_numbers{}>
struct autobert_of {
  static constexpr std::string_view family = "autobert", prefix = "autobert";
  static constexpr auto names = autobert_names;
  static constexpr autobert_numbers numbers = N;
  static constexpr model_shape shape = shape_of(N);
  using embedding = summed;
  using mixer = attention<full>;  // no layer's: each has its own
  using feed_forward = dense<activation_of<N.hidden_act>>;
  using norm = layer_norm_of<N.layer_norm_eps>;
  using layout = typename detail::autobert_layers<N.layers, std::make_integer_sequence<index_t, N.layers.size()>>::type;
  using numeric = float32;
  using tasks = bert_tasks<activation_of<N.hidden_act>>;
};

/// All that weft knows of AutoBERT-Zero besides.
struct autobert_family : plain_family {
  using numbers = autobert_numbers;
  template <numbers N>
  using type = autobert_of<N>;
  static constexpr std::string_view name = "autobert", header = "autobert", tokenizer = "BertTokenizer";
  static constexpr auto keys = with_key(family_keys<numbers>({}), word_list_key("layers", numbers{}.layers));
  template <class Spec>
  static void say(const auto& says) {
    say_common<Spec>(says);
    if constexpr (requires { Spec::numbers.layers; }) says.words("layers", Spec::numbers.layers.packed);
  }
};

/// The backbone that the paper's search found, at BERT-base's widths.
struct autobert_zero_base : autobert_of<> {};

/// The same at the widths of its small model.
struct autobert_zero_small
    : autobert_of<autobert_numbers{.hidden_size = 256, .num_attention_heads = 4, .intermediate_size = 1024}> {};

}  // namespace weft
