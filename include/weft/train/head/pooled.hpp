#pragma once
#include <algorithm>
#include <cmath>
#include <weft/head/pooled.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// dx += what the rows of a sequence learn of dy, their pooled vector's gradient. Of equal maxima the first row learns.
template <class Arch>
void pool_back(pooling how, const float* x, index_t stride, index_t count, index_t width, const float* dy, float* dx,
               index_t dx_stride) {
  const auto add = [&](index_t row, float share) {
    const auto by = simd::set<Arch>(share);
    float* const to = dx + row * dx_stride;
    each_vector<Arch>(width, [&](index_t c, auto whole) {
      put<Arch>(to, c, width, simd::fma<Arch>(part<Arch>(dy, c, width, whole), by, part<Arch>(to, c, width, whole)),
                whole);
    });
  };
  const auto n = static_cast<float>(count);
  switch (how) {
    case pooling::first_token:
      return add(0, 1);
    case pooling::last_token:
      return add(count - 1, 1);
    case pooling::mean:
      for (index_t t = 0; t < count; ++t) add(t, 1 / n);
      return;
    case pooling::square_root_mean:
      for (index_t t = 0; t < count; ++t) add(t, 1 / std::sqrt(n));
      return;
    case pooling::weighted_mean:
      for (index_t t = 0; t < count; ++t) add(t, static_cast<float>(2 * (t + 1)) / (n * (n + 1)));
      return;
    case pooling::maximum:
      for (index_t c = 0; c < width; ++c) {
        index_t best = 0;
        for (index_t t = 1; t < count; ++t)
          if (x[t * stride + c] > x[best * stride + c]) best = t;
        dx[best * dx_stride + c] += dy[c];
      }
      return;
  }
}
}  // namespace detail

/// The way back through pooled vectors, whatever the modes: a sequence is one task.
template <pooling... Modes>
struct training_of<pooled<Modes...>> {
  template <class Spec>
  struct bind {
    using part = typename pooled<Modes...>::template bind<Spec>;
    static constexpr index_t width = part::width;
    struct kept {
      frame& from;
    };
    template <class Arch>
    static index_t scratch_bytes(extent, index_t, const sizes&) {
      return 0;
    }
    template <class Form>
    static void forward(const part& head, const weights<Form, part>& ready, const kept&, rows<const float, width> x,
                        matrix<float> y, const training_context& ctx) {
      head.forward(ready, x, y, static_cast<const context&>(ctx));
    }
    /// dx is written.
    template <class Form>
    static void backward(const part& head, const auto&, const weights<Form, part>&, const auto&, const kept&,
                         rows<const float, width> x, matrix<const float> dy, rows<float, width> dx,
                         const training_context& ctx) {
      using Arch = typename Form::arch;
      ctx.run.for_each(ctx.in.sequences(), [&](index_t s, index_t) {
        const index_t first = ctx.in.first(s), visible = ctx.in.keys(s);
        for (index_t t = 0; t < ctx.in.length(s); ++t) std::fill_n(dx.row(first + t), width, 0.0f);
        if (visible == 0) return;
        const float* from = dy.row(s);
        for (const auto mode : head.modes.all()) {
          detail::pool_back<Arch>(mode, x.row(first), x.stride, visible, width, from, dx.row(first), dx.stride);
          from += width;
        }
      });
    }
  };
};

}  // namespace weft
