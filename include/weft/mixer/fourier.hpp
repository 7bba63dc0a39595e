#pragma once
#include <utility>
#include <weft/concept/part.hpp>
#include <weft/kernel/fourier.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A mixer without weights: the real part of the discrete Fourier transform of a sequence's rows over tokens and
/// columns (Lee-Thorp et al. 2021, "FNet", section 3; reference: FNetBasicFourierTransform). It reads the value stream,
/// rows that are not visible, too, as the reference does.
struct fourier {
  template <mixer_shape S>
  struct bind {
    static_assert(S.value == S.output, "weft::fourier: rows are written as wide as they are read");
    static constexpr bool reads_invisible = true;
    static constexpr index_t width = S.output, tile_rows = 16;
    template <class Form>
    struct params {  // none; but the form says the architecture
      static constexpr void each(auto&&, auto&...) {}
    };
    list<const float> cosines, sines;  // of a row's columns

    void prepare(const setup&, arena& store) {
      const auto cos = store.take<float>(width), sin = store.take<float>(width);
      fourier_table(width, 0, width, cos.data(), sin.data());
      cosines = cos, sines = sin;
    }
    struct scratch {
      frame from;
      rows<float, width> real{from}, imaginary{from}, other_real{from}, other_imaginary{from};
      float *cosines = from.take(from.size.tokens), *sines = from.take(from.size.tokens);  // of a sequence's rows
    };

    template <class Form>
    void forward(const params<Form>&, const streams<S>& x, rows<float, S.output> y, const context& ctx) const {
      transform<typename Form::arch>(x.value, y, ctx);
    }

   private:
    template <class Arch>
    void transform(rows<const float, width> x, rows<float, width> y, const context& ctx) const {
      const scratch s{ctx.frame()};
      // Over columns: some rows of a sequence stand as columns of a small array.
      constexpr bool odd = fourier_stages(width) % 2 == 1;
      ctx.each_tile(tile_rows, 1, [&](tile t, index_t, index_t) {
        const auto base = ctx.in.first(t.sequence), length = ctx.in.length(t.sequence), count = t.last - t.first;
        fourier_table(length, t.first, t.last, s.cosines + base, s.sines + base);
        const auto at = (base + t.first) * width;
        const complex_rows columns{s.real.data + at, s.imaginary.data + at, count};
        const complex_rows other{s.other_real.data + at, s.other_imaginary.data + at, count};
        for (index_t c = 0; c < width; ++c)
          for (index_t i = 0; i < count; ++i) {
            columns.real[c * count + i] = x.row(base + t.first + i)[c];
            columns.imaginary[c * count + i] = 0;
          }
        fourier_transform<Arch>(columns, other, width, count, cosines.data(), sines.data());
        const auto &from = odd ? other : columns, &to = odd ? columns : other;
        for (index_t i = 0; i < count; ++i)
          for (index_t c = 0; c < width; ++c) {
            to.real[i * width + c] = from.real[c * count + i];
            to.imaginary[i * width + c] = from.imaginary[c * count + i];
          }
      });
      // Over tokens: some columns of a whole sequence.
      constexpr index_t columns = 64, blocks = ceil_div(width, columns);
      ctx.run.for_each(ctx.in.sequences() * blocks, [&](index_t i, index_t) {
        const auto sequence = i / blocks, column = i % blocks * columns, wide = std::min(columns, width - column);
        const auto base = ctx.in.first(sequence), length = ctx.in.length(sequence), at = base * width + column;
        complex_rows from{s.real.data + at, s.imaginary.data + at, width};
        complex_rows to{s.other_real.data + at, s.other_imaginary.data + at, width};
        if constexpr (!odd) std::swap(from, to);
        const bool in_to = fourier_transform<Arch>(from, to, length, wide, s.cosines + base, s.sines + base);
        const float* const result = in_to ? to.real : from.real;
        for (index_t t = 0; t < length; ++t) std::copy_n(result + t * width, wide, y.row(base + t) + column);
      });
    }
  };
};

}  // namespace weft
