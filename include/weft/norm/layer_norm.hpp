#pragma once
#include <ratio>
#include <weft/concept/part.hpp>
#include <weft/kernel/row_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Layer normalisation (Ba et al. 2016): mean and variance of a row, then gain and bias. The variance takes a pass of
/// its own. Epsilon is a ratio, so that it prints shortly: std::pico is 1e-12, std::ratio<1, 100000> is 1e-5.
template <class Epsilon = std::pico>
struct layer_norm {
  static constexpr double epsilon = static_cast<double>(Epsilon::num) / static_cast<double>(Epsilon::den);
  static constexpr bool bias = true;
  static constexpr const char* configuration_names[] = {"layer_norm"};

  template <index_t Width>
  struct bind {
    template <class Form>
    struct params {
      tensor<Form, Width> weight, bias;
      static constexpr void each(auto&& f, auto&... p) {
        f("weight", p.weight...);
        f("bias", p.bias...);
      }
    };

    template <class Form>
    void row(const params<Form>& p, const float* x, float* y) const {
      layer_norm_row<typename Form::arch>(x, p.weight.data, p.bias.data, static_cast<float>(epsilon), Width, y);
    }
  };
};

}  // namespace weft
