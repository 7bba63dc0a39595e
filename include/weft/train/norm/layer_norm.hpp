#pragma once
#include <cmath>
#include <weft/norm/layer_norm.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through a layer norm (Ba et al. 2016): with u = dy gain and h = (x - mean) / sqrt(variance + epsilon),
/// dx = (u - mean(u) - h mean(u h)) / sqrt(variance + epsilon); the gain learns dy h, the bias dy. Statistics are made
/// again from x, as forward makes them.
template <class Epsilon>
struct training_of<layer_norm<Epsilon>> {
  template <index_t Width>
  struct bind {
    using part = typename layer_norm<Epsilon>::template bind<Width>;
    struct scratch {
      frame from;
      float *means = from.take(from.size.tokens), *inverses = from.take(from.size.tokens);
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t) {
      return bytes_of<scratch>(e);
    }

    template <class Form>
    static void forward(const part& norm, const weights<Form, part>& ready, rows<const float, Width> x,
                        rows<float, Width> y, const training_context& ctx) {
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (index_t t = first; t < last; ++t) norm.row(ready, x.row(t), y.row(t));
      });
    }

    /// `x` is what the norm read, `dx` is written and may be `dy`.
    template <class Form>
    static void backward(const part&, const weights<raw, part>& stored, const weights<Form, part>&,
                         const weights<gradient, part>& gradients, rows<const float, Width> x,
                         rows<const float, Width> dy, rows<float, Width> dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      constexpr index_t step = 4 * simd::lanes<Arch>;
      const scratch s{ctx.frame()};
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (index_t t = first; t < last; ++t) statistics<Arch>(x.row(t), s.means[t], s.inverses[t]);
      });
      ctx.run.for_each(ceil_div(Width, step), [&](index_t i, index_t) {
        const index_t first = i * step, width = std::min(step, Width - first);
        for (index_t t = 0; t < x.count; ++t)
          learn<Arch>(x.row(t) + first, dy.row(t) + first, s.means[t], s.inverses[t], width,
                      gradients.weight.data + first, gradients.bias.data + first);
      });
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (index_t t = first; t < last; ++t)
          pass_on<Arch>(x.row(t), dy.row(t), stored.weight.data, s.means[t], s.inverses[t], dx.row(t));
      });
    }

   private:
    template <class Arch>
    static void statistics(const float* x, float& mean, float& inverse) {
      const auto count = static_cast<float>(Width);
      mean = detail::sum_row<Arch>(Width, [&](index_t c, const auto& so_far,
                                              auto whole) { return so_far + detail::part<Arch>(x, c, Width, whole); }) /
             count;
      const auto middle = simd::set<Arch>(mean);
      const float squares = detail::sum_row<Arch>(Width, [&](index_t c, const auto& so_far, auto whole) {
        auto d = detail::part<Arch>(x, c, Width, whole) - middle;
        if constexpr (!whole) d = simd::keep_first<Arch>(d, Width - c);
        return simd::fma<Arch>(d, d, so_far);
      });
      inverse = 1.0f / std::sqrt(squares / count + static_cast<float>(layer_norm<Epsilon>::epsilon));
    }
    template <class Arch>
    static void learn(const float* x, const float* dy, float mean, float inverse, index_t width, float* gain,
                      float* bias) {
      const auto middle = simd::set<Arch>(mean), factor = simd::set<Arch>(inverse);
      detail::each_vector<Arch>(width, [&](index_t c, auto whole) {
        const auto h = (detail::part<Arch>(x, c, width, whole) - middle) * factor;
        const auto d = detail::part<Arch>(dy, c, width, whole);
        detail::put<Arch>(gain, c, width, simd::fma<Arch>(d, h, detail::part<Arch>(gain, c, width, whole)), whole);
        detail::put<Arch>(bias, c, width, simd::vector<Arch>(d + detail::part<Arch>(bias, c, width, whole)), whole);
      });
    }
    template <class Arch>
    static void pass_on(const float* x, const float* dy, const float* gain, float mean, float inverse, float* dx) {
      const auto middle = simd::set<Arch>(mean), factor = simd::set<Arch>(inverse);
      const auto u = [&](index_t c, auto whole) {
        return simd::rounded<Arch>(detail::part<Arch>(dy, c, Width, whole) * detail::part<Arch>(gain, c, Width, whole));
      };
      const auto h = [&](index_t c, auto whole) {
        return simd::rounded<Arch>((detail::part<Arch>(x, c, Width, whole) - middle) * factor);
      };
      constexpr auto count = static_cast<float>(Width);
      const float sum =
          detail::sum_row<Arch>(Width, [&](index_t c, const auto& so_far, auto whole) { return so_far + u(c, whole); });
      const float along = detail::sum_row<Arch>(Width, [&](index_t c, const auto& so_far, auto whole) {
        return simd::fma<Arch>(u(c, whole), h(c, whole), so_far);  // beyond the row's end u is 0
      });
      const auto shift = simd::set<Arch>(sum / count), slope = simd::set<Arch>(0.0f - along / count);
      detail::each_vector<Arch>(Width, [&](index_t c, auto whole) {
        const auto change = simd::fma<Arch>(h(c, whole), slope, u(c, whole) - shift);
        detail::put<Arch>(dx, c, Width, simd::vector<Arch>(change * factor), whole);
      });
    }
  };
};

}  // namespace weft
