#pragma once
// What models on whole numbers store: ranges of sites, and linears whose weights and biases become whole numbers when
// the model is built, with the scale of the rows that they get.
#include <algorithm>
#include <string_view>
#include <weft/base/finite.hpp>
#include <weft/kernel/requantise.hpp>
#include <weft/numeric/integer.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
template <class Form>
struct arch_of_form {
  using type = simd::native;
};
template <class Form>
requires requires { typename Form::arch; }
struct arch_of_form<Form> {
  using type = typename Form::arch;
};

/// The scale of codes of that many bits which reach a value (reference: symmetric_linear_quantization_params).
inline double scale_reaching(double largest, int bits) {
  return std::max(largest, 1e-8) / static_cast<double>((index_t{1} << (bits - 1)) - 1);
}
/// value / scale as the nearest code, from -n to n - 1 for codes that reach n (reference: SymmetricQuantFunction).
inline std::int64_t nearest_code(double value, double scale, int bits) {
  const double n = static_cast<double>((index_t{1} << (bits - 1)) - 1), code = std::nearbyint((1.0 / scale) * value);
  return static_cast<std::int64_t>(code < n - 1 ? (code > -n ? code : -n) : n - 1);
}
/// From a scale to that of a site, which the reference rounds to float32 there.
inline dyadic between(double from, double to, const unit_string& what) {
  return dyadic_of(from / static_cast<double>(static_cast<float>(to)), what);
}
}  // namespace detail

/// The range of a site, as its calibration left it (reference: QuantAct). Loaders refuse one that is none by name.
struct integer_range {
  template <class Form>
  struct params {
    [[no_unique_address]] stored<Form, tensor<Form, 1>> x_min;
    [[no_unique_address]] stored<Form, tensor<Form, 1>> x_max;
    static constexpr void each(auto&& f, auto&... p) {
      f("x_min", p.x_min...);
      f("x_max", p.x_max...);
    }
    /// The scale of its codes.
    double scale(int bits) const requires(std::is_same_v<Form, raw>) {
      return detail::scale_reaching(
          std::max(std::abs(static_cast<double>(x_min[0])), std::abs(static_cast<double>(x_max[0]))), bits);
    }
    /// Calls refuse(tensor, found, wanted) where it is no range.
    void check_values(const auto& refuse) const requires(std::is_same_v<Form, raw>) {
      constexpr const char* wanted = "a range that texts have reached; run `weft calibrate`";
      if (!is_finite(x_min[0])) refuse("x_min", "a number that is not finite", wanted);
      if (!is_finite(x_max[0])) refuse("x_max", "a number that is not finite", wanted);
      if (x_min[0] > x_max[0]) refuse("x_min", "more than x_max", wanted);
      if (std::abs(x_min[0]) < 1.1e-5f && std::abs(x_max[0]) < 1.1e-5f)
        refuse("x_max", "the range of a model that was never calibrated", wanted);
    }
  };
};

/// A linear as packed whole numbers: 8 bits an output and its scale, biases of 32 bits.
template <index_t In, index_t Out, class Arch>
struct whole_linear_panels {
  using format = whole_format<Arch>;
  static constexpr index_t columns = panel_columns<Arch>(Out), elements = format::row_elements(In);
  static_assert(In <= format::most_inputs,
                "weft: a linear has more inputs than weft::integer sums exactly in 32 bits: at most 65,536");
  const std::uint32_t* panels = nullptr;
  float* start = nullptr;    // what sums begin with, as bits: [panels * columns]
  double* scales = nullptr;  // of the outputs: [Out]
  weight_block* block = nullptr;

