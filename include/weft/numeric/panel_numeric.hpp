#pragma once
// A numeric policy is a format of numbers (concept/numeric.hpp) and nothing else:
//
//   struct float32 : panel_numeric<float32> {
//     template <class Arch> using format = float_format<Arch>;
//   };
#include <limits>
#include <weft/kernel/linear.hpp>
#include <weft/memory/context.hpp>
#include <weft/memory/record.hpp>
#include <weft/numeric/shared_work.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// How much of a linear is multiplied: all of it, or the first inputs and outputs, to the bits of a linear of that
/// size.
struct whole_linear {};
struct part_of_linear {
  index_t inputs, outputs;
};

namespace detail {
template <class Format>
inline constexpr char rows_of = 0;  // whose address tells formats apart
}

/// What every policy of a format is: linears of packed panels. `linear<In, Out, Arch>` is what a model's params hold.
template <class Numeric>
struct panel_numeric {
  template <class Arch>
  static constexpr bool writes_rows = detail::writes_rows<typename Numeric::template format<Arch>>;

  /// Where rows are written before they are multiplied, every worker has room for some; for one of most_inputs.
  static constexpr index_t own_room = index_t{256} << 10, most_inputs = index_t{1} << 17;
  template <class Arch>
  static constexpr index_t own_bytes = writes_rows<Arch> ? own_room : 0;

  template <class Format>
  static constexpr index_t most_inputs_of() {
    if constexpr (requires { Format::most_inputs; }) return Format::most_inputs;
    return std::numeric_limits<index_t>::max();
  }

  template <index_t In, index_t Out, class Arch>
  struct linear {
    using format = typename Numeric::template format<Arch>;
    using element = typename format::element;
    static_assert(keeps_format_contract<format>());
    static_assert(!writes_rows<Arch> || In <= most_inputs,
                  "weft: a linear of a numeric policy that writes rows has at most 131,072 inputs");
    static_assert(In <= most_inputs_of<format>(),
                  "weft: a linear has more inputs than its numeric policy sums exactly (int8: 65,536)");
    static constexpr index_t columns = panel_columns<Arch>(Out);
    const typename format::word* panels = nullptr;  // [panels][format_lines of In][columns]
    const float* bias = nullptr;                    // [panels * columns]
    weight_block* block = nullptr;                  // where the panels stand among the model's
    index_t out = Out;                              // known at run time only where Out is a weft::counted size

    void prepare(const auto& stored, const sizes& s, arena& store) {
      pack([&](index_t o, index_t i) { return stored(o, i); }, stored.bias_data(), resolve(Out, s), store);
    }
    void pack(const auto& weight, const float* stored_bias, index_t outputs, arena& store) {
      out = outputs;
      const auto to = store.take<typename format::word>(packed_words<format>(In, out, columns));
      const auto to_bias = store.take<float>(round_up(out, columns));
      pack_panels<format, columns>(weight, stored_bias, In, out, to.data(), to_bias.data());
      panels = to.data(), bias = to_bias.data();
      block = store.append({reinterpret_cast<const std::byte*>(panels), ceil_div(out, columns),
                            format_lines<format>(In) * columns * 4, In});
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

    /// The same, to be computed by share_products. `y` is rows<float, Out> or a matrix<float>. Of a part_of_linear the
    /// first columns of x are read, and the first of y written.
    template <class Then = identity, class Part = whole_linear>
    auto product(rows<const float, In> x, const auto& y, Then then = {}, Part part = {}) const {
      static_assert(std::is_same_v<Part, whole_linear> || !detail::scales_columns<format>,
                    "weft: of a linear whose numeric policy scales whole columns no part can be multiplied");
      const auto panels_of_part = ceil_div(outputs_of(part), columns);
      const auto multiply = [linear = *this, x, to = y.data, stride = y.stride, then, part](
                                index_t row, index_t last_row, index_t panel, index_t last_panel,
                                const weights_ahead& after, [[maybe_unused]] own_memory own) {
        const packed_panels<format> weights{linear.panels, linear.bias, format_lines<format>(In), inputs_of(part),
                                            linear.outputs_of(part)};
        const auto run = [&](const element* from, index_t from_stride, index_t first, index_t last) {
          multiply_panels<format, columns>({from, last - first, In, from_stride}, weights, panel, last_panel,
                                           {to + first * stride, last - first, linear.out, stride}, then, after);
        };
        if constexpr (!writes_rows<Arch>) {
          run(x.row(row), x.stride, row, last_row);
        } else if (own.from) {
          auto* const written = reinterpret_cast<element*>(own.from);
          const written_rows these{x.data, x.stride, inputs_of(part), &detail::rows_of<format>};
          if (*own.written != these) write_rows(x, row, last_row, inputs_of(part), written);
          *own.written = these;
          run(written, elements(), row, last_row);
        } else {
          run_from_stack(x, row, last_row, inputs_of(part), run);
        }
      };
      return weft::shared_product{x.count, panels_of_part, inputs_of(part), row_step(), multiply, block};
    }

   private:
    using own_memory = std::conditional_t<writes_rows<Arch>, task_memory, std::byte*>;
    static constexpr index_t inputs_of(whole_linear) { return In; }
    static constexpr index_t inputs_of(part_of_linear part) { return part.inputs; }
    index_t outputs_of(whole_linear) const { return out; }
    index_t outputs_of(part_of_linear part) const { return part.outputs; }
    static constexpr index_t elements() {
      if constexpr (writes_rows<Arch>) return format::row_elements(In);
      return In;
    }
    // Written rows of a task lie in the worker's own memory: as many as have room there, whole tiles where that can be.
    static constexpr index_t row_step() {
      if constexpr (writes_rows<Arch>) {
        constexpr index_t room = own_room / (elements() * index_t{sizeof(element)});
        static_assert(room > 0, "weft: a written row of a numeric policy takes at most 256 KiB");
        return room >= 8 ? std::min<index_t>(room / 8 * 8, 64) : room;
      } else {
        return 64;
      }
    }
    static void write_rows(rows<const float, In> x, index_t row, index_t last_row, index_t inputs, element* to) {
      if constexpr (writes_rows<Arch>)
        for (index_t i = row; i < last_row; ++i) format::write_row(x.row(i), inputs, to + (i - row) * elements());
    }
    // Where the context has no such memory, as in a test of a part: a few rows at a time.
    [[gnu::noinline]] static void run_from_stack(rows<const float, In> x, index_t row, index_t last_row, index_t inputs,
                                                 const auto& run) {
      if constexpr (elements() * index_t{sizeof(element)} > most_on_stack) {
        fail({.subject = "numeric",
              .found = decimal(In) + " inputs in a context without memory of the workers' own",
              .wanted = "rows of at most " + decimal(most_on_stack) + " bytes",
              .remedy = "set context::own to what take_own() takes from a frame"});
      } else {
        constexpr index_t few = rows_on_stack<element, elements(), most_on_stack>(64);
        element written[on_stack<element, few * elements()>];
        for (index_t last; row < last_row; row = last) {
          last = std::min(row + few, last_row);
          write_rows(x, row, last, inputs, written);
          run(written, elements(), row, last);
        }
      }
    }
  };
};

}  // namespace weft
