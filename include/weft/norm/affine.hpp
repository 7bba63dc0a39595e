#pragma once
#include <weft/concept/part.hpp>
#include <weft/kernel/row_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// MobileBERT's norm: gain and bias without statistics (Sun et al. 2020, section 3.2, "NoNorm"; reference: NoNorm in
/// modeling_mobilebert.py).
struct affine {
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
      affine_row<typename Form::arch>(x, p.weight.data, p.bias.data, Width, y);
    }
    template <class Form>
    void row_of_sum(const params<Form>& p, const float* x, const float* residual, float* y) const {
      add_affine_row<typename Form::arch>(x, residual, p.weight.data, p.bias.data, Width, y);
    }
  };
  static constexpr const char* configuration_names[] = {"no_norm"};
};

}  // namespace weft
