#pragma once
#include <ratio>
#include <weft/concept/part.hpp>
#include <weft/kernel/row_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Root mean square normalisation (Zhang and Sennrich 2019, equation 4; reference: LlamaRMSNorm): a row over the root
/// of its mean square, then a gain. No mean is taken off and there is no bias. Epsilon is a ratio, as layer_norm's.
template <class Epsilon = std::ratio<1, 100'000>>
struct rms_norm {
  static constexpr double epsilon = static_cast<double>(Epsilon::num) / static_cast<double>(Epsilon::den);
  static constexpr bool bias = false;
  static constexpr const char* configuration_names[] = {"rms_norm"};

  template <index_t Width>
  struct bind {
    template <class Form>
    struct params {
      tensor<Form, Width> weight;
      static constexpr void each(auto&& f, auto&... p) { f("weight", p.weight...); }
    };

    template <class Form>
    void row(const params<Form>& p, const float* x, float* y) const {
      rms_norm_row<typename Form::arch>(x, p.weight.data, static_cast<float>(epsilon), Width, y);
    }
  };
};

}  // namespace weft
