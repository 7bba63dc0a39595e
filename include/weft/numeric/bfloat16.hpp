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
  /// What every worker needs: see linear::row_step.
  template <class Arch>
  static constexpr index_t own_bytes = simd::has_bfloat16_dot<Arch> ? index_t{256} << 10 : 0;
  static constexpr index_t most_inputs = index_t{1} << 17;  // of which one row is that large

  template <index_t In, index_t Out, class Arch>
  struct linear {
    static_assert(In <= most_inputs, "weft::bfloat16: a linear has at most 131,072 inputs");
    static constexpr index_t columns = panel_columns<Arch>(Out);
    const std::uint32_t* panels = nullptr;  // [panels][pairs of In][columns]
    const float* bias = nullptr;            // [panels * columns]
    weight_block* block = nullptr;          // where the panels stand among the model's
    index_t out = Out;                      // known at run time only where Out is a weft::counted size

    void prepare(const auto& stored, const sizes& s, arena& store) {
      pack([&](index_t o, index_t i) { return stored(o, i); }, stored.bias_data(), resolve(Out, s), store);
    }
    void pack(const auto& weight, const float* stored_bias, index_t outputs, arena& store) {
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
      share_products(ctx, product(x, y, then));
    }
    template <class Then = identity>
    void operator()(rows<const float, In> x, matrix<float> y, const context& ctx, Then then = {}) const {
      share_products(ctx, product(x, y, then));
    }

    /// The same, to be computed by share_products. `y` is rows<float, Out> or a matrix<float>.
    template <class Then = identity>
    auto product(rows<const float, In> x, const auto& y, Then then = {}) const {
      const auto multiply = [linear = *this, x, to = y.data, stride = y.stride, then](
                                index_t row, index_t last_row, index_t panel, index_t last_panel,
                                const weights_ahead& after, [[maybe_unused]] std::byte* own) {
        const auto run = [&](index_t first, index_t last, const paired_row<Arch>* from, index_t from_stride) {
          multiply_pair_panels<Arch, columns>(from, from_stride, last - first, In, linear.panels, linear.bias, panel,
                                              last_panel, to + first * stride, stride, linear.out, then, after);
        };
        if constexpr (!simd::has_bfloat16_dot<Arch>) {
          run(row, last_row, x.row(row), x.stride);
        } else if (own) {
          auto* const rounded = reinterpret_cast<std::uint32_t*>(own);
          round_rows(x, row, last_row, rounded);
          run(row, last_row, rounded, pairs);
        } else {
          run_from_stack(x, row, last_row, run);
        }
      };
      return weft::shared_product{x.count, ceil_div(out, columns), In, row_step, multiply, block};
    }

   private:
    static constexpr index_t pairs = ceil_div(In, index_t{2});
    // Rounded rows of a task lie in the worker's own memory: as many as have room there, whole tiles where that can be.
    static constexpr index_t row_step = [] {
      constexpr index_t room = most_inputs / 2 / pairs;
      return room >= 8 ? std::min<index_t>(room / 8 * 8, 64) : room;
    }();

    static void round_rows(rows<const float, In> x, index_t row, index_t last_row, std::uint32_t* rounded) {
      for (index_t i = row; i < last_row; ++i) round_to_pairs<Arch>(x.row(i), In, rounded + (i - row) * pairs);
    }
    // Where the context has no such memory, as in a test of a part: a few rows at a time.
    [[gnu::noinline]] static void run_from_stack(rows<const float, In> x, index_t row, index_t last_row,
                                                 const auto& run) {
      if constexpr (pairs * 4 > most_on_stack) {
        fail({.subject = "bfloat16",
              .found = decimal(In) + " inputs in a context without memory of the workers' own",
              .wanted = "at most " + decimal(most_on_stack / 2),
              .remedy = "set context::own to what take_own() takes from a frame"});
      } else {
        constexpr index_t few = rows_on_stack<std::uint32_t, pairs, most_on_stack>(64);
        std::uint32_t rounded[on_stack<std::uint32_t, few * pairs>];
        for (index_t last; row < last_row; row = last) {
          last = std::min(row + few, last_row);
          round_rows(x, row, last, rounded);
          run(row, last, rounded, pairs);
        }
      }
    }
  };
};

}  // namespace weft
