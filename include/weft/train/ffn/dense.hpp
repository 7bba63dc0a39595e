#pragma once
#include <algorithm>
#include <weft/ffn/dense.hpp>
#include <weft/kernel/row_norm.hpp>
#include <weft/train/linear.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// d[i] *= the slope of an activation at x[i], for n values.
template <class Arch, class Activation>
void multiply_by_slope(const float* x, float* d, index_t n) {
  using vector = simd::vector<Arch>;
  each_vector<Arch>(n, [&](index_t i, auto whole) {
    const auto slope = Activation{}(simd::dual<vector>(part<Arch>(x, i, n, whole), simd::set<Arch>(1.0f))).slope;
    put<Arch>(d, i, n, vector(part<Arch>(d, i, n, whole) * slope), whole);
  });
}

/// y = activation(x), row by row.
template <class Arch, class Activation, index_t Width>
void activate_rows(rows<const float, Width> x, rows<float, Width> y, const context& ctx) {
  ctx.each_rows(x.count, [&](index_t first, index_t last) {
    for (index_t t = first; t < last; ++t) {
      std::copy_n(x.row(t), Width, y.row(t));
      apply<Arch>(Activation{}, y.row(t), Width);
    }
  });
}
/// d *= the activation's slope at x, row by row.
template <class Arch, class Activation, index_t Width>
void multiply_rows_by_slope(rows<const float, Width> x, rows<float, Width> d, const context& ctx) {
  ctx.each_rows(x.count, [&](index_t first, index_t last) {
    for (index_t t = first; t < last; ++t) multiply_by_slope<Arch, Activation>(x.row(t), d.row(t), Width);
  });
}
}  // namespace detail

/// The way back through up, activation and down. Kept are the activation's inputs and outputs.
template <class Activation>
struct training_of<dense<Activation>> {
  template <row_shape S>
  struct bind {
    using part = typename dense<Activation>::template bind<S>;
    struct kept {
      frame& from;
      rows<float, S.hidden> before{from}, hidden{from};
    };
    struct scratch {
      frame from;
      rows<float, S.hidden> change{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      return bytes_of<scratch>(e) + std::max(linear_backward_bytes<Arch>(S.hidden, e, workers),
                                             linear_backward_bytes<Arch>(S.width, e, workers));
    }

    template <class Form>
    static void forward(const part&, const weights<Form, part>& ready, const kept& k, rows<const float, S.width> x,
                        rows<float, S.width> y, const training_context& ctx) {
      ready.up(x, k.before, ctx);
      detail::activate_rows<typename Form::arch, Activation>(rows<const float, S.hidden>(k.before), k.hidden, ctx);
      ready.down(k.hidden, y, ctx);
    }

    /// dx is added to.
    template <class Form>
    static void backward(const part&, const weights<raw, part>& stored, const weights<Form, part>&,
                         const weights<gradient, part>& gradients, const kept& k, rows<const float, S.width> x,
                         rows<const float, S.width> dy, rows<float, S.width> dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const scratch s{ctx.frame()};
      linear_backward<Arch>(stored.down, gradients.down, rows<const float, S.hidden>(k.hidden), dy, s.change,
                            passed_on::written, ctx);
      detail::multiply_rows_by_slope<Arch, Activation>(rows<const float, S.hidden>(k.before), s.change, ctx);
      linear_backward<Arch>(stored.up, gradients.up, x, rows<const float, S.hidden>(s.change), dx, passed_on::added,
                            ctx);
    }
  };
};

}  // namespace weft
