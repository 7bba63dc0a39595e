#pragma once
#include <weft/kernel/linear_pairs.hpp>
#include <weft/memory/context.hpp>
#include <weft/memory/record.hpp>
#include <weft/numeric/shared_work.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Weights in half the memory: rounded to bfloat16, to nearest even. Sums are float, as is everything between linears.
/// With AVX-512 BF16 a linear's rows are rounded as well and pairs of products are one instruction; elsewhere weights
/// are widened as they are read and rows stay float. An element's sum runs over its inputs in order: the same bits
/// whatever the batch or the number of workers. The contract is numeric/float32.hpp's.
struct bfloat16 {
  template <index In, index Out, class Arch>
  struct linear {
    static constexpr index columns = panel_columns<Arch>(Out);
    const std::uint32_t* panels = nullptr;  // [panels][pairs of In][columns]
    const float* bias = nullptr;            // [panels * columns]
    weight_block* block = nullptr;          // where the panels stand among the model's
    index out = Out;                        // known at run time only where Out is a weft::counted size

    void prepare(const auto& stored, const sizes& s, arena& store) {
      pack([&](index o, index i) { return stored(o, i); }, stored.bias_data(), resolve(Out, s), store);
    }
    void pack(const auto& weight, const float* stored_bias, index outputs, arena& store) {
      out = outputs;
      const auto to = store.take<std::uint32_t>(packed_pairs(In, out, columns));
      const auto to_bias = store.take<float>(round_up(out, columns));
      pack_pair_panels<columns>(weight, stored_bias, In, out, to.data(), to_bias.data());
      panels = to.data(), bias = to_bias.data();
      block = store.append({reinterpret_cast<const std::byte*>(panels), ceil_div(out, columns),
                            packed_pairs(In, 1, 1) * columns * 4, In});
    }

    /// x [n, In] -> y [n, Out].
    template <class Then = identity>
    void operator()(rows<const float, In> x, rows<float, Out> y, const context& ctx, Then then = {}) const {
      share_products(ctx.run, product(x, y, then));
    }
    template <class Then = identity>
    void operator()(rows<const float, In> x, matrix<float> y, const context& ctx, Then then = {}) const {
      share_products(ctx.run, product(x, y, then));
    }

    /// The same, to be computed by share_products. `y` is rows<float, Out> or a matrix<float>.
    template <class Then = identity>
    auto product(rows<const float, In> x, const auto& y, Then then = {}) const {
      const auto multiply = [linear = *this, x, to = y.data, stride = y.stride, then](
                                index row, index last_row, index panel, index last_panel, const weights_ahead& after) {
        const auto run = [&](const paired_row<Arch>* from, index from_stride) {
          multiply_pair_panels<Arch, columns>(from, from_stride, last_row - row, In, linear.panels, linear.bias, panel,
                                              last_panel, to + row * stride, stride, linear.out, then, after);
        };
        if constexpr (simd::has_bfloat16_dot<Arch>) {
          std::uint32_t rounded[row_step * pairs];
          for (index i = row; i < last_row; ++i) round_to_pairs<Arch>(x.row(i), In, rounded + (i - row) * pairs);
          run(rounded, pairs);
        } else {
          run(x.row(row), x.stride);
        }
      };
      return weft::shared_product{x.count, ceil_div(out, columns), In, row_step, multiply, block};
    }

   private:
    static constexpr index pairs = ceil_div(In, index{2});
    // Rounded rows lie on the stack: at most 256 KiB of them.
    static constexpr index row_step = std::clamp<index>(65536 / pairs / 8 * 8, 8, 64);
  };
};

}  // namespace weft
