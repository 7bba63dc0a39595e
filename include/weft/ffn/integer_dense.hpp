#pragma once
#include <weft/concept/observer.hpp>
#include <weft/concept/part.hpp>
#include <weft/kernel/integer_gelu.hpp>
#include <weft/numeric/integer_records.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Up, i-GELU, down on whole numbers (I-BERT; reference: IBertIntermediate, IBertLayer.feed_forward_chunk and the
/// linear of IBertOutput): signed bytes in, sums of 32 bits out, whose scales are one for each column. With InFloat
/// GELU is computed in double precision, and rounded (the key force_dequant).
template <bool InFloat = false>
struct integer_dense {
  using activation = gelu;
  static constexpr bool whole_numbers = true;

  template <row_shape S>
  struct bind {
    struct constants {
      integer_gelus gelu;  // [S.hidden]
      const double* scales = nullptr;
      double activated = 0;          // scale
      std::int8_t* inner = nullptr;  // [256], for every activated code from -128 on
    };
    template <class Form>
    struct params {
      weights<Form, integer_linear<S.width, S.hidden>> up;
      [[no_unique_address]] weights<Form, integer_range> activated;
      [[no_unique_address]] weights<Form, integer_range> inner;
      weights<Form, integer_linear<S.hidden, S.width>> down;
      [[no_unique_address]] derived<Form, constants> ready;
      static constexpr void each(auto&& f, auto&... p) {
        f("intermediate.dense", p.up...);
        f("intermediate.output_activation", p.activated...);
        f("pre_output_act", p.inner...);
        f("output.dense", p.down...);
      }
      void derive(const auto&, const sizes&, arena& store) {
        ready.inner = store.take<std::int8_t>(256).data();
        if constexpr (!InFloat) ready.gelu.take(S.hidden, store);
      }
      /// Of rows of this scale; returns those of the output's columns.
      const double* carry(const auto& raw, double input, const unit_string& at) {
        const auto what = at + "intermediate.dense";
        ready.scales = up.carry(raw.up, input, what);
        ready.activated = raw.activated.scale(8);
        if constexpr (!InFloat)
          for (index_t c = 0; c < S.hidden; ++c)
            ready.gelu.set(c, integer_gelu::of(ready.scales[c], what),
                           detail::between(integer_gelu::scale_of_results(ready.scales[c]), ready.activated, what));
        const double inner_scale = raw.inner.scale(8);
        const auto to_inner = detail::between(ready.activated, inner_scale, at + "pre_output_act");
        for (std::int32_t code = -128; code < 128; ++code)
          ready.inner[code + 128] = static_cast<std::int8_t>(detail::within<8>(requantised(code, to_inner)));
        return down.carry(raw.down, inner_scale, at + "output.dense");
      }
    };
    struct scratch {
      frame from;
      rows<std::int8_t, S.hidden> hidden{from};
    };

    /// x [n, width] -> y [n, width], sums. `show` sees whole numbers, as concept/observer.hpp says.
    template <class Form, class Show = unwatched>
    void forward(const params<Form>& p, rows<const std::int8_t, S.width> x, rows<std::int32_t, S.width> y,
                 const context& ctx, Show show = {}) const {
      const scratch s{ctx.frame()};
      const rows<std::int8_t, S.hidden> hidden{s.hidden.data, x.count};
      const auto& k = p.ready;
      share_products(ctx,
                     p.up.whole.product(x, [=](index_t row, index_t first, index_t width, const std::int32_t* sums) {
                       auto* const to = hidden.row(row) + first;
                       if constexpr (InFloat) {
                         for (index_t c = 0; c < width; ++c) {
                           const double value = sums[c] * k.scales[first + c];
                           to[c] = static_cast<std::int8_t>(
                               detail::nearest_code(value * 0.5 * std::erfc(-value / std::sqrt(2.0)), k.activated, 8));
                         }
                       } else {
                         k.gelu.template row<typename Form::arch>(sums, first, width, to);
                         for (index_t c = 0; c < width; ++c) show("gelu", row, first + c, k.gelu[first + c](sums[c]));
                       }
                       for (index_t c = 0; c < width; ++c) {
                         show("activated", row, first + c, std::int64_t{to[c]});
                         to[c] = k.inner[to[c] + 128];
                         show("inner", row, first + c, std::int64_t{to[c]});
                       }
                     }));
      share_products(ctx,
                     p.down.whole.product(rows<const std::int8_t, S.hidden>(hidden),
                                          [=](index_t row, index_t first, index_t width, const std::int32_t* sums) {
                                            std::copy_n(sums, width, y.row(row) + first);
                                          }));
    }
  };
};

}  // namespace weft
