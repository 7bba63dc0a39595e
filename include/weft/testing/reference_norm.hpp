#pragma once
#include <weft/norm/affine.hpp>
#include <weft/norm/layer_norm.hpp>
#include <weft/norm/rms_norm.hpp>
#include <weft/norm/without_bias.hpp>
#include <weft/testing/reference.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// Deviations from the row's mean over its standard deviation, gain, bias (Ba et al. 2016, equation 4).
template <class Epsilon>
struct reference_of<layer_norm<Epsilon>> {
  template <index_t Width>
  static table forward(const weights<raw, typename layer_norm<Epsilon>::template bind<Width>>& p, const table& x) {
    const double epsilon = static_cast<double>(Epsilon::num) / static_cast<double>(Epsilon::den);
    const table deviation = x - row_means(x);
    const table variance = row_means(deviation * deviation);
    return deviation / xt::sqrt(variance + epsilon) * as_xtensor(p.weight) + as_xtensor(p.bias);
  }
};

/// A row over the root of its mean square, gain (Zhang and Sennrich 2019, equation 4).
template <class Epsilon>
struct reference_of<rms_norm<Epsilon>> {
  template <index_t Width>
  static table forward(const weights<raw, typename rms_norm<Epsilon>::template bind<Width>>& p, const table& x) {
    const double epsilon = static_cast<double>(Epsilon::num) / static_cast<double>(Epsilon::den);
    const table squares = row_means(x * x);
    return x / xt::sqrt(squares + epsilon) * as_xtensor(p.weight);
  }
};

/// A norm whose bias is zeros.
template <class Norm>
struct reference_of<without_bias<Norm>> {
  template <index_t Width>
  static table forward(const weights<raw, typename without_bias<Norm>::template bind<Width>>& p, const table& x) {
    const std::vector<float> zeros(static_cast<std::size_t>(Width));
    weights<raw, typename Norm::template bind<Width>> whole;
    whole.weight = p.weight, whole.bias.data = zeros.data();
    return reference_of<Norm>::template forward<Width>(whole, x);
  }
};

/// Gain and bias (reference: NoNorm in modeling_mobilebert.py).
template <>
struct reference_of<affine> {
  template <index_t Width>
  static table forward(const weights<raw, affine::bind<Width>>& p, const table& x) {
    return x * as_xtensor(p.weight) + as_xtensor(p.bias);
  }
};

}  // namespace weft::testing
