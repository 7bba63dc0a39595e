#pragma once
#include <array>
#include <utility>
#include <weft/layout/residual.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Several feed-forwards after one another, each with its residual and norm (Sun et al. 2020, section 3.2, "stacked
/// feed-forward networks"): part of a layout, row-wise. `LastNorm` replaces the spec's norm after the last one, unless
/// it is void.
template <class Spec, index_t Width, index_t Stacked, class LastNorm>
struct feed_forward_stack {
  static_assert(Stacked > 0, "weft: a stack needs a feed-forward");
  using feed_forward = decltype(bind_feed_forward<Spec, row_shape{Width, Spec::shape.hidden}>());
  static_assert(!std::is_same_v<feed_forward, none>, "weft: a stack of feed-forwards needs one that is not weft::none");
  static_assert(!sees_sequences<feed_forward>,
                "weft: a stack of feed-forwards runs block by block of rows; one that sees whole sequences, as "
                "mixture_of_experts with by_sentence_gate, stands in post_norm or pre_norm");
  using norm_part = decltype(bind_norm<Spec, Width>());
  using last_norm_part = decltype(bind_norm<with_norm<Spec, LastNorm>, Width>());

  template <class Form, class Norm>
  struct one {
    weights<Form, feed_forward> feed;
    [[no_unique_address]] norm_after<Form, feed_forward, Norm> norm;
    static constexpr void each(auto&& f, auto&... p) {
      f("", p.feed...);
      f("output.LayerNorm", p.norm...);
    }
  };
  template <class Form>
  struct params {
    std::array<one<Form, norm_part>, static_cast<std::size_t>(Stacked - 1)> before;
    one<Form, last_norm_part> last;
    static constexpr void each(auto&& f, auto&... p) {
      f("ffn", p.before...);
      f("", p.last...);
    }
  };
  struct scratch {
    frame from;
    rows<float, Width> fed{from};
  };

  [[no_unique_address]] params<bound> parts;

  /// x [n, Width] in place; n rows of scratch are taken.
  template <class Form>
  void forward(const params<Form>& p, rows<float, Width> x, const context& ctx) const {
    const scratch s{ctx.frame()};
    const rows<float, Width> fed{s.fed.data, x.count};
    const auto run = [&](const auto& part, const auto& weights) {
      part.feed.forward(weights.feed, rows<const float, Width>(x), fed, ctx);
      add_and_normalise<Form, Width>(part.norm, weights.norm, fed, x, x, ctx);
    };
    for (std::size_t i = 0; i < p.before.size(); ++i) run(parts.before[i], p.before[i]);
    run(parts.last, p.last);
  }
};

}  // namespace weft
