#pragma once
// A numeric policy says how a linear stores its weights and how it multiplies rows by them. Everything else in a model
// is float32 rows. Contract of `linear<In, Out, Arch>`:
//   prepare(stored, sizes, arena)     once per model: `stored(out, in)` reads a weight, `stored.bias_data()` the bias
//   operator()(x, y, context, then)   y = then(x W' + b); an element's sum runs over the inputs in order, whatever
//                                     rows surround it
//   product(x, y, then)               the same, for share_products: several linears of the same rows at once
#include <weft/kernel/activation.hpp>
#include <weft/kernel/linear.hpp>
#include <weft/memory/context.hpp>
#include <weft/memory/record.hpp>
#include <weft/numeric/shared_work.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

struct float32 {
  template <index_t In, index_t Out, class Arch>
  struct linear {
    static constexpr index_t columns = panel_columns<Arch>(Out);
    const float* panels = nullptr;  // [panels][In][columns]
    const float* bias = nullptr;    // [panels * columns]
    weight_block* block = nullptr;  // where the panels stand among the model's
    index_t out = Out;              // known at run time only where Out is a weft::counted size

    void prepare(const auto& stored, const sizes& s, arena& store) {
      pack([&](index_t o, index_t i) { return stored(o, i); }, stored.bias_data(), resolve(Out, s), store);
    }
    void pack(const auto& weight, const float* stored_bias, index_t outputs, arena& store) {
      out = outputs;
      const auto to = store.take<float>(packed_floats(In, out, columns));
      const auto to_bias = store.take<float>(round_up(out, columns));
      pack_panels<Arch, columns>(weight, stored_bias, In, out, to.data(), to_bias.data());
      panels = to.data(), bias = to_bias.data();
      block = store.append({reinterpret_cast<const std::byte*>(panels), ceil_div(out, columns),
                            packed_floats(In, 1, 1) * columns * 4, In});
    }

    /// x [n, In] -> y [n, Out].
    template <class Then = identity>
    void operator()(rows<const float, In> x, rows<float, Out> y, const context& ctx, Then then = {}) const {
      share_products(ctx, product(x, y, then));
    }
    template <class Then = identity>
    void operator()(rows<const float, In> x, matrix<float> y, const context& ctx, Then then = {}) const {
      share_products(ctx, product(x, y, then));
    }

    /// The same, to be computed by share_products. `y` is rows<float, Out> or a matrix<float>.
    template <class Then = identity>
    auto product(rows<const float, In> x, const auto& y, Then then = {}) const {
      const auto multiply = [linear = *this, x, to = y.data, stride = y.stride, then](index_t row, index_t last_row,
                                                                                      index_t panel, index_t last_panel,
                                                                                      const weights_ahead& after) {
        multiply_panels<Arch, columns>(x.row(row), x.stride, last_row - row, In, linear.panels, linear.bias, panel,
                                       last_panel, to + row * stride, stride, linear.out, then, after);
      };
      return weft::shared_product{x.count, ceil_div(out, columns), In, index_t{64}, multiply, block};
    }
  };
};

}  // namespace weft
