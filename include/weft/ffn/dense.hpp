#pragma once
#include <weft/concept/part.hpp>
#include <weft/kernel/activation.hpp>
#include <weft/numeric/active.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// Up, activation, down, with linears of any kind: Kind::template linear<Form, In, Out>.
template <row_shape S, class Activation, class Kind>
struct up_and_down {
  template <class Form>
  struct params {
    typename Kind::template linear<Form, S.width, S.hidden> up;
    typename Kind::template linear<Form, S.hidden, S.width> down;
    static constexpr void each(auto&& f, auto&... p) {
      f("intermediate.dense", p.up...);
      f("output.dense", p.down...);
    }
  };
  struct scratch {
    frame from;
    rows<float, S.hidden> hidden{from};
  };

  template <class Form>
  void forward(const params<Form>& p, rows<const float, S.width> x, rows<float, S.width> y, const context& ctx) const {
    const scratch s{ctx.frame()};
    const rows<float, S.hidden> hidden{s.hidden.data, x.count};
    if constexpr (is_slimmable<Form>) {
      const auto active = active_hidden<Form, S.hidden>(ctx);
      share_products(ctx, active_product<Form>(p.up, x, hidden, S.width, active, Activation{}));
      share_products(ctx, active_product<Form>(p.down, hidden, y, active, S.width));
    } else {
      p.up(x, hidden, ctx, Activation{});
      p.down(hidden, y, ctx);
    }
  }
};
}  // namespace detail

/// Up, activation, down: the feed-forward of the transformer ("Attention Is All You Need", section 3.3).
template <class Activation = gelu>
struct dense {
  using activation = Activation;
  static constexpr index_t groups = 1;
  static constexpr bool slimmable = true;
  struct whole {
    template <class Form, index_t In, index_t Out>
    using linear = weft::linear<Form, In, Out>;
  };

  template <row_shape S>
  struct bind : detail::up_and_down<S, Activation, whole> {};
};

}  // namespace weft
