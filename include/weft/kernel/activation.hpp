#pragma once
// Activations: functions of one number, applied to vectors of them, usually fused behind a linear.
// `configuration_names` are the names in a checkpoint's configuration (hidden_act) that mean the function.
#include <weft/simd/math.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// x. A linear with this is a plain linear.
struct identity {
  template <class V>
  [[gnu::always_inline]] V operator()(V x) const {
    return x;
  }
  static constexpr const char* configuration_names[] = {"linear"};
};

/// x Phi(x) = x (1 + erf(x / sqrt 2)) / 2. Error below 3e-7 of max(1, |x|).
struct gelu {
  template <class V>
  [[gnu::always_inline]] V operator()(V x) const {
    const V half = simd::rounded(x * V(0.5f));
    return simd::fma(half, simd::erf(x * V(0.70710678f)), half);
  }
  static constexpr const char* configuration_names[] = {"gelu", "gelu_python"};
};

/// x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, close to gelu. Error below 3e-7 of max(1, |x|).
struct gelu_tanh {
  template <class V>
  [[gnu::always_inline]] V operator()(V x) const {
    const V half = simd::rounded(x * V(0.5f));
    const V inner = x * simd::fma(simd::rounded(x * x), V(0.044715f * 0.79788456f), V(0.79788456f));
    return simd::fma(half, simd::tanh(inner), half);
  }
  static constexpr const char* configuration_names[] = {"gelu_new", "gelu_pytorch_tanh", "gelu_fast"};
};

/// x / (1 + e^-x) (Elfwing et al. 2017; "swish"). Error below 3e-7 of max(1, |x|).
struct silu {
  template <class V>
  [[gnu::always_inline]] V operator()(V x) const {
    return simd::divide(x, V(1.0f) + simd::exp(V(0.0f) - x));
  }
  static constexpr const char* configuration_names[] = {"silu", "swish"};
};

/// x / (1 + e^(-1.702 x)), further from gelu than gelu_tanh (Hendrycks and Gimpel 2016, section 2). Error below 3e-7 of
/// max(1, |x|).
struct quick_gelu {
  template <class V>
  [[gnu::always_inline]] V operator()(V x) const {
    return simd::divide(x, V(1.0f) + simd::exp(simd::rounded(x * V(-1.702f))));
  }
  static constexpr const char* configuration_names[] = {"quick_gelu"};
};

/// gelu(x), or 10 where that is more, so that eight bits have room for it (Zafrir et al. 2019, "Q8BERT"; gelu's least
/// value is far above the -10 that the reference cuts at, too).
struct gelu_10 {
  template <class V>
  [[gnu::always_inline]] V operator()(V x) const {
    return simd::min(V(10.0f), gelu{}(x));
  }
  static constexpr const char* configuration_names[] = {"gelu_10"};
};

/// x tanh(ln(1 + e^x)) (Misra 2019). Error below 3e-7 of max(1, |x|).
struct mish {
  template <class V>
  [[gnu::always_inline]] V operator()(V x) const {
    // tanh(ln(1 + e)) = (e^2 + 2 e) / (e^2 + 2 e + 2), which is 1 long before its square leaves the floats.
    const V e = simd::exp(simd::min(V(30.0f), x));
    const V n = simd::fma(e, e, e + e);
    return simd::rounded(x * simd::divide(n, n + V(2.0f)));
  }
  static constexpr const char* configuration_names[] = {"mish"};
};

/// 1 / (1 + e^-x), the logistic function. Error below 3e-7.
struct sigmoid {
  template <class V>
  [[gnu::always_inline]] V operator()(V x) const {
    return simd::divide(V(1.0f), V(1.0f) + simd::exp(V(0.0f) - x));
  }
  static constexpr const char* configuration_names[] = {"sigmoid"};
};

/// x or 0, whichever is larger. NaN stays NaN.
struct relu {
  template <class V>
  [[gnu::always_inline]] V operator()(V x) const {
    return simd::max(V(0.0f), x);
  }
  static constexpr const char* configuration_names[] = {"relu"};
};

/// tanh(x). Error below 4e-7 of the result.
struct hyperbolic_tangent {
  template <class V>
  [[gnu::always_inline]] V operator()(V x) const {
    return simd::tanh(x);
  }
  static constexpr const char* configuration_names[] = {"tanh"};
};

/// y[i] = f(y[i]) for n values.
template <class Arch, class F>
void apply(F f, float* y, index_t n) {
  using simd::lanes;
  index_t i = 0;
  for (; i + lanes<Arch> <= n; i += lanes<Arch>) simd::store(y + i, f(simd::load<Arch>(y + i)));
  if (i < n) simd::store_partial(y + i, f(simd::load_partial<Arch>(y + i, n - i)), n - i);
}

}  // namespace weft