  void pack(const float* weight, arena& store) {
    const auto words = store.take<std::uint32_t>(ceil_div(In, index_t{4}) * round_up(Out, columns));
    start = store.take<float>(round_up(Out, columns)).data();
    scales = store.take<double>(Out).data();
    for (index_t o = 0; o < Out; ++o) {
      float largest = 0;
      for (index_t i = 0; i < In; ++i) {
        if (!is_finite(weight[o * In + i]))
          fail({.subject = "a linear on whole numbers",
                .found = "a weight that is not finite",
                .wanted = "numbers, of which a scale can be made"});
        largest = std::max(largest, std::abs(weight[o * In + i]));
      }
      scales[o] = detail::scale_reaching(static_cast<double>(largest), 8);
    }
    const auto code = [&](index_t o, index_t i) {
      return static_cast<std::int32_t>(detail::nearest_code(static_cast<double>(weight[o * In + i]), scales[o], 8));
    };
    pack_whole<Arch, columns>(
        In, Out, code, [](index_t) { return 0; }, format::added_to_signed, words.data(), start);
    panels = words.data();
    block = store.append({reinterpret_cast<const std::byte*>(panels), ceil_div(Out, columns),
                          ceil_div(In, index_t{4}) * columns * 4, In});
  }
  /// Rows have this scale: biases and the scales of the outputs, which it returns.
  const double* carry(const float* bias, double input, const unit_string& what) {
    for (index_t o = 0; o < Out; ++o) {
      scales[o] *= input;
      const auto code = detail::nearest_code(static_cast<double>(bias[o]), scales[o], 32);
      if (std::abs(code) + In * 128 * 127 >= std::int64_t{1} << 31)
        fail({.subject = what,
              .found = "output " + decimal(o) + ", whose bias and sums leave 32 bits",
              .wanted = "weights and ranges of a size that goes with the biases",
              .remedy = "an output whose weights are all zero has a scale too small for its bias"});
      start[o] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(start[o]) + static_cast<std::uint32_t>(code));
    }
    return scales;
  }

  /// then(row, first column, columns, sums), to be computed by share_products.
  template <class Then>
  auto product(rows<const std::int8_t, In> x, Then then) const {
    const auto multiply = [linear = *this, x, then](index_t row, index_t last_row, index_t panel, index_t last_panel,
                                                    const weights_ahead& after, std::byte* own) {
      const packed_panels<format> weights{linear.panels, linear.start, ceil_div(In, index_t{4}), In, Out};
      const auto some = [&](std::uint32_t* codes, index_t room) {
        for (index_t last; row < last_row; row = last) {
          last = std::min(row + room, last_row);
          for (index_t i = row; i < last; ++i) format::write_row(x.row(i), In, codes + (i - row) * elements);
          const auto here = [&](index_t i, index_t column, index_t width, const std::int32_t* sums) {
            then(row + i, column, width, sums);
          };
          multiply_whole<Arch, columns>({codes, last - row, elements}, weights, panel, last_panel, here, after);
        }
      };
      if (own) return some(reinterpret_cast<std::uint32_t*>(own), integer::own_room / (elements * 4));
      if constexpr (elements * 4 <= most_on_stack) {
        constexpr index_t few = rows_on_stack<std::uint32_t, elements, most_on_stack>(64);
        std::uint32_t codes[on_stack<std::uint32_t, few * elements>];
        some(codes, few);
      } else {
        fail({.subject = "numeric",
              .found = decimal(In) + " inputs in a context without memory of the workers' own",
              .wanted = "rows of at most " + decimal(most_on_stack) + " bytes",
              .remedy = "set context::own to what take_own() takes from a frame"});
      }
    };
    return weft::shared_product{x.count, ceil_div(Out, columns), In, 64, multiply, block};
  }
};

/// A linear of a checkpoint, weight [Out, In] and bias [Out], that is multiplied as whole numbers.
template <index_t In, index_t Out>
struct integer_linear {
  template <class Form>
  struct params {
    [[no_unique_address]] stored<Form, tensor<Form, Out, In>> weight;
    [[no_unique_address]] stored<Form, tensor<Form, Out>> bias;
    [[no_unique_address]] derived<Form, whole_linear_panels<In, Out, typename detail::arch_of_form<Form>::type>> whole;
    static constexpr void each(auto&& f, auto&... p) {
      f("weight", p.weight...);
      f("bias", p.bias...);
    }
    void derive(const auto& raw, const sizes&, arena& store) { whole.pack(raw.weight.data, store); }
    const double* carry(const auto& raw, double input, const unit_string& what) {
      return whole.carry(raw.bias.data, input, what);
    }
  };
};

}  // namespace weft
