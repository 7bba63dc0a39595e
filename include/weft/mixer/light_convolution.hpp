#pragma once
#include <weft/concept/part.hpp>
#include <weft/kernel/activation.hpp>
#include <weft/kernel/span_convolution.hpp>
#include <weft/memory/fused.hpp>
#include <weft/memory/invisible_rows.hpp>
#include <weft/numeric/shared_work.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A light convolution: a linear to values and gates, the values times the sigmoid of their gates, every head's columns
/// mixed with those of their Taps neighbours by Taps learnt weights, a linear (Wu et al. 2019, "Pay Less Attention with
/// Lightweight and Dynamic Convolutions", without the softmax of weights; Gao et al. 2021, "AutoBERT-Zero"). It reads
/// the value stream. Zeros beyond the ends of the sequence, and where a row is not visible.
template <index_t Taps, invisible_rows Invisible = invisible_rows::zeros>
struct light_convolution {
  static_assert(Taps > 0 && Taps % 2 == 1, "weft::light_convolution: the number of taps must be odd");
  static constexpr index_t taps = Taps;

  template <mixer_shape S>
  struct bind {
    static_assert(S.output % S.heads == 0,
                  "weft::light_convolution: the number of heads must divide the mixer's output width");
    static constexpr index_t inner = S.output, head_width = inner / S.heads;
    static constexpr bool reads_invisible = Invisible == invisible_rows::read;

    template <class Form>
    struct params {
      [[no_unique_address]] weights<Form, fused_linears<S.value, inner, 2>> into;  // values, gates
      tensor<Form, S.heads, 1, Taps> kernel;
      linear<Form, inner, S.output> output;
      static constexpr void each(auto&& f, auto&... p) {
        f(multiplied_together(2, "self.dense"), p.into...);
        f("self.conv.weight", p.kernel...);
        f("output.dense", p.output...);
      }
    };
    struct scratch {
      frame from;
      rows<float, inner> value{from}, mixed{from};
    };
    struct chain_scratch {
      frame from;
      rows<float, inner> gate{from};
    };

    template <class Form>
    void forward(const params<Form>& p, const streams<S>& x, rows<float, S.output> y, const context& ctx) const {
      using arch = typename Form::arch;
      const scratch s{ctx.frame()};
      ctx.each_block(x.value.count, chain_bytes(*this, ctx.size, ctx.run.workers()),
                     [&](index_t first, index_t last, const context& inner_context) {
                       const chain_scratch c{inner_context.frame()};
                       const auto from = x.value.part(first, last);
                       const auto value = s.value.part(first, last);
                       const rows<float, inner> gate{c.gate.data, last - first};
                       share_products(inner_context, p.into.cut[0].product(from, value),
                                      p.into.cut[1].product(from, gate, sigmoid{}));
                       inner_context.each_rows(last - first, [&](index_t begin, index_t end) {
                         for (auto t = begin; t < end; ++t) multiply_row<arch>(value.row(t), gate.row(t), inner);
                       });
                     });
      ctx.each_tile(32, S.heads, [&](tile t, index_t head, index_t) {
        const auto base = ctx.in.first(t.sequence), length = readable<Invisible>(ctx.in, t.sequence);
        const auto column = head * head_width;
        for (auto i = t.first; i < t.last; ++i)
          mix_taps<arch, Taps>(s.value.row(base) + column, s.value.stride, i, length, p.kernel.data + head * Taps,
                               head_width, s.mixed.row(base + i) + column);
      });
      p.output(rows<const float, inner>(s.mixed), y, ctx);
    }
  };
};

}  // namespace weft
