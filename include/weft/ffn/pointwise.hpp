#pragma once
#include <weft/concept/part.hpp>
#include <weft/kernel/activation.hpp>
#include <weft/memory/pointwise.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Up, activation, down, each linear cut into groups of its own, stored as a convolution of one tap (Iandola et al.
/// 2020, "SqueezeBERT", section 3.2). weft::grouped has one number for both, stored as ConvBERT's.
template <index_t UpGroups, index_t DownGroups, class Activation = gelu>
struct pointwise {
  using activation = Activation;
  static constexpr index_t up_groups = UpGroups, down_groups = DownGroups;

  template <row_shape S>
  struct bind {
    template <class Form>
    struct params {
      weights<Form, pointwise_linear<S.width, S.hidden, UpGroups>> up;
      weights<Form, pointwise_linear<S.hidden, S.width, DownGroups>> down;
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
    void forward(const params<Form>& p, rows<const float, S.width> x, rows<float, S.width> y,
                 const context& ctx) const {
      const scratch s{ctx.frame()};
      const rows<float, S.hidden> hidden{s.hidden.data, x.count};
      p.up.run(x, hidden, ctx, Activation{});
      p.down.run(hidden, y, ctx, identity{});
    }
  };
};

}  // namespace weft
