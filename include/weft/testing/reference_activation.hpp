#pragma once
#include <weft/kernel/activation.hpp>
#include <weft/testing/reference.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

template <>
struct reference_of<identity> {
  static table forward(const table& x) { return x; }
};

/// x times the normal distribution function (Hendrycks and Gimpel 2016).
template <>
struct reference_of<gelu> {
  static table forward(const table& x) { return 0.5 * x * (1 + xt::erf(x / std::sqrt(2.0))); }
};

/// Its approximation by tanh (Hendrycks and Gimpel 2016, section 2).
template <>
struct reference_of<gelu_tanh> {
  static table forward(const table& x) {
    const double two_over_pi = 2 / 3.14159265358979323846;
    return 0.5 * x * (1 + xt::tanh(std::sqrt(two_over_pi) * (x + 0.044715 * x * x * x)));
  }
};

template <>
struct reference_of<silu> {
  static table forward(const table& x) { return x / (1 + xt::exp(-x)); }
};

template <>
struct reference_of<quick_gelu> {
  static table forward(const table& x) { return x / (1 + xt::exp(-1.702 * x)); }
};

template <>
struct reference_of<gelu_10> {
  static table forward(const table& x) { return xt::clip(reference_of<gelu>::forward(x), -10.0, 10.0); }
};

template <>
struct reference_of<mish> {
  static table forward(const table& x) { return x * xt::tanh(xt::log1p(xt::exp(x))); }
};

template <>
struct reference_of<relu> {
  static table forward(const table& x) { return xt::maximum(x, 0.0); }
};

template <>
struct reference_of<hyperbolic_tangent> {
  static table forward(const table& x) { return xt::tanh(x); }
};

}  // namespace weft::testing
