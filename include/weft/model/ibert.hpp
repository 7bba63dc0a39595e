#pragma once
// I-BERT (Kim et al. 2021, "I-BERT: Integer-only BERT Quantization"; reference: IBertModel): RoBERTa, prepared to be
// run on whole numbers.
#include <array>
#include <ratio>
#include <weft/embedding/integer_summed.hpp>
#include <weft/ffn/integer_dense.hpp>
#include <weft/layout/integer_post_norm.hpp>
#include <weft/mixer/integer_attention.hpp>
#include <weft/model/roberta.hpp>
#include <weft/norm/integer_layer_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Which operations of a model on whole numbers run in floating point all the same (the key force_dequant).
enum class forced_float { none, gelu, softmax, layernorm, nonlinear };
template <>
struct words_of<forced_float> {
  static constexpr std::string_view type = "forced_float";
  static constexpr std::array<std::string_view, 5> all{"none", "gelu", "softmax", "layernorm", "nonlinear"};
};

/// The keys of I-BERT's configurations that its types follow from, with the reference's defaults (IBertConfig).
struct ibert_numbers {
  index_t hidden_size = 768, num_attention_heads = 12, intermediate_size = 3072;
  bool quant_mode = false;
  forced_float force_dequant = forced_float::none;
  activation_name hidden_act = activation_name::gelu;
  decimal_number layer_norm_eps{1, -12};
  constexpr bool in_float(forced_float operation) const {
    return force_dequant == operation || force_dequant == forced_float::nonlinear;
  }
  constexpr roberta_numbers of_roberta() const {
    return {hidden_size, num_attention_heads, intermediate_size, hidden_act, layer_norm_eps};
  }
};

namespace detail {
// RoBERTa, or its parts on whole numbers.
template <ibert_numbers N, bool Whole = N.quant_mode>
struct ibert_parts : roberta_of<N.of_roberta()> {};
template <ibert_numbers N>
struct ibert_parts<N, true> : roberta_of<N.of_roberta()> {
  using epsilon =
      typename std::ratio<N.layer_norm_eps.digits, decimal_number::power_of_ten(-N.layer_norm_eps.exponent)>::type;
  using embedding = integer_summed;
  using mixer = integer_attention<N.in_float(forced_float::softmax)>;
  using feed_forward = integer_dense<N.in_float(forced_float::gelu)>;
  using norm = integer_layer_norm<epsilon, N.in_float(forced_float::layernorm)>;
  using layout = integer_post_norm;
  using numeric = integer;
};
}  // namespace detail

/// I-BERT of any numbers: RoBERTa where quant_mode is false, on whole numbers where it is true.
template <ibert_numbers N = ibert_numbers{}>
struct ibert_of : detail::ibert_parts<N> {
  static constexpr std::string_view family = "ibert", prefix = "ibert";
  static constexpr ibert_numbers numbers = N;
};

/// All that weft knows of I-BERT besides.
struct ibert_family : roberta_family {
  using numbers = ibert_numbers;
  template <numbers N>
  using type = ibert_of<N>;
  static constexpr std::string_view name = "ibert", header = "ibert";
  static constexpr std::string_view class_stem = "IBert";  ///< what the names of its classes begin with
  static constexpr std::array<std::string_view, 1> activations{"gelu"};
  static constexpr auto keys = [] {
    auto all = family_keys<numbers>({.padding = 1}, std::array{number_key("quant_mode", numbers{}.quant_mode),
                                                               number_key("force_dequant", numbers{}.force_dequant)});
    for (auto& k : all)
      if (k.name == "hidden_act") k = word_key(k.name, activations);
    return all;
  }();
  /// Published checkpoints have no ranges.
  static void check_stored(const key_values& v, const stored_rows& rows) {
    if (v("quant_mode") != 0 && rows("embeddings.embeddings_act1.x_max") < 0)
      v.refuse("quant_mode", "true, and weights without ranges", "false, or weights with a range for every site",
               "`weft calibrate` finds ranges and writes such a checkpoint");
  }
  /// What the type's records refuse when it is loaded, before it is compiled.
  static void check_values(const key_values& v, std::string_view name, const stored_values& values) {
    if (v("quant_mode") == 0) return;
    const auto below = [&](std::string_view ending) {
      return unit_string(name.substr(0, name.size() - ending.size()));
    };
    const auto check = [&](const unit_string& start, const auto& record) {
      record([&](std::string_view tensor, std::string_view found, std::string_view wanted) {
        values.refuse(start + unit_string(tensor), found, wanted);
      });
    };
    if (name.ends_with(".x_max")) {
      const auto start = below("x_max");
      const auto least = values(start + "x_min"), most = values(name);
      if (least.empty() || most.empty()) return;
      integer_range::params<raw> range;
      range.x_min.data = least.data(), range.x_max.data = most.data();
      check(start, [&](const auto& refuse) { range.check_values(refuse); });
    } else if (name.ends_with("LayerNorm.shift")) {
      const auto start = below("LayerNorm.shift");
      const auto shift = values(name);
      if (shift.empty()) return;
      check(start,
            [&](const auto& refuse) { check_integer_norm(shift[0], values(start + "LayerNorm.weight"), refuse); });
    }
  }
  template <class Spec>
  static void say(const auto& says) {
    say_common<Spec>(says);
    says.flag("quant_mode", std::is_same_v<typename Spec::numeric, integer>);
    if constexpr (requires { Spec::numbers.force_dequant; })
      says.one_of("force_dequant",
                  std::array{words_of<forced_float>::all[static_cast<std::size_t>(Spec::numbers.force_dequant)]});
  }
};

/// ibert-roberta-base and -large, whose published checkpoints are RoBERTa's.
struct ibert_base : ibert_of<ibert_numbers{.layer_norm_eps = {1, -5}}> {};

struct ibert_large
    : ibert_of<ibert_numbers{
          .hidden_size = 1024, .num_attention_heads = 16, .intermediate_size = 4096, .layer_norm_eps = {1, -5}}> {};

}  // namespace weft
