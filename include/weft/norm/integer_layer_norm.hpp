#pragma once
#include <weft/kernel/integer_norm.hpp>
#include <weft/norm/layer_norm.hpp>
#include <weft/numeric/integer_records.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Calls refuse(tensor, found, wanted) where a norm's shift or gains cannot be meant.
inline void check_integer_norm(float shift, list<const float> gains, const auto& refuse) {
  if (!(shift >= 0) || !(shift <= 31) || std::floor(shift) < shift)
    refuse("LayerNorm.shift", "a shift that is no whole number from 0 to 31", "what calibration found");
  for (index_t c = 0; c < gains.size(); ++c)
    if (gains[c] <= 0 && gains[c] >= 0)
      refuse("LayerNorm.weight", "a gain of 0, by which i-LayerNorm divides the bias", "gains that are not 0");
}

/// Layer normalisation on whole numbers, and their 8 bits (I-BERT, section 3.6; reference: IntLayerNorm and the
/// QuantAct behind it). Epsilon is what the configuration says, and counts in floating point alone: with InFloat rows
/// are normalised so, in double precision, and rounded (the key force_dequant).
template <class Epsilon = std::pico, bool InFloat = false>
struct integer_layer_norm {
  static constexpr double epsilon = layer_norm<Epsilon>::epsilon;
  static constexpr bool whole_numbers = true;

  template <index_t Width>
  struct bind {
    struct constants {
      std::int64_t* offsets = nullptr;  // [Width]
      dyadics ratios;                   // [Width], from a column's scale to that of the output
      const float *gain = nullptr, *bias = nullptr;
      double input = 0, output = 0;  // scales
      int shift = 0;
    };
    template <class Form>
    struct params {
      [[no_unique_address]] tensor<Form, Width> weight, bias;
      [[no_unique_address]] std::conditional_t<InFloat, nothing, stored<Form, tensor<Form, 1>>> shift;
      [[no_unique_address]] weights<Form, integer_range> range;
      [[no_unique_address]] derived<Form, constants> ready;
      static constexpr void each(auto&& f, auto&... p) {
        f("LayerNorm.weight", p.weight...);
        f("LayerNorm.bias", p.bias...);
        f("LayerNorm.shift", p.shift...);
        f("output_activation", p.range...);
      }
      void check_values(const auto& refuse) const requires(std::is_same_v<Form, raw> && !InFloat) {
        check_integer_norm(shift[0], {weight.data, Width}, refuse);
      }
      void derive(const auto&, const sizes&, arena& store) {
        if constexpr (!InFloat) ready.offsets = store.take<std::int64_t>(Width).data(), ready.ratios.take(Width, store);
      }
      /// Of rows of this scale; returns that of the output.
      double carry(const auto& raw, double scale, const unit_string& what) {
        ready.input = scale, ready.output = raw.range.scale(8);
        ready.gain = raw.weight.data, ready.bias = raw.bias.data;
        if constexpr (!InFloat) {
          ready.shift = static_cast<int>(raw.shift[0]);
          const double base =
              static_cast<double>(static_cast<float>(std::sqrt(static_cast<double>(Width)))) / 1073741824.0;
          for (index_t c = 0; c < Width; ++c) {
            const double gain = static_cast<double>(raw.weight[c]);
            const double offset = std::floor((static_cast<double>(raw.bias[c]) / gain) / base);
            if (!(std::abs(offset) < 1152921504606846976.0))  // 2^60
              fail({.subject = what,
                    .found = "gain " + decimal(c) + ", so small that its offset leaves 60 bits",
                    .wanted = "gains of a size that goes with the biases"});
            ready.offsets[c] = static_cast<std::int64_t>(offset);
            ready.ratios.set(c, detail::between(base * gain, ready.output, what));
          }
        }
        return ready.output;
      }
    };

    /// x, a row of whole numbers of 22 bits -> y.
    template <class Form>
    void row(const params<Form>& p, const std::int32_t* x, std::int8_t* y) const {
      const auto& k = p.ready;
      if constexpr (InFloat) {
        double mean = 0, squares = 0;
        for (index_t c = 0; c < Width; ++c) mean += x[c] * k.input / static_cast<double>(Width);
        for (index_t c = 0; c < Width; ++c) squares += (x[c] * k.input - mean) * (x[c] * k.input - mean);
        const double factor = 1 / std::sqrt(epsilon + squares / static_cast<double>(Width));
        for (index_t c = 0; c < Width; ++c) {
          const double normal = (x[c] * k.input - mean) * factor;
          y[c] = static_cast<std::int8_t>(detail::nearest_code(
              normal * static_cast<double>(k.gain[c]) + static_cast<double>(k.bias[c]), k.output, 8));
        }
      } else {
        std::int64_t normal[on_stack<std::int64_t, Width>];
        integer_norm_row<typename Form::arch>(x, Width, k.shift, k.offsets, normal);
        requantise_columns<typename Form::arch, 8>(normal, k.ratios, 0, Width, y);
      }
    }
  };
};

}  // namespace weft
