#pragma once
#include <weft/concept/part.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A norm of which a checkpoint stores the gain alone, as without_bias<layer_norm<>> (reference: torch.nn.LayerNorm
/// with bias=False, which ModernBERT has). Its bits are those of a bias of zeros.
template <class Norm>
struct without_bias : Norm {
  static constexpr bool bias = false;

  template <index_t Width>
  struct bind {
    using inner = typename Norm::template bind<Width>;

    template <class Form>
    struct params {
      tensor<Form, Width> weight;
      [[no_unique_address]] derived<Form, weights<Form, inner>> whole;
      static constexpr void each(auto&& f, auto&... p) { f("weight", p.weight...); }
      void derive(const auto&, const sizes&, arena& store) {
        whole.weight = weight;
        whole.bias.data = store.take<float>(Width).data();
      }
    };

    template <class Form>
    void row(const params<Form>& p, const float* x, float* y) const {
      inner{}.row(p.whole, x, y);
    }
    template <class Form>
    void row_of_sum(const params<Form>& p, const float* x, const float* residual,
                    float* y) const requires norms_sums<inner, Form> {
      inner{}.row_of_sum(p.whole, x, residual, y);
    }
  };
};

}  // namespace weft
