#pragma once
#include <algorithm>
#include <weft/ffn/gated.hpp>
#include <weft/train/ffn/dense.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// The way back through down(activation(gate(x)) value(x)). Kept are gate before and behind its activation, value, and
/// their product.
template <class Activation, gate_stored Stored, bool Bias, bool OutputBias>
struct training_of<gated<Activation, Stored, Bias, OutputBias>> {
  template <row_shape S>
  struct bind {
    using part = typename gated<Activation, Stored, Bias, OutputBias>::template bind<S>;
    static constexpr bool as_one = Stored != gate_stored::apart;
    static constexpr index_t gate_at = Stored == gate_stored::value_first ? S.hidden : 0;
    using read = rows<const float, S.hidden>;
    struct kept {
      frame& from;
      rows<float, S.hidden> before{from}, gate{from}, value{from}, product{from};
    };
    struct scratch {
      frame from;
      rows<float, 2 * S.hidden> both{from};  // gradients of gate and value, as they are stored
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      return bytes_of<scratch>(e) + std::max(linear_backward_bytes<Arch>(S.width, e, workers),
                                             linear_backward_bytes<Arch>(as_one ? 2 * S.hidden : S.hidden, e, workers));
    }

    template <class Form>
    static void forward(const part&, const weights<Form, part>& ready, const kept& k, rows<const float, S.width> x,
                        rows<float, S.width> y, const training_context& ctx) {
      using Arch = typename Form::arch;
      share_products(ctx, ready.in.to_gate().product(x, k.before), ready.in.to_value().product(x, k.value));
      detail::activate_rows<Arch, Activation>(read(k.before), k.gate, ctx);
      multiply<Arch>(read(k.gate), read(k.value), k.product, ctx);
      ready.down(read(k.product), y, ctx);
    }

    /// dx is added to.
    template <class Form>
    static void backward(const part&, const weights<raw, part>& stored, const weights<Form, part>&,
                         const weights<gradient, part>& gradients, const kept& k, rows<const float, S.width> x,
                         rows<const float, S.width> dy, rows<float, S.width> dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const scratch s{ctx.frame()};
      const auto gate = s.both.template columns<gate_at, S.hidden>(),
                 value = s.both.template columns<S.hidden - gate_at, S.hidden>();
      linear_backward<Arch>(stored.down, gradients.down, read(k.product), dy, gate, passed_on::written, ctx);
      multiply<Arch>(read(gate), read(k.gate), value, ctx);
      multiply<Arch>(read(gate), read(k.value), gate, ctx);
      detail::multiply_rows_by_slope<Arch, Activation>(read(k.before), gate, ctx);
      if constexpr (as_one) {
        linear_backward<Arch>(linear_of(stored.in.both), linear_of(gradients.in.both), x,
                              rows<const float, 2 * S.hidden>(s.both), dx, passed_on::added, ctx);
      } else {
        linear_backward<Arch>(stored.in.value, gradients.in.value, x, read(value), dx, passed_on::added, ctx);
        linear_backward<Arch>(stored.in.gate, gradients.in.gate, x, read(gate), dx, passed_on::added, ctx);
      }
    }

   private:
    // y = a b, value by value; y may be a.
    template <class Arch>
    static void multiply(read a, read b, rows<float, S.hidden> y, const context& ctx) {
      ctx.each_rows(a.count, [&](index_t first, index_t last) {
        for (index_t t = first; t < last; ++t) {
          if (y.row(t) != a.row(t)) std::copy_n(a.row(t), S.hidden, y.row(t));
          multiply_row<Arch>(y.row(t), b.row(t), S.hidden);
        }
      });
    }
    template <class Joined>
    static auto linear_of(const Joined& joined) {
      return detail::as_one_linear<S.width, 2 * S.hidden, Bias>(joined);
    }
  };
};

}  // namespace weft
