#pragma once
#include <algorithm>
#include <weft/norm/affine.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through gain and bias: dx = dy gain; the gain learns dy x, the bias dy.
template <>
struct training_of<affine> {
  template <index_t Width>
  struct bind {
    using part = affine::bind<Width>;
    template <class Arch>
    static index_t scratch_bytes(extent, index_t) {
      return 0;
    }

    template <class Form>
    static void forward(const part& norm, const weights<Form, part>& ready, rows<const float, Width> x,
                        rows<float, Width> y, const training_context& ctx) {
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (index_t t = first; t < last; ++t) norm.row(ready, x.row(t), y.row(t));
      });
    }
    /// dx is written and may be dy.
    template <class Form>
    static void backward(const part&, const weights<raw, part>& stored, const weights<Form, part>&,
                         const weights<gradient, part>& gradients, rows<const float, Width> x,
                         rows<const float, Width> dy, rows<float, Width> dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      constexpr index_t step = 4 * simd::lanes<Arch>;
      ctx.run.for_each(ceil_div(Width, step), [&](index_t i, index_t) {
        const index_t first = i * step, width = std::min(step, Width - first);
        float *const gain = gradients.weight.data + first, *const bias = gradients.bias.data + first;
        for (index_t t = 0; t < x.count; ++t)
          detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
            const auto part_of = [&](const float* row) { return detail::part<Arch>(row, c, width, whole); };
            const auto d = part_of(dy.row(t) + first);
            detail::put<Arch>(gain, c, width, simd::fma<Arch>(d, part_of(x.row(t) + first), part_of(gain)), whole);
            detail::put<Arch>(bias, c, width, simd::vector<Arch>(d + part_of(bias)), whole);
          });
      });
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (index_t t = first; t < last; ++t) {
          if (dx.row(t) != dy.row(t)) std::copy_n(dy.row(t), Width, dx.row(t));
          multiply_row<Arch>(dx.row(t), stored.weight.data, Width);
        }
      });
    }
  };
};

}  // namespace weft
