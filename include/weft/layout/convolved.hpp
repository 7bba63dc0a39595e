#pragma once
#include <algorithm>
#include <array>
#include <weft/kernel/activation.hpp>
#include <weft/layout/layers.hpp>
#include <weft/layout/post_norm.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A layer, and a convolution over tokens of what the layer read: norm(layer(x) + activation(convolution(x))). Once, as
/// the first of a stack: `using layout = weft::layers<weft::repeated<1, weft::convolved<3>>, weft::post_norm>;` (He et
/// al. 2021, DeBERTa v2; reference: ConvLayer of modeling_deberta_v2.py). Kernel is odd; Groups cuts the columns into
/// as many convolutions. Beyond a sequence's visible rows stand zeros.
template <index_t Kernel, index_t Groups = 1, class Activation = hyperbolic_tangent, class Layout = post_norm>
struct convolved {
  static_assert(Kernel > 0 && Kernel % 2 == 1, "weft::convolved: the kernel must be odd and positive");
  static constexpr index_t kernel = Kernel, groups = Groups;
  using activation = Activation;
  using layout_type = Layout;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static_assert(Groups > 0 && width % Groups == 0, "weft::convolved: the number of groups must divide the width");
    static constexpr index_t group = width / Groups;
    using layer = typename decltype(bind_layout<with_layout<Spec, Layout, 0>>())::type;
    using norm_part = decltype(bind_norm<Spec, width>());

    template <class Form>
    struct params {
      weights<Form, layer> plain;
      [[no_unique_address]] stored<Form, tensor<Form, width, group, Kernel>> weight;
      [[no_unique_address]] stored<Form, tensor<Form, width>> bias;
      [[no_unique_address]] weights<Form, norm_part> norm;
      [[no_unique_address]] derived<Form,
                                    std::array<linear<Form, Kernel * group, group>, static_cast<std::size_t>(Groups)>>
          convolutions;
      static constexpr void each(auto&& f, auto&... p) {
        f("", p.plain...);
        f("convolution.conv.weight", p.weight...);
        f("convolution.conv.bias", p.bias...);
        f("convolution.LayerNorm", p.norm...);
      }
      void derive(const auto& raw, const sizes&, arena& store) {
        for (index_t g = 0; g < Groups; ++g)
          convolutions[static_cast<std::size_t>(g)].pack(
              [&](index_t o, index_t i) {
                return raw.weight[((g * group + o) * group + i % group) * Kernel + i / group];
              },
              raw.bias.data + g * group, group, store);
      }
    };
    struct chain_scratch {
      frame from;
      rows<float, Kernel * group> beside{from};
      rows<float, width> change{from};
    };
    [[no_unique_address]] params<bound> parts;

    /// x [n, width] -> y [n, width]; they must not overlap.
    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, rows<float, width> y, const auto& ctx) const {
      parts.plain.forward(p.plain, x, y, ctx);
      const auto bytes = chain_bytes(*this, ctx.size, ctx.run.workers());
      ctx.each_block(x.count, bytes, [&](index_t first, index_t last, const auto& inner) {
        const chain_scratch c{inner.frame()};
        const index_t count = last - first;
        for (index_t g = 0; g < Groups; ++g) {
          gather(x, ctx.in, g, first, last, c.beside);
          p.convolutions[static_cast<std::size_t>(g)](rows<const float, Kernel * group>(c.beside),
                                                      rows<float, group>(c.change.data + g * group, count, width),
                                                      inner, Activation{});
        }
        add_and_normalise<Form, width>(parts.norm, p.norm, c.change, y.part(first, last), y.part(first, last), inner);
      });
    }

   private:
    // Rows [first, last), each with those around it, of one group's columns.
    static void gather(rows<const float, width> x, const batch& in, index_t g, index_t first, index_t last,
                       rows<float, Kernel * group> to) {
      index_t s = std::upper_bound(in.offsets.begin(), in.offsets.end(), first) - in.offsets.begin() - 1;
      for (auto t = first; t < last; ++t) {
        while (t >= in.first(s) + in.length(s)) ++s;
        const auto begin = in.first(s), end = begin + in.keys(s);
        for (index_t u = 0; u < Kernel; ++u) {
          const auto from = t + u - Kernel / 2;
          float* const here = to.row(t - first) + u * group;
          if (from < begin || from >= end)
            std::fill_n(here, group, 0.0f);
          else
            std::copy_n(x.row(from) + g * group, group, here);
        }
      }
    }
  };
};

}  // namespace weft
