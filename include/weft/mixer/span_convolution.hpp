#pragma once
#include <weft/concept/part.hpp>
#include <weft/kernel/span_convolution.hpp>
#include <weft/memory/invisible_rows.hpp>
#include <weft/numeric/shared_work.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Span-based dynamic convolution (Jiang et al. 2020, section 4.1; reference: ConvBertSelfAttention): every token mixes
/// its Taps neighbours with weights made from the attention's query and a key that saw the neighbours too. Zeros beyond
/// the ends of the sequence. A companion of mixed_attention.
template <index_t Taps, invisible_rows Invisible = invisible_rows::read>
struct span_convolution {
  static_assert(Taps > 0 && Taps % 2 == 1, "weft::span_convolution: the number of taps must be odd");
  static constexpr index_t taps = Taps;

  template <companion_shape S>
  struct bind {
    template <class Form>
    struct params {
      [[no_unique_address]] stored<Form, tensor<Form, S.key, 1, Taps>> depthwise;
      [[no_unique_address]] stored<Form, tensor<Form, S.inner, S.key, 1>> pointwise;
      [[no_unique_address]] stored<Form, tensor<Form, S.inner, 1>> bias;
      linear<Form, S.inner, S.heads * Taps> kernel;
      linear<Form, S.value, S.inner> value;
      [[no_unique_address]] derived<Form, const float*> taps;                   // depthwise, [Taps, S.key]
      [[no_unique_address]] derived<Form, linear<Form, S.key, S.inner>> spans;  // pointwise and bias, packed

      static constexpr std::string_view derived_name = "key_conv_attn_layer";
      static constexpr void each(auto&& f, auto&... p) {
        f("key_conv_attn_layer.depthwise.weight", p.depthwise...);
        f("key_conv_attn_layer.pointwise.weight", p.pointwise...);
        f("key_conv_attn_layer.bias", p.bias...);
        f("conv_kernel_layer", p.kernel...);
        f("conv_out_layer", p.value...);
      }
      void derive(const auto& raw, const sizes&, arena& store) {
        const auto to = store.take<float>(Taps * S.key);
        for (index_t tap = 0; tap < Taps; ++tap)
          for (index_t c = 0; c < S.key; ++c) to[tap * S.key + c] = raw.depthwise[c * Taps + tap];
        taps = to.data();
        const auto* w = raw.pointwise.data;
        const standing_in part(store, derived_name);
        spans.pack([w](index_t o, index_t i) { return w[o * S.key + i]; }, raw.bias.data, S.inner, store);
      }
    };
    struct scratch {
      frame from;
      rows<float, S.heads * Taps> kernel{from};
      rows<float, S.inner> value{from};
    };
    struct chain_scratch {
      frame from;
      rows<float, S.key> seen{from};
      rows<float, S.inner> spans{from};
    };
    static constexpr bool reads_invisible = Invisible == invisible_rows::read;

    /// key, value [n, ...], the attention's query [n, S.inner] -> y [n, S.inner]
    template <class Form>
    void forward(const params<Form>& p, rows<const float, S.key> key, rows<const float, S.value> value,
                 rows<const float, S.inner> query, rows<float, S.inner> y, const context& ctx) const {
      using arch = typename Form::arch;
      const scratch s{ctx.frame()};
      ctx.each_block(key.count, chain_bytes(*this, ctx.size, ctx.run.workers()),
                     [&](index_t first, index_t last, const context& inner) {
                       const chain_scratch c{inner.frame()};
                       const auto kernel = s.kernel.part(first, last);
                       see_neighbours<arch>(p.taps, key, c.seen, inner);
                       share_products(inner, p.spans.product(c.seen, c.spans),
                                      p.value.product(value.part(first, last), s.value.part(first, last)));
                       inner.each_rows(last - first, [&](index_t from, index_t to) {
                         for (auto t = from; t < to; ++t)
                           multiply_row<arch>(c.spans.row(t), query.row(first + t), S.inner);
                       });
                       p.kernel(c.spans, kernel, inner);
                       inner.each_rows(last - first, [&](index_t from, index_t to) {
                         for (auto t = from; t < to; ++t) softmax_taps<arch, Taps>(kernel.row(t), S.heads);
                       });
                     });
      ctx.each_tile(32, 1, [&](tile t, index_t, index_t) {
        const auto base = ctx.in.first(t.sequence), length = readable<Invisible>(ctx.in, t.sequence);
        for (auto i = t.first; i < t.last; ++i)
          for (index_t h = 0; h < S.heads; ++h)
            mix_taps<arch, Taps>(s.value.row(base) + h * head_width, s.value.stride, i, length,
                                 s.kernel.row(base + i) + h * Taps, head_width, y.row(base + i) + h * head_width);
      });
    }

   private:
    static constexpr index_t head_width = S.inner / S.heads;

    // The block's rows of the depthwise convolution; neighbours may lie outside the block, not outside the sequence.
    template <class Arch>
    static void see_neighbours(const float* depthwise, rows<const float, S.key> key, rows<float, S.key> seen,
                               const context& inner) {
      inner.each_rows(seen.count, [&](index_t from, index_t to) {
        inner.each_piece(from, to, [&](index_t sequence, index_t first, index_t last) {
          const auto base = inner.in.first(sequence), length = readable<Invisible>(inner.in, sequence);
          const auto y = seen.part(base + first - inner.first_row, base + last - inner.first_row);
          depthwise_rows<Arch, Taps>(key.row(base), key.stride, first, last, length, depthwise, S.key, S.key, y.data,
                                     y.stride);
        });
      });
    }
  };
};

}  // namespace weft
