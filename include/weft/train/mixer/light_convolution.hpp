#pragma once
#include <algorithm>
#include <weft/kernel/pooling.hpp>
#include <weft/mixer/light_convolution.hpp>
#include <weft/train/ffn/dense.hpp>
#include <weft/train/linear.hpp>
#include <weft/train/mixer/heads.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through a light convolution: values learn by the taps turned round, a tap the products of what a row
/// learns and the neighbour that it looked at.
template <index_t Taps, invisible_rows Invisible>
struct training_of<light_convolution<Taps, Invisible>> {
  template <mixer_shape S>
  struct bind {
    using part = typename light_convolution<Taps, Invisible>::template bind<S>;
    static constexpr index_t inner = part::inner, head_width = part::head_width, middle = Taps / 2;
    using read = rows<const float, inner>;

    struct kept {
      frame& from;
      rows<float, inner> value{from}, before{from}, gate{from}, gated{from}, mixed{from};
    };
    struct scratch {
      frame from;
      rows<float, 2 * inner> both{from};  // gradients of values and gates, side by side
      rows<float, inner> mixed{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      return bytes_of<scratch>(e) + linear_backward_bytes<Arch>(std::max(S.output, 2 * inner), e, workers);
    }

    template <class Form>
    static void forward(const part&, const weights<Form, part>& ready, const kept& k, const streams<S>& x,
                        rows<float, S.output> y, const training_context& ctx) {
      using Arch = typename Form::arch;
      share_products(ctx, ready.into.cut[0].product(x.value, k.value), ready.into.cut[1].product(x.value, k.before));
      detail::activate_rows<Arch, sigmoid>(read(k.before), k.gate, ctx);
      ctx.each_rows(x.value.count, [&](index_t first, index_t last) {
        for (auto t = first; t < last; ++t) product_of<Arch>(k.value.row(t), k.gate.row(t), k.gated.row(t));
      });
      ctx.each_tile(32, S.heads, [&](tile t, index_t head, index_t) {
        const auto base = ctx.in.first(t.sequence), length = readable<Invisible>(ctx.in, t.sequence);
        const auto column = head * head_width;
        for (auto i = t.first; i < t.last; ++i)
          mix_taps<Arch, Taps>(k.gated.row(base) + column, k.gated.stride, i, length, ready.kernel.data + head * Taps,
                               head_width, k.mixed.row(base + i) + column);
      });
      ready.output(read(k.mixed), y, ctx);
    }

    template <class Form>
    static void backward(const part&, const weights<raw, part>& stored, const weights<Form, part>&,
                         const weights<gradient, part>& gradients, const kept& k, const streams<S>& x,
                         rows<const float, S.output> dy, const stream_gradients<S>& dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const scratch s{ctx.frame()};
      linear_backward<Arch>(stored.output, gradients.output, read(k.mixed), dy, s.mixed, passed_on::written, ctx);
      ctx.run.for_each(S.heads, [&](index_t head, index_t) {
        learn_taps<Arch>(gradients.kernel.data + head * Taps, head * head_width, k, s.mixed, ctx);
      });
      const auto value = s.both.template columns<0, inner>(), gate = s.both.template columns<inner, inner>();
      ctx.each_tile(16, 1, [&](tile t, index_t, index_t) {
        for (auto i = t.first; i < t.last; ++i) {
          const auto row = ctx.in.first(t.sequence) + i;
          change_of_gated<Arch>(stored.kernel.data, s.mixed, t.sequence, i, gate.row(row), ctx);
          product_of<Arch>(gate.row(row), k.gate.row(row), value.row(row));
          product_of<Arch>(gate.row(row), k.value.row(row), gate.row(row));
        }
      });
      detail::multiply_rows_by_slope<Arch, sigmoid>(read(k.before), gate, ctx);
      linear_backward<Arch>(detail::as_one_linear<S.value, 2 * inner, true>(stored.into),
                            detail::as_one_linear<S.value, 2 * inner, true>(gradients.into), x.value,
                            rows<const float, 2 * inner>(s.both), dx.value, passed_on::added, ctx);
    }

   private:
    // to = a b, value by value; it may be either.
    template <class Arch>
    static void product_of(const float* a, const float* b, float* to) {
      if (to != a) std::copy_n(a, inner, to);
      multiply_row<Arch>(to, b, inner);
    }
    template <class Arch>
    static void learn_taps(float* to, index_t column, const kept& k, read change, const training_context& ctx) {
      for (index_t sequence = 0; sequence < ctx.in.sequences(); ++sequence) {
        const auto base = ctx.in.first(sequence), length = readable<Invisible>(ctx.in, sequence);
        for (index_t i = 0; i < ctx.in.length(sequence); ++i)
          for (index_t tap = std::max<index_t>(0, middle - i); tap < std::min(Taps, length - i + middle); ++tap)
            to[tap] +=
                dot<Arch>(change.row(base + i) + column, k.gated.row(base + i + tap - middle) + column, head_width);
      }
    }
    template <class Arch>
    static void change_of_gated(const float* kernel, read change, index_t sequence, index_t i, float* to,
                                const training_context& ctx) {
      const auto base = ctx.in.first(sequence), length = ctx.in.length(sequence);
      if (i >= readable<Invisible>(ctx.in, sequence)) return static_cast<void>(std::fill_n(to, inner, 0.0f));
      float taps[on_stack<float, Taps>];
      for (index_t head = 0; head < S.heads; ++head) {
        for (index_t tap = 0; tap < Taps; ++tap) taps[tap] = kernel[head * Taps + Taps - 1 - tap];
        mix_taps<Arch, Taps>(change.row(base) + head * head_width, change.stride, i, length, taps, head_width,
                             to + head * head_width);
      }
    }
  };
};

}  // namespace weft
