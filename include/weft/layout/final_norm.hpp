#pragma once
#include <weft/concept/bind.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// One more norm, behind the last layer: `using last = weft::final_norm<>;` in a spec. Models of pre_norm have it
/// (Xiong et al. 2020, section 3.3; reference: ModernBertModel.final_norm). Norm replaces the spec's.
template <class Norm = void>
struct final_norm {
  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    using norm_part = decltype(bind_norm<with_norm<Spec, Norm>, width>());

    template <class Form>
    struct params {
      [[no_unique_address]] weights<Form, norm_part> norm;
      static constexpr void each(auto&& f, auto&... p) { f("final_norm", p.norm...); }
    };
    [[no_unique_address]] params<bound> parts;

    /// x [n, width] -> y [n, width], which may be x.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, rows<float, width> y, const context& ctx) const {
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (auto t = first; t < last; ++t) parts.norm.row(p.norm, x.row(t), y.row(t));
      });
    }
  };
};

}  // namespace weft
