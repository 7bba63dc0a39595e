#pragma once
// What the structs of numbers are made of that the types of a family follow from: integers, flags, words and decimal
// numbers, which all may be template arguments.
#include <array>
#include <concepts>
#include <ratio>
#include <string_view>
#include <type_traits>
#include <weft/kernel/activation.hpp>
#include <weft/norm/layer_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// digits * 10^exponent: {1, -12} is 1e-12. The exponent is from -18 to 0.
struct decimal_number {
  index_t digits = 0, exponent = 0;
  static constexpr index_t power_of_ten(index_t exponent) {
    index_t power = 1;
    for (; exponent > 0; --exponent) power *= 10;
    return power;
  }
  constexpr double value() const { return static_cast<double>(digits) / static_cast<double>(power_of_ten(-exponent)); }
};

/// The names that configurations have for activations (transformers' ACT2FN). Several may mean one function.
enum class activation_name {
  gelu,
  gelu_new,
  gelu_pytorch_tanh,
  gelu_fast,
  relu,
  tanh,
  linear,
  silu,
  swish,
  gelu_python,
  quick_gelu,
  gelu_10,
  mish,
};

/// The words of an enumeration as configurations spell them, in the order of its enumerators, whose names they are:
/// `words_of<E>::all`, and the enumeration's own name, `words_of<E>::type`. Words that are no identifiers have others
/// in C++, `words_of<E>::enumerators`.
template <class Enumeration>
struct words_of;
template <>
struct words_of<activation_name> {
  static constexpr std::string_view type = "activation_name";
  static constexpr std::array<std::string_view, 13> all{
      "gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast",  "relu",    "tanh", "linear",
      "silu", "swish",    "gelu_python",       "quick_gelu", "gelu_10", "mish"};
};

/// A list of words of an enumeration, as {kind::one, kind::other}: which layers a model has. Up to 13 words of up
/// to 15.
template <class Enumeration>
struct word_list {
  index_t packed = 0;  ///< four bits a word, its place among the words plus 1, the first word's lowest

  constexpr word_list() = default;
  template <std::same_as<Enumeration>... Words>
  requires(sizeof...(Words) > 0 && sizeof...(Words) <= 13) constexpr word_list(Words... words) {  // NOLINT: a list
    index_t place = 1;
    ((packed += (static_cast<index_t>(words) + 1) * place, place *= 16), ...);
  }
  constexpr index_t size() const {
    index_t count = 0;
    for (auto left = packed; left > 0; left /= 16) ++count;
    return count;
  }
  constexpr Enumeration operator[](index_t i) const {
    auto left = packed;
    for (; i > 0; --i) left /= 16;
    return static_cast<Enumeration>(left % 16 - 1);
  }
};

namespace detail {
template <activation_name Name>
constexpr auto activation_named() {
  using enum activation_name;
  if constexpr (Name == gelu || Name == gelu_python)
    return weft::gelu{};
  else if constexpr (Name == relu)
    return weft::relu{};
  else if constexpr (Name == tanh)
    return hyperbolic_tangent{};
  else if constexpr (Name == linear)
    return identity{};
  else if constexpr (Name == silu || Name == swish)
    return weft::silu{};
  else if constexpr (Name == quick_gelu)
    return weft::quick_gelu{};
  else if constexpr (Name == gelu_10)
    return weft::gelu_10{};
  else if constexpr (Name == mish)
    return weft::mish{};
  else
    return gelu_tanh{};
}
}  // namespace detail

/// The function that a name means.
template <activation_name Name>
using activation_of = decltype(detail::activation_named<Name>());

/// A decimal number as the ratio that norms take.
template <decimal_number Number>
using ratio_of = typename std::ratio<Number.digits, decimal_number::power_of_ten(-Number.exponent)>::type;

/// The layer norm of an epsilon: layer_norm_of<decimal_number{1, -12}> is layer_norm<>.
template <decimal_number Epsilon>
using layer_norm_of = layer_norm<ratio_of<Epsilon>>;

}  // namespace weft
