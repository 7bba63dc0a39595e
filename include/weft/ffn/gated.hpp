#pragma once
#include <weft/concept/part.hpp>
#include <weft/kernel/activation.hpp>
#include <weft/kernel/row_norm.hpp>
#include <weft/memory/fused.hpp>
#include <weft/numeric/shared_work.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How a checkpoint stores the two linears into a gated feed-forward: each by its name; as one, the rows of the gate
/// before those of the value; or as one, those of the value first.
enum class gate_stored { apart, as_one, value_first };

namespace detail {
// The two linears into it. Read and packed in this order, since they are multiplied together.
template <index_t In, index_t Out, gate_stored Stored, bool Bias>
struct gate_and_value {
  static constexpr std::size_t gate = Stored == gate_stored::value_first ? 1 : 0;
  template <class Form>
  struct params {
    [[no_unique_address]] weights<Form, fused_linears<In, Out, 2, Bias>> both;
    static constexpr void each(auto&& f, auto&... p) { f("dense", p.both...); }
    const auto& to_gate() const { return both.cut[gate]; }
    const auto& to_value() const { return both.cut[1 - gate]; }
  };
};
template <index_t In, index_t Out, bool Bias>
struct gate_and_value<In, Out, gate_stored::apart, Bias> {
  template <class Form>
  struct params {
    linear<Form, In, Out, Bias> gate, value;
    static constexpr void each(auto&& f, auto&... p) {
      f("gate", p.gate...);
      f("dense", p.value...);
    }
    const auto& to_gate() const { return gate; }
    const auto& to_value() const { return value; }
  };
};
}  // namespace detail

/// Down(activation(gate(x)) * value(x)): the gated feed-forward (Shazeer 2020, "GLU Variants Improve Transformer",
/// section 2; GeGLU with gelu, SwiGLU with silu). `hidden` is the width of the gate, and of the value. Bias is that of
/// the linears into it, OutputBias that of the one out of it.
template <class Activation = gelu, gate_stored Stored = gate_stored::apart, bool Bias = true, bool OutputBias = Bias>
struct gated {
  using activation = Activation;
  static constexpr bool bias = Bias, output_bias = OutputBias;

  template <row_shape S>
  struct bind {
    using into = detail::gate_and_value<S.width, S.hidden, Stored, Bias>;

    template <class Form>
    struct params {
      weights<Form, into> in;
      linear<Form, S.hidden, S.width, OutputBias> down;
      static constexpr void each(auto&& f, auto&... p) {
        f(multiplied_together(2, "intermediate"), p.in...);
        f("output.dense", p.down...);
      }
    };
    struct scratch {
      frame from;
      rows<float, S.hidden> gate{from}, value{from};
    };

    template <class Form>
    void forward(const params<Form>& p, rows<const float, S.width> x, rows<float, S.width> y,
                 const context& ctx) const {
      const scratch s{ctx.frame()};
      const rows<float, S.hidden> gate{s.gate.data, x.count}, value{s.value.data, x.count};
      share_products(ctx, p.in.to_gate().product(x, gate, Activation{}), p.in.to_value().product(x, value));
      ctx.each_rows(x.count, [&](index_t first, index_t last) {
        for (auto t = first; t < last; ++t) multiply_row<typename Form::arch>(gate.row(t), value.row(t), S.hidden);
      });
      p.down(rows<const float, S.hidden>(gate), y, ctx);
    }
  };
};

}  // namespace weft
